using System.Buffers;
using System.IO.Pipelines;

namespace ControlPlane.Api.Wire;

/// <summary>Reads bodies whole; the server's limit bounds them.</summary>
internal static class BodyReader
{
    /// <summary>The body's bytes.</summary>
    /// <exception cref="BadHttpRequestException">The body is over the limit (413).</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext http)
    {
        PipeReader reader = http.Request.BodyReader;
        while (true)
        {
            ReadResult read = await reader.ReadAsync(http.RequestAborted);
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
