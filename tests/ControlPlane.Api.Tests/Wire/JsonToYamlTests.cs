using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Api.Wire.Yaml;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Tests.Wire;

/// <summary>JSON as YAML: what is written, and that it is read as the same JSON again.</summary>
public sealed class JsonToYamlTests
{
    private const int Documents = 2000;

    /// <summary>Pieces of texts: alone and put together they look like something else, or need care.</summary>
    private static readonly string[] Pieces =
    [
        "a", "Word", "yes", "no", "y", "N", "on", "true", "null", "~", "1", "0x1", "1e3", "-", "- ", "---", "...", ".", ".inf", ".nan", "=", "<<", "<", "+", "1_000", "1:30", "08", "0o17", "2026-01-31",
        ":", ": ", " :", "#", " #", " ", "  ", "\t", "\n", "\n\n", "\r", "\r\n", "\\", "\"", "'", "''", "{", "}", "[", "]", ",", "&a", "*a", "!t", "|", ">", "%", "@", "`", "?", "? ", "/", "=b",
        "\0", "\u0007", "\u001b", "\u007f", "\u0085", "\u00a0", "\u00ad", "\u2028", "\u2029", "\ufeff", "\ufffd", "\uffff", "ü", "日本", "😀", "é", "$(A)", "{\"a\":1}",
    ];

    [Theory]
    [InlineData("\"text\"", "text")]
    [InlineData("\"hello:v1\"", "hello:v1")]
    [InlineData("\"/healthz\"", "/healthz")]
    [InlineData("\"two words\"", "two words")]
    [InlineData("\"\"", "''")]
    [InlineData("\"yes\"", "'yes'")]
    [InlineData("\"Off\"", "'Off'")]
    [InlineData("\"n\"", "'n'")]
    [InlineData("\"true\"", "'true'")]
    [InlineData("\"null\"", "'null'")]
    [InlineData("\"~\"", "'~'")]
    [InlineData("\"1\"", "'1'")]
    [InlineData("\"0x1\"", "'0x1'")]
    [InlineData("\"1e3\"", "'1e3'")]
    [InlineData("\"100m\"", "'100m'")]
    [InlineData("\"1:30\"", "'1:30'")]
    [InlineData("\"2026-01-31\"", "'2026-01-31'")]
    [InlineData("\"2026-01-31T00:00:00Z\"", "'2026-01-31T00:00:00Z'")]
    [InlineData("\"10.0.0.1\"", "'10.0.0.1'")]
    [InlineData("\"-\"", "'-'")]
    [InlineData("\".inf\"", "'.inf'")]
    [InlineData("\"=\"", "'='")]
    [InlineData("\"<<\"", "'<<'")]
    [InlineData("\"a: b\"", "'a: b'")]
    [InlineData("\"a #b\"", "'a #b'")]
    [InlineData("\"it's\"", "it's")]
    [InlineData("\"'it'\"", "'''it'''")]
    [InlineData("\"*a\"", "'*a'")]
    [InlineData("\" a \"", "' a '")]
    [InlineData("\"a\\tb\"", "\"a\tb\"")]
    [InlineData("\"a\\u0000\"", "\"a\\0\"")]
    [InlineData("\"\\ud83d\\ude00\"", "\"\\U0001F600\"")]
    [InlineData("\"a\\r\\nb\"", "\"a\\r\\nb\"")]
    [InlineData("\"a\\nb\"", "|-\n  a\n  b")]
    [InlineData("\"a\\n\\n\\tb\\n\"", "|\n  a\n\n  \tb")]
    [InlineData("\" a\\nb\"", "\" a\\nb\"")]
    [InlineData("\"a \\nb\"", "\"a \\nb\"")]
    [InlineData("\"a\\n\\n\"", "\"a\\n\\n\"")]
    [InlineData("\"\\n\"", "\"\\n\"")]
    [InlineData("9007199254740993", "9007199254740993")]
    [InlineData("18446744073709551615", "18446744073709551615")]
    [InlineData("-9223372036854775808", "-9223372036854775808")]
    [InlineData("0.1", "0.1")]
    [InlineData("1E+21", "1E+21")]
    [InlineData("true", "true")]
    [InlineData("null", "null")]
    [InlineData("{}", "{}")]
    [InlineData("[]", "[]")]
    public void Convert_AValue_IsWrittenSoThatNothingElseIsRead(string json, string yaml)
    {
        string document = $$"""{"v":{{json}}}""";

        Assert.Equal($"v: {yaml}\n", YamlOf(document));
        Assert.Equal(Compact(document), ReadBack(YamlOf(document)));
    }

    [Fact]
    public void Convert_Nested_IsWrittenInBlocks() => Assert.Equal(
        "spec:\n  ports:\n  - name: http\n    port: 80\n  - {}\n  args:\n  - - a\n  - |\n    x\n    y\n'on':\n  'yes': 1\n",
        YamlOf("""{"spec":{"ports":[{"name":"http","port":80},{}],"args":[["a"],"x\ny\n"]},"on":{"yes":1}}"""));

    /// <summary>Members that have long names, as those of <c>managedFields</c> may, are members all the same.</summary>
    [Theory]
    [InlineData(100)]
    [InlineData(1500)]
    public void Convert_LongNames_AreReadAgain(int length)
    {
        string document = $$"""{"k:{\"name\":\"{{new string('x', length)}}\"}":{"a":1},"b":2}""";

        Assert.Equal(Compact(document), ReadBack(YamlOf(document)));
    }

    [Fact]
    public void Convert_AnyDocument_IsReadAsTheSame()
    {
        Random random = new(1);
        for (int number = 0; number < Documents; number++)
        {
            string json = new JsonObject { ["v"] = Next(random, depth: 1) }.ToJsonString(ResourceJson.Options);
            string yaml = YamlOf(json);
            Assert.True(Compact(json) == ReadBack(yaml), $"document {number}\n{json}\nis written as\n{yaml}\nand read as\n{ReadBack(yaml)}");
        }
    }

    /// <summary>However the JSON comes in pieces, the YAML is the same, and what of it can be is sent with each.</summary>
    [Fact]
    public async Task Body_InPieces_IsTheYamlOfTheWhole()
    {
        Random random = new(2);
        for (int number = 0; number < Documents / 10; number++)
        {
            byte[] json = Encoding.UTF8.GetBytes(new JsonObject { ["v"] = Next(random, depth: 1) }.ToJsonString(ResourceJson.Options));
            using MemoryStream written = new();
            PipeWriter target = PipeWriter.Create(written, new StreamPipeWriterOptions(leaveOpen: true));
            await YamlBody.WriteAsync(target, writer => WriteInPiecesAsync(writer, json, random), CancellationToken.None);

            Assert.Equal(Encoding.UTF8.GetString(JsonToYaml.Convert(json)), Encoding.UTF8.GetString(written.ToArray()));
        }
    }

    /// <summary>A list is never whole in memory, as YAML as little as otherwise: what has come in is let go.</summary>
    [Fact]
    public async Task Body_ThatIsLarge_HoldsWhatHasNotEndedAlone()
    {
        long largest = 0;
        byte[] item = Encoding.UTF8.GetBytes($$"""{"k":"{{new string('x', 1000)}}"},""");
        await YamlBody.WriteAsync(PipeWriter.Create(Stream.Null), async writer =>
        {
            writer.Write("["u8);
            for (int number = 0; number < 10_000; number++)
            {
                writer.Write(item);
                await writer.FlushAsync();
                largest = Math.Max(largest, writer.UnflushedBytes);
            }

            writer.Write("{}]"u8);
        }, CancellationToken.None);

        Assert.InRange(largest, 0, item.Length);
    }

    private static async Task WriteInPiecesAsync(PipeWriter writer, byte[] json, Random random)
    {
        for (int at = 0; at < json.Length;)
        {
            int length = Math.Min(random.Next(1, 40), json.Length - at);
            writer.Write(json.AsSpan(at, length));
            at += length;
            await writer.FlushAsync();
        }
    }

    private static JsonNode? Next(Random random, int depth) => random.Next(depth > 6 ? 5 : 8) switch
    {
        0 => JsonValue.Create(random.NextInt64(long.MinValue, long.MaxValue)),
        1 => JsonValue.Create(random.Next(2) == 0),
        2 => random.Next(2) == 0 ? null : JsonValue.Create(random.Next(-1000, 1000) / 8.0),
        3 or 4 => JsonValue.Create(NextText(random)),
        5 => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => Next(random, depth + 1))]),
        _ => new JsonObject(Enumerable.Range(0, random.Next(5)).Select(_ => NextText(random)).Distinct().Select(name => KeyValuePair.Create(name, Next(random, depth + 1)))),
    };

    private static string NextText(Random random) => string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => Pieces[random.Next(Pieces.Length)]));

    private static string YamlOf(string json) => Encoding.UTF8.GetString(JsonToYaml.Convert(Encoding.UTF8.GetBytes(json)));

    /// <summary>Both are written by the same writer, so that only what they say is compared.</summary>
    private static string Compact(string json) => JsonNode.Parse(json)!.ToJsonString(ResourceJson.Options);

    private static string ReadBack(string yaml) => Compact(Encoding.UTF8.GetString(YamlToJson.Convert(Encoding.UTF8.GetBytes(yaml)).Span));
}
