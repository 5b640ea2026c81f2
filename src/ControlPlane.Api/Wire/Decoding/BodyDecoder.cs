using System.Text.Json;
using System.Text.Json.Nodes;
using ControlPlane.Api.Wire.Decoding.Protobuf;
using ControlPlane.Api.Wire.Schemas;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Api.Wire.Decoding;

/// <summary>Reads request bodies: JSON, YAML or protobuf to typed objects, strictly typed, with unknown and repeated fields named.</summary>
internal static class BodyDecoder
{
    /// <summary>The largest body that is read (as Kubernetes' API server, 3 MiB).</summary>
    public const int MaxBodyBytes = 3 * 1024 * 1024;

    /// <summary>The deepest nesting of objects and lists.</summary>
    public const int MaxDepth = 64;

    /// <summary>Reads an object of a kind. Its <c>apiVersion</c> and <c>kind</c> may be absent and are filled in.</summary>
    /// <exception cref="ApiException">400, 413 or 415: the body is not such an object.</exception>
    public static Decoded<Resource> Decode(ReadOnlyMemory<byte> body, string? contentType, DecodeTarget target, FieldValidation validation)
    {
        using JsonDocument document = ParseDocument(ToJson(body, contentType, target.Type), target.Kind);
        return Decode(document.RootElement, target, validation, because => Unhandled(target, because));
    }

    /// <summary>A body that fits the schema of a kind; nothing is filled in.</summary>
    /// <exception cref="ApiException">400, 413 or 415: the body is not such an object.</exception>
    public static NormalizedJson Normalize(ReadOnlyMemory<byte> body, string? contentType, DecodeTarget target, FieldValidation validation)
    {
        using JsonDocument document = ParseDocument(ToJson(body, contentType, target.Type), target.Kind);
        return Normalize(document.RootElement, target, validation, because => Unhandled(target, because));
    }

    /// <summary>
    /// Reads an object that a patch made. What is wrong with it is the patch's fault, and told as a field of that name (Kubernetes: applyPatchToObject, which shows
    /// the whole object there, a Secret's content, too).
    /// </summary>
    /// <exception cref="ApiException">400: it says that it is of another kind; 422: it is no such object.</exception>
    public static Decoded<Resource> Decode(JsonNode patched, DecodeTarget target, FieldValidation validation)
    {
        using JsonDocument document = ParseDocument(JsonSerializer.SerializeToUtf8Bytes(patched, ResourceJson.Options), target.Kind);
        return Decode(document.RootElement, target, validation, because => StatusError.Invalid(
            "", "", "", [new FieldError("patch", FieldErrorReason.Invalid, $"Invalid value: \"{target.Kind}\": {because}")]));
    }

    /// <summary>
    /// Reads a body that is no resource, such as <c>DeleteOptions</c>; a default value when the body is empty.
    /// Its kind is not looked at: clients send it under several groups.
    /// </summary>
    public static T DecodeOptions<T>(ReadOnlyMemory<byte> body, string? contentType, string kind)
        where T : class, new()
    {
        if (body.IsEmpty)
        {
            return new T();
        }

        using JsonDocument document = ParseDocument(ToJson(body, contentType, typeof(T)), kind);
        NormalizedJson normalized = JsonNormalizer.Normalize(document.RootElement, Schema.Of<T>());
        return normalized.TypeError is null
            ? JsonSerializer.Deserialize<T>(normalized.Json.Span, ResourceJson.Options) ?? new T()
            : throw StatusError.BadRequest($"{kind} cannot be handled: {normalized.TypeError}");
    }

    /// <summary>The body as UTF-8 JSON.</summary>
    /// <param name="target">What it has to be; protobuf says nothing about that by itself.</param>
    /// <exception cref="ApiException">413 for a body over the limit, 415 for one in another format, 400 for broken YAML or protobuf.</exception>
    private static ReadOnlyMemory<byte> ToJson(ReadOnlyMemory<byte> body, string? contentType, Type target)
    {
        if (body.Length > MaxBodyBytes)
        {
            throw StatusError.RequestEntityTooLarge(MaxBodyBytes);
        }

        return MediaTypes.FormatOf(contentType) switch
        {
            BodyFormat.Json => body,
            BodyFormat.Yaml => YamlToJson.Convert(body),
            BodyFormat.Protobuf => ProtobufToJson.Convert(body, target),
            _ => throw StatusError.UnsupportedMediaType(MediaTypes.Json, MediaTypes.Yaml, MediaTypes.Protobuf),
        };
    }

    private static JsonDocument ParseDocument(ReadOnlyMemory<byte> json, string kind)
    {
        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
        }
        catch (JsonException broken)
        {
            throw StatusError.BadRequest(
                $"the object provided is unrecognized (must be of type {kind}): json parse error at line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}: {Reason(broken)}");
        }
    }

    private static NormalizedJson Normalize(JsonElement root, DecodeTarget target, FieldValidation validation, Func<string, ApiException> refuse)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw StatusError.BadRequest($"the object provided is unrecognized (must be of type {target.Kind}): expected an object, got {JsonNormalizer.Describe(root)}");
        }

        CheckKind(root, target);
        NormalizedJson normalized = JsonNormalizer.Normalize(root, Schema.Of(target.Type));
        if (normalized.TypeError is not null)
        {
            throw refuse(normalized.TypeError);
        }

        if (validation == FieldValidation.Strict && normalized.FieldIssues.Count > 0)
        {
            throw refuse($"strict decoding error: {string.Join(", ", normalized.FieldIssues)}");
        }

        return normalized;
    }

    private static Decoded<Resource> Decode(JsonElement root, DecodeTarget target, FieldValidation validation, Func<string, ApiException> refuse)
    {
        NormalizedJson normalized = Normalize(root, target, validation, refuse);
        try
        {
            var resource = (Resource)JsonSerializer.Deserialize(normalized.Json.Span, target.Type, ResourceJson.Options)!;
            return new(
                resource with { ApiVersion = target.ApiVersion, Kind = target.Kind },
                validation == FieldValidation.Warn ? normalized.FieldIssues : []);
        }
        catch (JsonException refused)
        {
            throw refuse($"{refused.Path}: {Reason(refused)}");
        }
    }

    private static void CheckKind(JsonElement root, DecodeTarget target)
    {
        string? apiVersion = Text(root, "apiVersion");
        if (apiVersion is { Length: > 0 } && apiVersion != target.ApiVersion)
        {
            throw StatusError.BadRequest(
                $"the API version in the data ({apiVersion}) does not match the expected API version ({target.ApiVersion})");
        }

        string? kind = Text(root, "kind");
        if (kind is { Length: > 0 } && kind != target.Kind)
        {
            throw StatusError.BadRequest(
                $"{kind} in version \"{target.Version}\" cannot be handled as a {target.Kind}: the kind in the data ({kind}) does not match the expected kind ({target.Kind})");
        }
    }

    /// <summary>A member's text; null when it is none, which the decoder then says with its path.</summary>
    private static string? Text(JsonElement root, string name)
    {
        try
        {
            return root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Bytes or escapes that are no Unicode text.
            return null;
        }
    }

    private static ApiException Unhandled(DecodeTarget target, string because) => StatusError.BadRequest(
        $"{target.Kind} in version \"{target.Version}\" cannot be handled as a {target.Kind}: {because}");

    /// <summary>System.Text.Json's message without the position that it appends.</summary>
    private static string Reason(JsonException exception)
    {
        int position = exception.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        int path = exception.Message.IndexOf(" Path:", StringComparison.Ordinal);
        int end = position < 0 ? path : path < 0 ? position : Math.Min(position, path);
        return end < 0 ? exception.Message : exception.Message[..end];
    }
}
