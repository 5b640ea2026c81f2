using System.Buffers;
using System.Text;

namespace ControlPlane.Api.Agents.Proxying;

/// <summary>
/// Rewrites the links of an HTML page as it passes by, in pieces of any size. All but the links stays byte for byte as it is: text, comments, scripts, and tags that are wrong or too long.
/// </summary>
internal sealed class HtmlRewriter(Func<string, string> rewrite)
{
    /// <summary>Bytes of one start tag that are kept until it ends; a longer one is left alone.</summary>
    private const int TagBytesMax = 64 * 1024;

    /// <summary>Of <c>&lt;!</c>.</summary>
    private const int MarkupStartLength = 2;

    private static readonly byte[] CommentStart = "<!--"u8.ToArray();
    private static readonly byte[] CommentEnd = "-->"u8.ToArray();
    private static readonly byte[] TagEnd = ">"u8.ToArray();

    /// <summary>Elements whose content is text up to their end tag (HTML, parsing: raw text and escapable raw text).</summary>
    private static readonly string[] TextElements = ["iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp"];

    private readonly ArrayBufferWriter<byte> written = new();
    private readonly ArrayBufferWriter<byte> held = new();

    /// <summary>How far the tag has been looked through that what is held begins with.</summary>
    private TagScan scan;

    /// <summary>What ends the text that must be left alone; empty where tags are looked for.</summary>
    private byte[] untouchedUntil = [];

    /// <summary>Takes a piece.</summary>
    /// <returns>What can be sent on; it is good until the next call.</returns>
    public ReadOnlyMemory<byte> Add(ReadOnlySpan<byte> piece)
    {
        written.ResetWrittenCount();
        held.Write(piece);
        ReadOnlySpan<byte> page = held.WrittenSpan;
        int done = 0;
        while (Pass(page[done..]) is > 0 and var count)
        {
            done += count;
        }

        if (done > 0)
        {
            byte[] rest = page[done..].ToArray();
            held.ResetWrittenCount();
            held.Write(rest);
        }

        return written.WrittenMemory;
    }

    /// <summary>What is left when the page has ended.</summary>
    public ReadOnlyMemory<byte> End() => held.WrittenMemory;

    /// <summary>Writes as much as can be decided.</summary>
    /// <returns>The bytes that were taken; 0 when more must come first.</returns>
    private int Pass(ReadOnlySpan<byte> page)
    {
        if (untouchedUntil.Length > 0)
        {
            return PassUntouched(page);
        }

        int start = page.IndexOf((byte)'<');
        if (start != 0)
        {
            return Copy(page, start < 0 ? page.Length : start);
        }

        if (page.StartsWith(CommentStart))
        {
            // The hyphens that begin a comment may end it, too: <!--> and <!---> are whole ones (HTML, parsing: abrupt closing of empty comment).
            untouchedUntil = CommentEnd;
            return Copy(page, MarkupStartLength);
        }

        if (page.Length < CommentStart.Length && (page.Length < 2 || CommentStart.AsSpan().StartsWith(page)))
        {
            return 0;
        }

        return char.IsAsciiLetter((char)page[1]) ? PassTag(page) : Copy(page, 1);
    }

    private int PassTag(ReadOnlySpan<byte> page)
    {
        int length = scan.LengthOf(page);
        if (length < 0 && page.Length <= TagBytesMax)
        {
            return 0;
        }

        scan = default;
        if (length < 0)
        {
            untouchedUntil = TagEnd;
            return Copy(page, 1);
        }

        ReadOnlySpan<byte> tag = page[..length];
        string name = HtmlLinks.NameOf(tag);
        HtmlLinks.Write(tag, name, rewrite, written);
        if (TextElements.Contains(name))
        {
            untouchedUntil = Encoding.ASCII.GetBytes($"</{name}");
        }

        return length;
    }

    private int PassUntouched(ReadOnlySpan<byte> page)
    {
        int end = IndexOfIgnoringCase(page, untouchedUntil);
        if (end < 0)
        {
            return Copy(page, Math.Max(0, page.Length - untouchedUntil.Length + 1));
        }

        int count = end + untouchedUntil.Length;
        untouchedUntil = [];
        return Copy(page, count);
    }

    private int Copy(ReadOnlySpan<byte> page, int count)
    {
        written.Write(page[..count]);
        return count;
    }

    /// <summary>Where a text is that begins with a sign and has lower-case letters.</summary>
    private static int IndexOfIgnoringCase(ReadOnlySpan<byte> page, ReadOnlySpan<byte> text)
    {
        for (int from = 0; page[from..].IndexOf(text[0]) is >= 0 and var found; from += found + 1)
        {
            ReadOnlySpan<byte> rest = page[(from + found)..];
            if (rest.Length >= text.Length && Ascii.EqualsIgnoreCase(rest[..text.Length], text))
            {
                return from + found;
            }
        }

        return -1;
    }
}
