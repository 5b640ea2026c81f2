using System.Buffers.Text;
using System.Text.Json;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Options;

/// <summary>Where the next page of a list begins. Opaque to clients: base64url of its JSON.</summary>
/// <param name="Revision">The revision that all pages of the list show; null where the pages that follow show what is there then.</param>
/// <param name="After">The last object of the page before.</param>
internal sealed record ContinueToken(long? Revision, ObjectKey After)
{
    private const string Version = "controlplane.dev/v1";

    /// <summary>Stands for no revision (as in the tokens of Kubernetes).</summary>
    private const long NoRevision = -1;

    public string Encode() => Base64Url.EncodeToString(
        JsonSerializer.SerializeToUtf8Bytes(new Content(Version, Revision ?? NoRevision, After.Namespace, After.Name), ResourceJson.Options));

    /// <summary>Reads a token; null for none.</summary>
    /// <exception cref="ApiException">400: not a token of ours.</exception>
    public static ContinueToken? Decode(string? token)
    {
        if (string.IsNullOrEmpty(token))
        {
            return null;
        }

        try
        {
            Content? content = JsonSerializer.Deserialize<Content>(Base64Url.DecodeFromChars(token), ResourceJson.Options);
            return content is { V: Version, Rv: > 0 or NoRevision, Name.Length: > 0 }
                ? new ContinueToken(content.Rv == NoRevision ? null : content.Rv, new ObjectKey(content.Ns ?? "", content.Name))
                : throw NotValid("server key encoded in unrecognized version or without a start");
        }
        catch (Exception broken) when (broken is FormatException or JsonException)
        {
            throw NotValid("it is not what this server gave out");
        }
    }

    private static ApiException NotValid(string because) => StatusError.BadRequest($"continue key is not valid: {because}");

    private sealed record Content(string V, long Rv, string? Ns, string Name);
}
