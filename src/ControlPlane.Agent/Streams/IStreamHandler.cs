using System.Net;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Agents.Streams;

namespace ControlPlane.Agent.Streams;

/// <summary>Serves one type of streams in both directions.</summary>
internal interface IStreamHandler
{
    /// <summary>See <see cref="StreamTypes"/>.</summary>
    string Type { get; }

    /// <summary>Looks whether the stream can be served, before it is dialed for: a client that is refused here gets an ordinary answer.</summary>
    /// <returns>What serves it.</returns>
    /// <exception cref="StreamRefusedException">It cannot be served.</exception>
    Task<StreamService> PrepareAsync(StreamRequest request, CancellationToken cancellationToken);
}

/// <summary>Serves a stream; when it returns the connection is closed. Cancelled when the other side has closed it, or the agent stops.</summary>
internal delegate Task StreamService(StreamConnection connection, CancellationToken cancellationToken);

/// <summary>A stream cannot be served; the client is told why.</summary>
internal sealed class StreamRefusedException(HttpStatusCode status, string message) : Exception(message)
{
    public HttpStatusCode Status { get; } = status;
}
