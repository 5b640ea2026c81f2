using System.Text;
using ControlPlane.Api.Wire.Decoding;

namespace ControlPlane.Api.Tests.Wire;

/// <summary>Scalars as sigs.k8s.io/yaml reads them.</summary>
public sealed class YamlToJsonTests
{
    [Theory]
    [InlineData("yes", "true")]
    [InlineData("On", "true")]
    [InlineData("y", "true")]
    [InlineData("off", "false")]
    [InlineData("n", "false")]
    [InlineData("\"yes\"", "\"yes\"")]
    [InlineData("'1'", "\"1\"")]
    [InlineData("!!str 1", "\"1\"")]
    [InlineData("!!float 1", "1")]
    [InlineData("yEs", "\"yEs\"")]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    [InlineData("null", "null")]
    [InlineData("1", "1")]
    [InlineData("+1", "1")]
    [InlineData("-1", "-1")]
    [InlineData("0777", "511")]
    [InlineData("0o17", "15")]
    [InlineData("08", "8")]
    [InlineData("0x1F", "31")]
    [InlineData("-0b11", "-3")]
    [InlineData("1_000", "1000")]
    [InlineData("18446744073709551615", "18446744073709551615")]
    [InlineData("-9223372036854775808", "-9223372036854775808")]
    [InlineData("3.0", "3")]
    [InlineData("1.5e3", "1500")]
    [InlineData(".5", "0.5")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("10.0.0.0/8", "\"10.0.0.0/8\"")]
    [InlineData("1:30", "\"1:30\"")]
    [InlineData("2026-01-31", "\"2026-01-31\"")]
    [InlineData("100m", "\"100m\"")]
    [InlineData("25%", "\"25%\"")]
    [InlineData("-", "[null]")]
    public void Convert_Scalar_MeansWhatKubernetesTakesItFor(string scalar, string json) =>
        Assert.Equal($$"""{"v":{{json}}}""", Convert(scalar == "-" ? "v:\n-\n" : $"v: {scalar}\n"));

    [Fact]
    public void Convert_BlockText_KeepsItsLines() =>
        Assert.Equal("""{"v":"a\nb\n","w":"a b\n"}""", Convert("v: |\n  a\n  b\nw: >\n  a\n  b\n"));

    [Fact]
    public void Convert_AliasesAndMergeKeys_AreExpanded() => Assert.Equal(
        """{"base":{"a":1,"b":2},"copy":{"a":1,"b":2},"merged":{"b":3,"a":1}}""",
        Convert("base: &base {a: 1, b: 2}\ncopy: *base\nmerged:\n  <<: *base\n  b: 3\n"));

    [Fact]
    public void Convert_KeysThatAreNoText_BecomeText() =>
        Assert.Equal("""{"1":"a","true":"b"}""", Convert("1: a\nyes: b\n"));

    [Fact]
    public void Convert_JsonAndAnExplicitDocument_AreYamlToo() =>
        Assert.Equal("""{"a":["b",1]}""", Convert("---\n{\"a\": [\"b\", 1]}\n...\n"));

    /// <summary>As files are that tools put together, or that were written on Windows.</summary>
    [Theory]
    [InlineData("---\na: 1\n---\n")]
    [InlineData("---\n---\n# nothing\n---\na: 1\n---\n# nothing\n")]
    [InlineData("# a comment\n---\na: 1\n...\n---\n")]
    [InlineData("%YAML 1.1\n---\na: 1\n")]
    [InlineData("---\r\na: 1\r\n---\r\n")]
    [InlineData("\uFEFFa: 1\n")]
    [InlineData("a: 1")]
    public void Convert_EmptyDocumentsAroundOne_AreLeftOut(string yaml) => Assert.Equal("""{"a":1}""", Convert(yaml));

    [Fact]
    public void Convert_RepeatedKeys_AreKeptForTheDecoderToReport() =>
        Assert.Equal("""{"a":1,"a":2}""", Convert("a: 1\na: 2\n"));

    private static string Convert(string yaml) => Encoding.UTF8.GetString(YamlToJson.Convert(Encoding.UTF8.GetBytes(yaml)).Span);
}
