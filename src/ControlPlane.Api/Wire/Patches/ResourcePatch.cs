using System.Text.Json;
using System.Text.Json.Nodes;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Api.Wire.Schemas;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Patches;

/// <summary>
/// A patch as it came in: parsed once, applied to the object as it is now, and again to a newer one
/// when somebody else was faster.
/// </summary>
internal sealed class ResourcePatch
{
    private readonly string mediaType;
    private readonly JsonNode? body;

    private ResourcePatch(string mediaType, JsonNode? body)
    {
        this.mediaType = mediaType;
        this.body = body;
    }

    /// <summary>The <c>metadata.resourceVersion</c> that the patch sets, which makes it conditional; null when it sets none.</summary>
    public string? ResourceVersion =>
        body is JsonObject members && members["metadata"] is JsonObject metadata
        && metadata["resourceVersion"] is JsonValue value && value.TryGetValue(out string? revision) && revision.Length > 0
            ? revision
            : null;

    /// <exception cref="ApiException">400: broken JSON; 413: over the limit; 415: no media type of a patch.</exception>
    public static ResourcePatch Read(ReadOnlyMemory<byte> body, string? contentType)
    {
        string mediaType = MediaTypes.WithoutParameters(contentType);
        if (mediaType is not (MediaTypes.JsonPatch or MediaTypes.MergePatch or MediaTypes.StrategicMergePatch))
        {
            throw StatusError.UnsupportedMediaType(MediaTypes.JsonPatch, MediaTypes.MergePatch, MediaTypes.StrategicMergePatch, MediaTypes.ApplyPatch);
        }

        if (body.Length > BodyDecoder.MaxBodyBytes)
        {
            throw StatusError.RequestEntityTooLarge(BodyDecoder.MaxBodyBytes);
        }

        JsonNode? parsed = Parse(body);
        if (mediaType != MediaTypes.JsonPatch && parsed is not JsonObject)
        {
            throw StatusError.BadRequest("error decoding patch: expected an object");
        }

        return new ResourcePatch(mediaType, parsed);
    }

    private static JsonNode? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(
                body, new JsonDocumentOptions { MaxDepth = BodyDecoder.MaxDepth, AllowDuplicateProperties = false });
            NormalizedJson checkedBody = JsonNormalizer.Normalize(document.RootElement, Schema.Any);
            return checkedBody.TypeError is null
                ? JsonNode.Parse(checkedBody.Json.Span)
                : throw StatusError.BadRequest($"error decoding patch: {checkedBody.TypeError.TrimStart(':', ' ')}");
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // The second: a name with an unpaired surrogate, met while looking for repeated names.
            throw StatusError.BadRequest($"error decoding patch: {broken.Message}");
        }
    }

    /// <summary>The object with the patch applied, read strictly typed; defaults and rules are the caller's.</summary>
    /// <exception cref="ApiException">400 or 422: the patch does not apply, or makes something that is no such object.</exception>
    public Decoded<Resource> Apply(Resource current, DecodeTarget target, FieldValidation validation)
    {
        JsonNode document = JsonSerializer.SerializeToNode(current, current.GetType(), ResourceJson.Options)!;
        JsonNode? patched = mediaType switch
        {
            MediaTypes.JsonPatch => JsonPatch.Apply(document, body),
            MediaTypes.MergePatch => MergePatch.Apply(document, body),
            _ => StrategicMergePatch.Apply((JsonObject)document, (JsonObject)body!, Schema.Of(target.Type)),
        };
        return patched is JsonObject
            ? BodyDecoder.Decode(patched, target, validation)
            : throw StatusError.Unprocessable($"the patch leaves no object: expected an object, got {patched?.GetValueKind().ToString() ?? "null"}");
    }
}
