using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using YamlDotNet.Core;

namespace ControlPlane.Api.Wire.Decoding;

/// <summary>
/// Turns one YAML document into JSON as Kubernetes' sigs.k8s.io/yaml does. Repeated keys are kept, for the decoder to report.
/// Aliases are expanded within a budget, so that a small document cannot become a large one.
/// </summary>
internal sealed class YamlToJson
{
    /// <summary>How many values a document may have, aliases expanded.</summary>
    private const int MaxValues = 200_000;

    /// <summary>The largest JSON that a document may become, in bytes.</summary>
    private const int MaxJsonBytes = 4 * BodyDecoder.MaxBodyBytes;

    /// <summary>What some editors put at the beginning of a file.</summary>
    private const char ByteOrderMark = '\uFEFF';

    private readonly Utf8JsonWriter writer;
    private int values;

    private YamlToJson(Utf8JsonWriter writer) => this.writer = writer;

    /// <exception cref="ApiException">400: no YAML, several documents, too deep or too large.</exception>
    public static ReadOnlyMemory<byte> Convert(ReadOnlyMemory<byte> yaml)
    {
        try
        {
            string text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(yaml.Span).TrimStart(ByteOrderMark);
            YamlValue root = Parse(text);
            ArrayBufferWriter<byte> buffer = new();
            // Repeated keys are written on purpose; a writer that validates would let them pass too, but costs more.
            using Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
            new YamlToJson(writer).Write(root, depth: 1);
            writer.Flush();
            return buffer.WrittenMemory;
        }
        catch (YamlException broken)
        {
            throw StatusError.BadRequest($"error converting YAML to JSON: yaml: line {broken.Start.Line}: {broken.Message}");
        }
        catch (DecoderFallbackException)
        {
            throw StatusError.BadRequest("error converting YAML to JSON: yaml: the body is not UTF-8");
        }
    }

    private static YamlValue Parse(string text)
    {
        try
        {
            return YamlTree.Read(text);
        }
        catch (Exception broken) when (broken is InvalidOperationException or ArgumentException or FormatException or OverflowException)
        {
            // YamlDotNet says so of some broken flow lists, tags and anchors, without a place.
            throw StatusError.BadRequest($"error converting YAML to JSON: yaml: {broken.Message}");
        }
    }

    private void Write(YamlValue value, int depth)
    {
        CheckBudget(value, depth);
        switch (value)
        {
            case YamlScalar scalar:
                WriteScalar(scalar);
                break;
            case YamlList list:
                writer.WriteStartArray();
                foreach (YamlValue item in list.Items)
                {
                    Write(item, depth + 1);
                }

                writer.WriteEndArray();
                break;
            case YamlMapping mapping:
                WriteMapping(mapping, depth);
                break;
        }
    }

    /// <summary>Aliases can repeat values and nest them deeper than the text is.</summary>
    private void CheckBudget(YamlValue value, int depth)
    {
        values++;
        if (values > MaxValues || writer.BytesCommitted + writer.BytesPending > MaxJsonBytes)
        {
            throw new YamlException(value.Start, value.Start, "document contains excessive aliasing");
        }

        if (depth > BodyDecoder.MaxDepth)
        {
            throw new YamlException(value.Start, value.Start, $"nested deeper than {BodyDecoder.MaxDepth} levels");
        }
    }

    private void WriteMapping(YamlMapping mapping, int depth)
    {
        writer.WriteStartObject();
        HashSet<string> own = new(StringComparer.Ordinal);
        foreach ((YamlValue key, YamlValue value) in mapping.Entries.Where(entry => !IsMerge(entry.Key)))
        {
            string name = KeyText(key);
            own.Add(name);
            writer.WritePropertyName(name);
            Write(value, depth + 1);
        }

        foreach ((YamlValue _, YamlValue merged) in mapping.Entries.Where(entry => IsMerge(entry.Key)))
        {
            WriteMerged(merged, own, depth);
        }

        writer.WriteEndObject();
    }

    /// <summary>The members of a merge key (<c>&lt;&lt;: *base</c>); what the mapping itself has, or an earlier merge brought, wins.</summary>
    private void WriteMerged(YamlValue merged, HashSet<string> known, int depth)
    {
        IReadOnlyList<YamlValue> sources = merged is YamlList list ? list.Items : [merged];
        foreach (YamlValue source in sources)
        {
            CheckBudget(source, depth);
            if (source is not YamlMapping mapping)
            {
                throw new YamlException(source.Start, source.Start, "map merge requires map or sequence of maps as the value");
            }

            foreach ((YamlValue key, YamlValue value) in mapping.Entries.Where(entry => !IsMerge(entry.Key)))
            {
                string name = KeyText(key);
                if (known.Add(name))
                {
                    writer.WritePropertyName(name);
                    Write(value, depth + 1);
                }
            }

            foreach ((YamlValue _, YamlValue further) in mapping.Entries.Where(entry => IsMerge(entry.Key)))
            {
                WriteMerged(further, known, depth + 1);
            }
        }
    }

    private static bool IsMerge(YamlValue key) => key is YamlScalar { IsPlain: true, Text: "<<" };

    private static string KeyText(YamlValue key)
    {
        if (key is not YamlScalar scalar)
        {
            throw new YamlException(key.Start, key.Start, "a key must be a plain value, not a map or a list");
        }

        return YamlScalars.Resolve(scalar) switch
        {
            null => "null",
            bool truth => truth ? "true" : "false",
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            string text => text,
            _ => scalar.Text,
        };
    }

    private void WriteScalar(YamlScalar scalar)
    {
        switch (YamlScalars.Resolve(scalar))
        {
            case null:
                writer.WriteNullValue();
                break;
            case bool truth:
                writer.WriteBooleanValue(truth);
                break;
            case long number:
                writer.WriteNumberValue(number);
                break;
            case ulong number:
                writer.WriteNumberValue(number);
                break;
            case double number:
                WriteDouble(scalar, number);
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
        }
    }

    private void WriteDouble(YamlScalar scalar, double number)
    {
        if (!double.IsFinite(number))
        {
            throw new YamlException(scalar.Start, scalar.Start, $"{scalar.Text} is no number that JSON has");
        }

        writer.WriteNumberValue(number);
    }
}
