using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using ControlPlane.Api.Wire.Schemas;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Wire.Decoding;

/// <summary>A document that fits its schema, and what had to be left out of it.</summary>
/// <param name="Json">UTF-8 JSON without nulls, unknown fields and repeated fields (of which the last stays).</param>
/// <param name="TypeError">The first value of a wrong type, with its path; null when there is none.</param>
/// <param name="FieldIssues">Unknown and repeated fields in Kubernetes' words, such as <c>unknown field "spec.foo"</c>.</param>
internal sealed record NormalizedJson(ReadOnlyMemory<byte> Json, string? TypeError, IReadOnlyList<string> FieldIssues);

/// <summary>
/// Walks a JSON document beside a schema. Nulls in typed parts are left out, because null means absent there
/// (Go's decoder leaves a null's field alone); the inside of free-form fields is kept as it is.
/// </summary>
internal sealed partial class JsonNormalizer
{
    /// <summary>How many unknown and repeated fields are named at most (as Kubernetes' strict decoder).</summary>
    private const int MaxFieldIssues = 100;

    private readonly List<string> issues = [];
    private readonly Utf8JsonWriter writer;
    private string? typeError;

    private JsonNormalizer(Utf8JsonWriter writer) => this.writer = writer;

    public static NormalizedJson Normalize(JsonElement root, Schema schema)
    {
        ArrayBufferWriter<byte> buffer = new();
        using Utf8JsonWriter writer = new(buffer);
        JsonNormalizer normalizer = new(writer);
        normalizer.Write(root, schema, "");
        if (normalizer.typeError is null)
        {
            writer.Flush();
        }

        return new NormalizedJson(buffer.WrittenMemory, normalizer.typeError, normalizer.issues);
    }

    /// <summary>A value in words, for messages: <c>a string</c>, <c>the number 1.5</c>.</summary>
    public static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => $"the number {Shorten(value.GetRawText())}",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";

    private void Write(JsonElement value, Schema schema, string path)
    {
        switch (schema.Kind)
        {
            case SchemaKind.Object:
                WriteObject(value, schema, path);
                break;
            case SchemaKind.Map:
                WriteMap(value, schema.Element!, path);
                break;
            case SchemaKind.List:
                WriteList(value, schema.Element!, path);
                break;
            case SchemaKind.Any:
                WriteAny(value, path);
                break;
            default:
                WriteScalar(value, schema.Kind, path);
                break;
        }
    }

    private void WriteObject(JsonElement value, Schema schema, string path)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            Refuse(path, "an object", value);
            return;
        }

        writer.WriteStartObject();
        foreach ((string name, JsonElement member) in LastOfEach(value, path))
        {
            string memberPath = path.Length == 0 ? name : $"{path}.{name}";
            if (!schema.Properties.TryGetValue(name, out SchemaProperty? property))
            {
                AddIssue($"unknown field \"{memberPath}\"");
            }
            else if (member.ValueKind != JsonValueKind.Null)
            {
                writer.WritePropertyName(name);
                Write(member, property.Schema, memberPath);
            }

            if (typeError is not null)
            {
                return;
            }
        }

        writer.WriteEndObject();
    }

    private void WriteMap(JsonElement value, Schema element, string path)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            Refuse(path, "an object", value);
            return;
        }

        writer.WriteStartObject();
        foreach ((string name, JsonElement member) in LastOfEach(value, path))
        {
            if (!IsStorable(name, path))
            {
                return;
            }

            writer.WritePropertyName(name);
            if (member.ValueKind == JsonValueKind.Null && element.Kind == SchemaKind.Text)
            {
                // Go decodes a null label or annotation as the empty string.
                writer.WriteStringValue("");
            }
            else
            {
                Write(member, element, $"{path}.{name}");
            }

            if (typeError is not null)
            {
                return;
            }
        }

        writer.WriteEndObject();
    }

    private void WriteList(JsonElement value, Schema element, string path)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            Refuse(path, "a list", value);
            return;
        }

        writer.WriteStartArray();
        int index = 0;
        foreach (JsonElement item in value.EnumerateArray())
        {
            Write(item, element, string.Create(CultureInfo.InvariantCulture, $"{path}[{index++}]"));
            if (typeError is not null)
            {
                return;
            }
        }

        writer.WriteEndArray();
    }

    private void WriteScalar(JsonElement value, SchemaKind kind, string path)
    {
        string? text = value.ValueKind == JsonValueKind.String ? ReadText(value, path) : null;
        if (typeError is not null)
        {
            return;
        }

        bool isNumber = value.ValueKind == JsonValueKind.Number;
        string? expected = kind switch
        {
            SchemaKind.Text => text is null ? "a string" : null,
            SchemaKind.Boolean => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : "a boolean",
            SchemaKind.Int32 => !isNumber ? "an integer" : value.TryGetInt32(out _) ? null : "a 32-bit integer",
            SchemaKind.Int64 => !isNumber ? "an integer" : value.TryGetInt64(out _) ? null : "a 64-bit integer",
            SchemaKind.Decimal => !isNumber || !value.TryGetDecimal(out _) ? "a number" : null,
            SchemaKind.IntOrString => text is not null || (isNumber && value.TryGetInt32(out _)) ? null : "an integer or a string",
            SchemaKind.Quantity => Quantity.TryParse(text ?? (isNumber ? value.GetRawText() : null), out _)
                ? null
                : "a quantity such as 500m or 128Mi",
            SchemaKind.Time or SchemaKind.MicroTime => IsTime(text) ? null : "a time such as 2026-01-31T12:00:00Z",
            _ => throw new NotSupportedException($"{kind} is no scalar"),
        };
        if (expected is not null)
        {
            Refuse(path, expected, value);
            return;
        }

        value.WriteTo(writer);
    }

    /// <summary>Free-form values are kept as they are, but for text that cannot be stored.</summary>
    private void WriteAny(JsonElement value, string path)
    {
        CheckTexts(value, path);
        if (typeError is null)
        {
            value.WriteTo(writer);
        }
    }

    private void CheckTexts(JsonElement value, string path)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                _ = ReadText(value, path);
                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in value.EnumerateArray())
                {
                    CheckTexts(item, path);
                }

                break;
            case JsonValueKind.Object:
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    if (ReadName(member, path) is { } name && IsStorable(name, path))
                    {
                        CheckTexts(member.Value, $"{path}.{name}");
                    }
                }

                break;
        }
    }

    /// <summary>An object's members in order of first appearance; of a repeated one the last value, as every JSON decoder takes it.</summary>
    private List<KeyValuePair<string, JsonElement>> LastOfEach(JsonElement value, string path)
    {
        List<KeyValuePair<string, JsonElement>> members = [];
        Dictionary<string, int> positions = new(StringComparer.Ordinal);
        foreach (JsonProperty member in value.EnumerateObject())
        {
            if (ReadName(member, path) is not { } name)
            {
                return members;
            }

            if (positions.TryAdd(name, members.Count))
            {
                members.Add(new(name, member.Value));
            }
            else
            {
                AddIssue($"duplicate field \"{(path.Length == 0 ? name : $"{path}.{name}")}\"");
                members[positions[name]] = new(name, member.Value);
            }
        }

        return members;
    }

    private string? ReadName(JsonProperty member, string path)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            typeError ??= $"{path}: a name is not valid Unicode text";
            return null;
        }
    }

    private string? ReadText(JsonElement value, string path)
    {
        try
        {
            string text = value.GetString()!;
            return IsStorable(text, path) ? text : null;
        }
        catch (InvalidOperationException)
        {
            typeError ??= $"{path}: the string is not valid Unicode text";
            return null;
        }
    }

    /// <summary>PostgreSQL keeps every character but U+0000.</summary>
    private bool IsStorable(string text, string path)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            typeError ??= $"{path}: text must not contain the character U+0000";
            return false;
        }

        return true;
    }

    /// <summary>RFC 3339, with a zone. The serializer would take other forms too, even a bare time of today.</summary>
    private static bool IsTime(string? text) => text is not null && Rfc3339().IsMatch(text) && DateTimeOffset.TryParse(
        text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out _);

    [GeneratedRegex(@"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Rfc3339();

    private void Refuse(string path, string expected, JsonElement value) =>
        typeError ??= $"{(path.Length == 0 ? "the body" : path)}: expected {expected}, got {DescribeText(value)}";

    private static string DescribeText(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? $"the string \"{Shorten(value.GetString()!)}\"" : Describe(value);
        }
        catch (InvalidOperationException)
        {
            // Bytes or escapes that are no Unicode text.
            return Describe(value);
        }
    }

    private void AddIssue(string issue)
    {
        if (issues.Count < MaxFieldIssues)
        {
            issues.Add(issue);
        }
    }
}
