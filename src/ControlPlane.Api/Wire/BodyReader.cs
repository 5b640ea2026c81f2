using System.Buffers;
using System.IO.Pipelines;
using ControlPlane.Api.Wire.Decoding;

namespace ControlPlane.Api.Wire;

/// <summary>Reads bodies whole, up to <see cref="BodyDecoder.MaxBodyBytes"/>. What is left of one that is longer the server takes in and drops while it answers, for a few seconds.</summary>
internal static class BodyReader
{
    /// <summary>The body's bytes.</summary>
    /// <exception cref="ApiException">413: the body is over the limit.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext http)
    {
        if (http.Request.ContentLength > BodyDecoder.MaxBodyBytes)
        {
            throw StatusError.RequestEntityTooLarge(BodyDecoder.MaxBodyBytes);
        }

        PipeReader reader = http.Request.BodyReader;
        while (true)
        {
            ReadResult read = await reader.ReadAsync(http.RequestAborted);
            if (read.Buffer.Length > BodyDecoder.MaxBodyBytes)
            {
                reader.AdvanceTo(read.Buffer.End);
                throw StatusError.RequestEntityTooLarge(BodyDecoder.MaxBodyBytes);
            }

            if (read.IsCompleted)
            {
                byte[] body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Says what was dropped from a body.</summary>
    public static void Warn(HttpContext http, IReadOnlyList<string> warnings)
    {
        foreach (string header in WarningHeaders.Of(warnings))
        {
            http.Response.Headers.Append("Warning", header);
        }
    }
}
