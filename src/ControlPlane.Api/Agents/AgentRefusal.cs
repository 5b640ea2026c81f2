using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using ControlPlane.Api.Wire;

namespace ControlPlane.Api.Agents;

/// <summary>An agent's reason for not serving a stream, as the client is told.</summary>
internal static class AgentRefusal
{
    /// <summary>As much of the reason as a client is told.</summary>
    private const int ReasonBytesMax = 4096;

    /// <exception cref="ApiException">The agent's reason, with its status.</exception>
    public static async Task ThrowIfRefusedAsync(PendingStream stream, AgentStream source, CancellationToken cancellationToken)
    {
        if (source.FailureCode is { } code)
        {
            string reason = await ReadReasonAsync(source.Body, cancellationToken);
            stream.IsReadToEnd = true;
            throw Failure(code, reason);
        }
    }

    private static async Task<string> ReadReasonAsync(PipeReader source, CancellationToken cancellationToken)
    {
        ReadResult read = await source.ReadAtLeastAsync(ReasonBytesMax, cancellationToken);
        ReadOnlySequence<byte> text = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, ReasonBytesMax));
        string reason = Encoding.UTF8.GetString(text).Trim();
        source.AdvanceTo(read.Buffer.End);
        return reason;
    }

    private static ApiException Failure(int code, string reason) => code switch
    {
        StatusCodes.Status400BadRequest => StatusError.BadRequest(reason),
        StatusCodes.Status404NotFound => new ApiException(new Status { Code = code, Reason = StatusReason.NotFound, Message = reason }),
        StatusCodes.Status503ServiceUnavailable => StatusError.ServiceUnavailable(reason),
        _ => StatusError.InternalError(reason),
    };
}
