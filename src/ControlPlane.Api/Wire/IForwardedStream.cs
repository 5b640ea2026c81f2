using System.IO.Pipelines;

namespace ControlPlane.Api.Wire;

/// <summary>One of the streams of a forwarded connection, whatever carries it to the client.</summary>
internal interface IForwardedStream
{
    /// <summary>What the client sends; whoever wants no more completes it.</summary>
    PipeReader Input { get; }

    /// <summary>Sends all of it.</summary>
    /// <exception cref="IOException">The client has gone.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken);

    /// <summary>Says that this side sends nothing more, where the client can be told.</summary>
    Task EndAsync(CancellationToken cancellationToken);
}
