using System.Buffers.Binary;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.WebSockets;
using ControlPlane.Api.Wire;

namespace ControlPlane.Api.Agents.Forwarding;

/// <summary>
/// Kubernetes' older port-forward over a WebSocket, one connection to each port that the query names: of the port at place i, channel 2i has the bytes and 2i+1 a text where it fails, and each begins with
/// the port as two bytes, the lower one first (kubelet, portforward/websocket.go). Nothing says that one direction has ended.
/// </summary>
internal sealed class ChannelForwarding : IAsyncDisposable
{
    public const string Protocol = "v4.channel.k8s.io";

    private const string PortsParameter = "ports";

    /// <summary>A channel's number is one byte, and each port has two.</summary>
    private const int PortsMax = 127;

    private const int MessageBytesMax = 32 * 1024;

    private readonly WebSocket socket;
    private readonly SemaphoreSlim sending = new(1);
    private readonly byte[] message = new byte[1 + MessageBytesMax];
    private readonly Channel[] channels;

    private ChannelForwarding(WebSocket socket, IReadOnlyList<int> ports)
    {
        this.socket = socket;
        channels = [.. Enumerable.Range(0, 2 * ports.Count).Select(number => new Channel(this, number))];
        Pairs = [.. ports.Select((port, place) => new ForwardedPair(port, channels[2 * place], channels[(2 * place) + 1]))];
    }

    /// <summary>The connections, in the order of the query.</summary>
    public IReadOnlyList<ForwardedPair> Pairs { get; }

    /// <summary>The ports that are asked for.</summary>
    /// <exception cref="ApiException">400: none is, or one that cannot be.</exception>
    public static IReadOnlyList<int> PortsOf(HttpContext http)
    {
        int[] ports = [.. http.Request.Query[PortsParameter].SelectMany(value => (value ?? "").Split(',')).Select(PortOf)];
        return ports.Length switch
        {
            0 => throw StatusError.BadRequest($"query parameter \"{PortsParameter}\" is required"),
            > PortsMax => throw StatusError.BadRequest($"query parameter \"{PortsParameter}\": at most {PortsMax} ports"),
            _ => ports,
        };
    }

    /// <summary>Accepts the connection and says which ports its channels are of.</summary>
    public static async Task<ChannelForwarding> AcceptAsync(HttpContext http, IReadOnlyList<int> ports)
    {
        UpgradedConnection.MayBeSilent(http);
        ChannelForwarding client = new(await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = Protocol }), ports);
        byte[] bytes = new byte[sizeof(ushort)];
        foreach (ForwardedPair pair in client.Pairs)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)pair.Port);
            await pair.Data.WriteAsync(bytes, http.RequestAborted);
            await pair.Error.WriteAsync(bytes, http.RequestAborted);
        }

        return client;
    }

    /// <summary>Hands what the client sends to its channels, until it has gone. What nobody reads any more is dropped.</summary>
    public async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[MessageBytesMax];
        Channel? channel = null;
        bool isWithin = false;
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken) is { MessageType: not WebSocketMessageType.Close } received)
            {
                ReadOnlyMemory<byte> data = buffer.AsMemory(0, received.Count);
                if (!isWithin && !data.IsEmpty)
                {
                    channel = data.Span[0] < channels.Length ? channels[data.Span[0]] : null;
                    data = data[1..];
                    isWithin = true;
                }

                if (channel is not null && !data.IsEmpty)
                {
                    await channel.Received.WriteAsync(data, cancellationToken);
                }

                isWithin &= !received.EndOfMessage;
            }
        }
        finally
        {
            foreach (Channel each in channels)
            {
                await each.Received.CompleteAsync();
            }
        }
    }

    /// <summary>Says good-bye, as far as the client still listens.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, statusDescription: null, cancellationToken);
        }
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        sending.Dispose();
        return ValueTask.CompletedTask;
    }

    private static int PortOf(string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0
        ? port
        : throw StatusError.BadRequest($"query parameter \"{PortsParameter}\": unable to parse \"{text}\" as a port (1-65535)");

    private async ValueTask SendAsync(int channel, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        await sending.WaitAsync(cancellationToken);
        try
        {
            for (; !data.IsEmpty; data = data[Math.Min(data.Length, MessageBytesMax)..])
            {
                ReadOnlyMemory<byte> part = data[..Math.Min(data.Length, MessageBytesMax)];
                message[0] = (byte)channel;
                part.CopyTo(message.AsMemory(1));
                await socket.SendAsync(message.AsMemory(0, 1 + part.Length), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
            }
        }
        finally
        {
            sending.Release();
        }
    }

    private sealed class Channel(ChannelForwarding owner, int number) : IForwardedStream
    {
        private readonly Pipe input = new(new PipeOptions(useSynchronizationContext: false));

        public PipeReader Input => input.Reader;

        public PipeWriter Received => input.Writer;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => owner.SendAsync(number, data, cancellationToken);

        public Task EndAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
