using System.Text;
using ControlPlane.Domain.Agents.Streams;

namespace ControlPlane.Domain.Tests.Agents.Streams;

/// <summary>Sizes as clients send them: a JSON object each, with or without an end of line.</summary>
public sealed class TerminalSizesTests
{
    [Theory]
    [InlineData("""{"Width":80,"Height":24}""")]
    [InlineData("""{"Height":24,"Width":80}""" + "\n")]
    [InlineData("""{"Width":1,"Height":1}{"Width":80,"Height":24}""")]
    [InlineData("""no size {"Width":"?"} {"Width":80,"Height":24} [""")]
    public void LastSizeThatCameWhole_Counts(string sent) =>
        Assert.Equal(new TerminalSize(80, 24), new TerminalSizes().Read(Encoding.UTF8.GetBytes(sent)));

    [Fact]
    public void Size_CutAnywhere_IsReadOnceItIsWhole()
    {
        byte[] sent = """{"Width":120,"Height":40}"""u8.ToArray();
        TerminalSizes sizes = new();
        TerminalSize?[] seen = [.. sent.Select(next => sizes.Read([next]))];

        Assert.All(seen[..^1], Assert.Null);
        Assert.Equal(new TerminalSize(120, 40), seen[^1]);
    }

    [Theory]
    [InlineData("""{"Width":-1,"Height":24}""")]
    [InlineData("""{"Width":65536,"Height":24}""")]
    [InlineData("""{"Width":80,"Height":24""")]
    public void WhatIsNoSize_IsPassedOver(string sent) => Assert.Null(new TerminalSizes().Read(Encoding.UTF8.GetBytes(sent)));

    [Fact]
    public void TextWithoutAnEnd_IsPassedOver_AndTheNextSizeIsRead()
    {
        TerminalSizes sizes = new();
        Assert.Null(sizes.Read(Encoding.UTF8.GetBytes("{" + new string('x', 10_000))));
        Assert.Equal(new TerminalSize(80, 24), sizes.Read("""{"Width":80,"Height":24}"""u8));
    }
}
