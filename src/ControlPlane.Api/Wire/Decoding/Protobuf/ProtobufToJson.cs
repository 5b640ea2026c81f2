using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlPlane.Api.Wire.Schemas;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Decoding.Protobuf;

/// <summary>
/// Turns a body in Kubernetes' protobuf form, which Go clients and <c>kubectl create</c> send, into JSON, to be read like any other.
/// What is not known here is left out only where it says nothing (zeros, empty messages); else the request is refused,
/// so that nothing asked for is silently dropped.
/// </summary>
internal static class ProtobufToJson
{
    /// <summary>Four bytes that every Kubernetes protobuf body begins with: <c>k8s</c> and a zero.</summary>
    private static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    /// <exception cref="ApiException">400: no such body, or one with something that can be read from JSON only.</exception>
    public static ReadOnlyMemory<byte> Convert(ReadOnlyMemory<byte> body, Type target)
    {
        if (!body.Span.StartsWith(Magic))
        {
            throw StatusError.BadRequest("provided data does not appear to be a protobuf message, expected prefix 'k8s\\0'");
        }

        try
        {
            (JsonObject envelope, ReadOnlyMemory<byte> raw) = ReadEnvelope(body[Magic.Length..]);
            JsonObject result = ReadMessage(raw.Span, Schema.Of(target), ProtobufFields.Of(target), "");
            foreach ((string name, JsonNode? value) in envelope)
            {
                result[name] = value?.DeepClone();
            }

            return JsonSerializer.SerializeToUtf8Bytes(result, ResourceJson.Options);
        }
        catch (ProtobufException broken)
        {
            throw StatusError.BadRequest($"the object provided is unrecognized: {broken.Message}");
        }
        catch (DecoderFallbackException)
        {
            throw StatusError.BadRequest("the object provided is unrecognized: a text is not UTF-8");
        }
    }

    /// <summary>Kubernetes' <c>runtime.Unknown</c>: apiVersion and kind, and the object's own message.</summary>
    private static (JsonObject TypeMeta, ReadOnlyMemory<byte> Raw) ReadEnvelope(ReadOnlyMemory<byte> body)
    {
        const int TypeMeta = 1;
        const int Raw = 2;
        JsonObject typeMeta = [];
        byte[] raw = [];
        ProtobufReader reader = new(body.Span);
        while (reader.Read())
        {
            if (reader is { Number: TypeMeta, Type: WireType.Bytes })
            {
                ProtobufReader inner = new(reader.Content);
                while (inner.Read())
                {
                    if (inner is { Type: WireType.Bytes, Number: 1 or 2 } && !inner.Content.IsEmpty)
                    {
                        typeMeta[inner.Number == 1 ? "apiVersion" : "kind"] = Text(inner.Content);
                    }
                }
            }
            else if (reader is { Number: Raw, Type: WireType.Bytes })
            {
                raw = reader.Content.ToArray();
            }
        }

        return (typeMeta, raw);
    }

    private static JsonObject ReadMessage(ReadOnlySpan<byte> message, Schema schema, FrozenDictionary<int, ProtobufField> fields, string path)
    {
        JsonObject result = [];
        ReadInto(result, message, schema, fields, path);
        return result;
    }

    private static void ReadInto(JsonObject result, ReadOnlySpan<byte> message, Schema schema, FrozenDictionary<int, ProtobufField> fields, string path)
    {
        ProtobufReader reader = new(message);
        while (reader.Read())
        {
            if (!fields.TryGetValue(reader.Number, out ProtobufField? field))
            {
                if (!SaysNothing(reader))
                {
                    throw Unreadable($"{(path.Length == 0 ? schema.Type.Name : path)}, field {reader.Number}");
                }
            }
            else if (field.Name.Length == 0)
            {
                ReadInto(result, ContentOf(reader, path), schema, ProtobufFields.InlinedIn(schema.Type), path);
            }
            else
            {
                string memberPath = path.Length == 0 ? field.Name : $"{path}.{field.Name}";
                ReadMember(result, reader, schema.Properties[field.Name].Schema, field, memberPath);
            }
        }
    }

    private static void ReadMember(JsonObject result, ProtobufReader reader, Schema schema, ProtobufField field, string path)
    {
        switch (schema.Kind)
        {
            case SchemaKind.List:
                JsonArray items = result[field.Name] as JsonArray ?? [];
                result[field.Name] = items;
                AddItems(items, reader, schema.Element!, field, path);
                break;
            case SchemaKind.Map:
                JsonObject entries = result[field.Name] as JsonObject ?? [];
                result[field.Name] = entries;
                AddEntry(entries, ContentOf(reader, path), schema.Element!, field.IsBytes, path);
                break;
            case SchemaKind.Any:
                result[field.Name] = SaysNothing(reader) ? new JsonObject() : throw Unreadable(path);
                break;
            case SchemaKind.Object:
                result[field.Name] = ReadMessage(ContentOf(reader, path), schema, field.Condition ?? ProtobufFields.Of(schema.Type), path);
                break;
            default:
                if (ReadScalar(reader, schema.Kind, path) is { } value && !(field.IsZeroAbsent && SaysNothing(reader)) && !IsEmptyText(value))
                {
                    result[field.Name] = value;
                }

                break;
        }
    }

    private static void AddItems(JsonArray items, ProtobufReader reader, Schema element, ProtobufField field, string path)
    {
        if (element.Kind == SchemaKind.Object)
        {
            string itemPath = string.Create(CultureInfo.InvariantCulture, $"{path}[{items.Count}]");
            items.Add((JsonNode)ReadMessage(ContentOf(reader, path), element, field.Condition ?? ProtobufFields.Of(element.Type), itemPath));
        }
        else if (element.Kind is SchemaKind.Int64 or SchemaKind.Int32 && reader.Type == WireType.Bytes)
        {
            foreach (long number in ProtobufReader.ReadPacked(reader.Content))
            {
                items.Add(JsonValue.Create(number));
            }
        }
        else
        {
            items.Add(ReadScalar(reader, element.Kind, path));
        }
    }

    private static void AddEntry(JsonObject entries, ReadOnlySpan<byte> entry, Schema element, bool isBytes, string path)
    {
        string key = "";
        JsonNode? value = JsonValue.Create("");
        ProtobufReader reader = new(entry);
        while (reader.Read())
        {
            if (reader.Number == 1)
            {
                key = Text(ContentOf(reader, path));
            }
            else if (reader.Number == 2)
            {
                value = isBytes
                    ? JsonValue.Create(System.Convert.ToBase64String(ContentOf(reader, path)))
                    : ReadScalar(reader, element.Kind, path);
            }
        }

        entries[key] = value;
    }

    /// <summary>A plain value; null for a time that is not set.</summary>
    private static JsonValue? ReadScalar(ProtobufReader reader, SchemaKind kind, string path) => kind switch
    {
        SchemaKind.Text => JsonValue.Create(Text(ContentOf(reader, path))),
        SchemaKind.Boolean => JsonValue.Create(NumberOf(reader, path) != 0),
        SchemaKind.Int32 => JsonValue.Create((int)NumberOf(reader, path)),
        SchemaKind.Int64 => JsonValue.Create(NumberOf(reader, path)),
        SchemaKind.Quantity => ReadQuantity(ContentOf(reader, path), path),
        SchemaKind.IntOrString => ReadIntOrString(ContentOf(reader, path), path),
        SchemaKind.Time or SchemaKind.MicroTime => ReadTime(ContentOf(reader, path), path),
        _ => throw Unreadable(path),
    };

    private static JsonValue ReadQuantity(ReadOnlySpan<byte> message, string path)
    {
        string text = "0";
        ProtobufReader reader = new(message);
        while (reader.Read())
        {
            text = reader.Number == 1 ? Text(ContentOf(reader, path)) : text;
        }

        return JsonValue.Create(text);
    }

    private static JsonValue ReadIntOrString(ReadOnlySpan<byte> message, string path)
    {
        const int TypeIsText = 1;
        (long type, int number, string text) = (0, 0, "");
        ProtobufReader reader = new(message);
        while (reader.Read())
        {
            switch (reader.Number)
            {
                case 1:
                    type = NumberOf(reader, path);
                    break;
                case 2:
                    number = (int)NumberOf(reader, path);
                    break;
                case 3:
                    text = Text(ContentOf(reader, path));
                    break;
            }
        }

        return type == TypeIsText ? JsonValue.Create(text) : JsonValue.Create(number);
    }

    private static JsonValue? ReadTime(ReadOnlySpan<byte> message, string path)
    {
        if (message.IsEmpty)
        {
            return null;
        }

        (long seconds, long nanoseconds) = (0, 0);
        ProtobufReader reader = new(message);
        while (reader.Read())
        {
            seconds = reader.Number == 1 ? NumberOf(reader, path) : seconds;
            nanoseconds = reader.Number == 2 ? NumberOf(reader, path) : nanoseconds;
        }

        long first = DateTimeOffset.MinValue.ToUnixTimeSeconds();
        long last = DateTimeOffset.MaxValue.ToUnixTimeSeconds();
        return seconds >= first && seconds <= last && nanoseconds is >= 0 and < 1_000_000_000
            ? JsonValue.Create(DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanoseconds / 100).UtcDateTime.ToString(
                "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture))
            : throw new ProtobufException($"{path}: no time");
    }

    /// <summary>Whether a field holds nothing but zeros and emptiness, all the way down: Go sends those for what was not set.</summary>
    private static bool SaysNothing(ProtobufReader reader, int depth = 0)
    {
        if (reader.Type != WireType.Bytes)
        {
            return reader.Value == 0;
        }

        if (depth > BodyDecoder.MaxDepth)
        {
            return false;
        }

        try
        {
            ProtobufReader inner = new(reader.Content);
            while (inner.Read())
            {
                if (!SaysNothing(inner, depth + 1))
                {
                    return false;
                }
            }

            return true;
        }
        catch (ProtobufException)
        {
            // Not a message, so it is a text or bytes with something in it.
            return false;
        }
    }

    private static bool IsEmptyText(JsonValue value) => value.TryGetValue(out string? text) && text.Length == 0;

    private static ReadOnlySpan<byte> ContentOf(ProtobufReader reader, string path) =>
        reader.Type == WireType.Bytes ? reader.Content : throw new ProtobufException($"{path}: expected a text or a message");

    private static long NumberOf(ProtobufReader reader, string path) =>
        reader.Type == WireType.Varint ? (long)reader.Value : throw new ProtobufException($"{path}: expected a number");

    private static string Text(ReadOnlySpan<byte> utf8) => new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(utf8);

    private static ApiException Unreadable(string what) =>
        StatusError.BadRequest($"{what} cannot be read from protobuf here; send the object as application/json or application/yaml");
}
