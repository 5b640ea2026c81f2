using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Spdy;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Agents.Streams;

namespace ControlPlane.Api.Agents.Commands;

/// <summary>A client that runs a command in a container or listens to one, over whatever it speaks.</summary>
internal interface ICommandClient : IAsyncDisposable
{
    /// <summary>Hands on what the client sends, until it has gone.</summary>
    /// <param name="handAsync">
    /// Takes bytes of a channel, <c>Stdin</c> or <c>Resize</c>; none of them: the client has ended the channel. While it waits nothing more is taken from the client.
    /// </param>
    /// <param name="cancellationToken">Ends it.</param>
    Task ReceiveAsync(Func<int, ReadOnlyMemory<byte>, ValueTask> handAsync, CancellationToken cancellationToken);

    /// <summary>Sends bytes of <c>Stdout</c> or <c>Stderr</c>.</summary>
    Task SendAsync(int channel, ReadOnlyMemory<byte> data, CancellationToken cancellationToken);

    /// <summary>Says how it ended, and that nothing follows.</summary>
    Task FinishAsync(Status status, CancellationToken cancellationToken);
}

/// <summary>How a client speaks; chosen before anything is asked of the agent.</summary>
internal abstract class CommandTransport
{
    /// <summary>What the request asks for.</summary>
    /// <exception cref="ApiException">400: nothing that is spoken here.</exception>
    public static CommandTransport For(HttpContext http) => http.WebSockets.IsWebSocketRequest ? WebSocketTransport.For(http)
        : SpdyUpgrade.IsAskedFor(http) ? SpdyTransport.For(http)
        : throw StatusError.BadRequest("Upgrade request required");

    /// <summary>Upgrades the connection.</summary>
    public abstract Task<ICommandClient> AcceptAsync(HttpContext http, StreamRequest request);

    /// <summary>What the client is connected to, whether a command is run or a container's process is attached to.</summary>
    protected static AttachOptions ConnectedTo(StreamRequest request) => request.Attach
        ?? (request.Exec is { } exec ? new AttachOptions { Stdin = exec.Stdin, Stdout = exec.Stdout, Stderr = exec.Stderr, Tty = exec.Tty } : new AttachOptions());
}
