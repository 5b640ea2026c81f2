using System.Diagnostics;
using System.Text;
using ControlPlane.Api.Agents.Proxying;

namespace ControlPlane.Api.Tests.Agents;

/// <summary>Which links of a page are rewritten, however it is cut into pieces; here by a prefix to those that begin with a slash.</summary>
public sealed class HtmlRewriterTests
{
    /// <summary>What it is, the page, and what becomes of it; null: it stays as it is.</summary>
    public static TheoryData<string, string, string?> Pages => new()
    {
        { "a link", "<a href=\"/x\">/x</a>", "<a href=\"/p/x\">/x</a>" },
        { "quotes of either kind, or none", "<a href='/x'><a href=/x><a href=/x/>", "<a href='/p/x'><a href=/p/x><a href=/p/x/>" },
        { "any case, blanks and lines", "<A\n  HREF = \"/x\"\tid=a>", "<A\n  HREF = \"/p/x\"\tid=a>" },
        { "several in one tag", "<img src=\"/a\" alt=\"/b\" longdesc='/c'/>", "<img src=\"/p/a\" alt=\"/b\" longdesc='/p/c'/>" },
        { "forms, scripts, styles, pictures", "<form action=\"/a\"><script src=\"/b\"></script><link href=\"/c\"><video poster=/d>", "<form action=\"/p/a\"><script src=\"/p/b\"></script><link href=\"/p/c\"><video poster=/p/d>" },
        { "an attribute that is no link", "<a title=\"/x\" data-href=\"/y\">", null },
        { "a tag that has none", "<p href=\"/x\">", null },
        { "links that lead elsewhere", "<a href=\"x\"><a href=\"//h/x\"><a href=\"https://h/x\"><a href=\"#x\"><a href>", null },
        { "a sign in a value", "<a title=\"a > b\" href=\"/x\">", "<a title=\"a > b\" href=\"/p/x\">" },
        { "a comment", "<!-- <a href=\"/x\"> --><a href=\"/y\">", "<!-- <a href=\"/x\"> --><a href=\"/p/y\">" },
        { "comments that end as they begin", "<!--><a href=\"/x\"><!---><a href=\"/y\"><!----><a href=\"/z\">", "<!--><a href=\"/p/x\"><!---><a href=\"/p/y\"><!----><a href=\"/p/z\">" },
        { "a comment with a sign first", "<!-- >--><a href=\"/x\">", "<!-- >--><a href=\"/p/x\">" },
        { "a script's own text", "<script>s = '<a href=\"/x\">'; i<a</script><a href=\"/y\">", "<script>s = '<a href=\"/x\">'; i<a</script><a href=\"/p/y\">" },
        { "a style's end in capitals", "<style>/* <a href=\"/x\"> */</STYLE><a href=\"/y\">", "<style>/* <a href=\"/x\"> */</STYLE><a href=\"/p/y\">" },
        { "signs that begin no tag", "1 < 2 <3 <> < a href=\"/x\">", null },
        { "a page that ends within a tag", "<a href=\"/x", null },
        { "a page that ends within a comment", "<!-- <a href=\"/x\">", null },
        { "an end tag and a document type", "<!doctype html></a href=\"/x\">", null },
        { "a broken tag", "<a = href \"/x\" =/y>", null },
        { "nothing", "", null },
    };

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_AreRewritten_HoweverThePageIsCut(string name, string page, string? expected)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(page);
        for (int size = 1; size <= bytes.Length + 1; size++)
        {
            Assert.True((expected ?? page) == Rewritten(bytes, size), $"{name}, {size} bytes at a time: {Rewritten(bytes, size)}");
        }
    }

    [Fact]
    public void Bytes_ThatAreNoUtf8_StayAsTheyAre()
    {
        byte[] page = [.. "<a title=\""u8, 0xe9, 0xff, .. "\" href=\"/"u8, 0xe9, .. "\">"u8, 0x80];
        HtmlRewriter rewriter = new(Prefixed);

        byte[] written = [.. rewriter.Add(page).Span, .. rewriter.End().Span];

        Assert.Equal([.. "<a title=\""u8, 0xe9, 0xff, .. "\" href=\"/p/"u8, 0xe9, .. "\">"u8, 0x80], written);
    }

    /// <summary>What is kept is bounded, and so is the work: a page of nothing but beginnings takes no longer than another.</summary>
    [Fact]
    public void Tag_ThatDoesNotEnd_IsLeftAlone()
    {
        string page = string.Concat(Enumerable.Repeat("<a href=\"/x ", 200_000)) + "\"><a href=\"/y\">";

        string written = Rewritten(Encoding.ASCII.GetBytes(page), 16 * 1024);

        Assert.Equal(page.Replace("/y", "/p/y", StringComparison.Ordinal), written);
    }

    /// <summary>A tag that comes byte by byte is looked through once: 32 times the bytes of a tag that is just short enough take as much longer, not a thousand times.</summary>
    [Fact]
    public void Tag_ThatDrips_IsLookedThroughOnce()
    {
        byte[] page = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat($"<a title=\"{new string('x', 60_000)}\" href=\"/y\">", 32)));
        Stopwatch took = Stopwatch.StartNew();

        string written = Rewritten(page, 1);

        Assert.Equal(Encoding.ASCII.GetString(page).Replace("/y", "/p/y", StringComparison.Ordinal), written);
        Assert.InRange(took.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(40));
    }

    private static string Prefixed(string link) => link.StartsWith('/') && !link.StartsWith("//", StringComparison.Ordinal) ? "/p" + link : link;

    private static string Rewritten(byte[] page, int size)
    {
        HtmlRewriter rewriter = new(Prefixed);
        List<byte> written = [];
        foreach (byte[] piece in page.Chunk(size))
        {
            written.AddRange(rewriter.Add(piece).Span);
        }

        written.AddRange(rewriter.End().Span);
        return Encoding.UTF8.GetString([.. written]);
    }
}
