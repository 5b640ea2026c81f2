using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace ControlPlane.Api.Wire;

/// <summary>
/// A document about the API, with the hash of its content as its <c>ETag</c>: kubectl keeps these documents on disk and asks whether they have changed, which is
/// answered with 304 and no body.
/// </summary>
internal static class TaggedDocument
{
    /// <summary>Bytes of the content's hash that tell it from others.</summary>
    private const int HashBytes = 16;

    public static IResult Of(HttpContext http, byte[] content, string mediaType)
    {
        http.Response.Headers.Vary = HeaderNames.Accept;
        return Results.Bytes(content, mediaType, entityTag: new EntityTagHeaderValue($"\"{HashOf(content)}\""));
    }

    public static string HashOf(byte[] content) => Convert.ToHexString(SHA256.HashData(content).AsSpan(0, HashBytes));
}
