using ControlPlane.Api.Wire;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Agents.Streams;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Agents.Commands;

/// <summary>
/// Kubernetes' channel protocol over a WebSocket: each message begins with a byte that names its channel. In its version 5 a message of the byte 255 and a channel's
/// says that the client has ended that channel; in version 4 nothing says so.
/// </summary>
internal sealed class WebSocketTransport : CommandTransport
{
    private const string V5 = "v5.channel.k8s.io";
    private const string V4 = "v4.channel.k8s.io";

    private readonly string protocol;

    private WebSocketTransport(string protocol) => this.protocol = protocol;

    /// <summary>The first of the client's protocols that is spoken here.</summary>
    /// <exception cref="ApiException">400: none is.</exception>
    public static new WebSocketTransport For(HttpContext http)
    {
        IList<string> offered = http.WebSockets.WebSocketRequestedProtocols;
        return offered.FirstOrDefault(protocol => protocol is V5 or V4) is { } chosen
            ? new WebSocketTransport(chosen)
            : throw StatusError.BadRequest($"unable to upgrade: the WebSocket's protocols are [{string.Join(' ', offered)}]; served are {V5} and {V4}");
    }

    public override async Task<ICommandClient> AcceptAsync(HttpContext http, StreamRequest request)
    {
        UpgradedConnection.MayBeSilent(http);
        ChannelSocket socket = new(await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = protocol }));
        Client client = new(socket, saysEnds: protocol == V5);
        await client.GreetAsync(FirstOutputOf(ConnectedTo(request)), http.RequestAborted);
        return client;
    }

    private static int FirstOutputOf(AttachOptions connected) =>
        connected.Stdout ? StreamChannels.Stdout : connected.Stderr ? StreamChannels.Stderr : StreamChannels.Error;

    private sealed class Client(ChannelSocket socket, bool saysEnds) : ICommandClient
    {
        private const byte EndSignal = 255;

        /// <summary>An empty message on the first channel that it will hear, as the kubelet sends: some clients wait for it.</summary>
        public Task GreetAsync(int channel, CancellationToken cancellationToken) => SendAsync(channel, ReadOnlyMemory<byte>.Empty, cancellationToken);

        public Task ReceiveAsync(Func<int, ReadOnlyMemory<byte>, ValueTask> handAsync, CancellationToken cancellationToken) => socket.ReceiveAsync(
            (channel, data) => channel == EndSignal && saysEnds ? handAsync(data.Span[0], ReadOnlyMemory<byte>.Empty) : handAsync(channel, data),
            cancellationToken);

        public Task SendAsync(int channel, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => socket.SendAsync((byte)channel, data, cancellationToken);

        public async Task FinishAsync(Status status, CancellationToken cancellationToken)
        {
            await SendAsync(StreamChannels.Error, ResourceJson.SerializeToUtf8Bytes(status), cancellationToken);
            await socket.CloseAsync(cancellationToken);
        }

        public ValueTask DisposeAsync() => socket.DisposeAsync();
    }
}
