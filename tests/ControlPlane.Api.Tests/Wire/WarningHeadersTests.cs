using ControlPlane.Api.Wire;

namespace ControlPlane.Api.Tests.Wire;

/// <summary>Warnings repeat what a client wrote, and must fit into a header whatever that was.</summary>
public sealed class WarningHeadersTests
{
    [Theory]
    [InlineData("unknown field \"a\\b\"", "299 - \"unknown field \\\"a\\\\b\\\"\"")]
    [InlineData("unknown field \u0000\u001f\u007f\n", "299 - \"unknown field \\\\u0000\\\\u001f\\\\u007f\\\\u000a\"")]
    [InlineData("unknown field gr\u00f6\u00dfe", "299 - \"unknown field gr\\\\u00f6\\\\u00dfe\"")]
    public void Of_Text_IsQuotedAndPrintable(string warning, string header) => Assert.Equal([header], WarningHeaders.Of([warning]));

    [Fact]
    public void Of_LongText_IsCut()
    {
        string header = Assert.Single(WarningHeaders.Of([new string('x', 70_000)]));
        Assert.Equal($"299 - \"{new string('x', WarningHeaders.ItemCharsMax)}...\"", header);
    }

    [Fact]
    public void Of_ManyWarnings_SaysHowManyAreLeftOut()
    {
        string[] headers = [.. WarningHeaders.Of([.. Enumerable.Range(0, 1000).Select(number => $"{number} {new string('x', 400)}")])];
        Assert.Equal("299 - \"and 990 more warnings\"", headers[^1]);
        Assert.Equal(11, headers.Length);
    }
}
