using System.Buffers;
using System.Text;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace ControlPlane.Api.Wire.Yaml;

/// <summary>
/// Turns JSON into one YAML document as it comes, piece by piece. Members keep their order; numbers keep their digits, and every text is read as that text again
/// (<see cref="YamlStyles"/>).
/// </summary>
internal sealed class JsonToYaml
{
    /// <summary>The deepest nesting of what is written here: an object (<see cref="Domain.Resources.ResourceJson"/>) in a row of a table.</summary>
    private const int MaxDepth = 128;

    private readonly TextWriter text;
    private readonly Emitter emitter;
    private JsonReaderState state = new(new JsonReaderOptions { MaxDepth = MaxDepth });

    /// <param name="text">What the YAML is written to.</param>
    public JsonToYaml(TextWriter text)
    {
        this.text = text;
        emitter = new Emitter(text, EmitterSettings.Default.WithNewLine("\n"));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(version: null, tags: null, isImplicit: true));
    }

    /// <summary>The YAML of a whole JSON document, in UTF-8.</summary>
    public static byte[] Convert(ReadOnlySpan<byte> json)
    {
        ArrayBufferWriter<byte> buffer = new(json.Length);
        using Utf8Text text = new(buffer);
        new JsonToYaml(text).Write(json, isLast: true);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes the YAML of the next piece; not of a value at its end that may go on.</summary>
    /// <returns>How many bytes of the piece were made use of. The others are the beginning of the next.</returns>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public int Write(ReadOnlySpan<byte> piece, bool isLast)
    {
        Utf8JsonReader reader = new(piece, isLast, state);
        while (reader.Read())
        {
            emitter.Emit(EventOf(ref reader));
        }

        state = reader.CurrentState;
        if (isLast)
        {
            emitter.Emit(new DocumentEnd(isImplicit: true));
            emitter.Emit(new StreamEnd());
        }

        text.Flush();
        return (int)reader.BytesConsumed;
    }

    private static ParsingEvent EventOf(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, MappingStyle.Block),
        JsonTokenType.EndObject => new MappingEnd(),
        JsonTokenType.StartArray => new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, SequenceStyle.Block),
        JsonTokenType.EndArray => new SequenceEnd(),
        JsonTokenType.PropertyName or JsonTokenType.String => TextOf(reader.GetString()!),
        _ => Plain(Encoding.UTF8.GetString(reader.ValueSpan)),
    };

    private static Scalar TextOf(string value) => new(AnchorName.Empty, TagName.Empty, value, YamlStyles.Of(value), isPlainImplicit: true, isQuotedImplicit: true);

    /// <summary>A number, a boolean or null, which are the same in both.</summary>
    private static Scalar Plain(string value) => new(AnchorName.Empty, TagName.Empty, value, ScalarStyle.Plain, isPlainImplicit: true, isQuotedImplicit: false);
}
