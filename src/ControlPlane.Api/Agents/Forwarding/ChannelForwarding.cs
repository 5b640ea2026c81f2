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

    private readonly ChannelSocket socket;
    private readonly Channel[] channels;

    private ChannelForwarding(WebSocket accepted, IReadOnlyList<int> ports)
    {
        socket = new ChannelSocket(accepted);
        channels = [.. Enumerable.Range(0, 2 * ports.Count).Select(number => new Channel(socket, (byte)number))];
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
        try
        {
            await socket.ReceiveAsync(
                async (number, data) =>
                {
                    if (number < channels.Length)
                    {
                        await channels[number].Received.WriteAsync(data, cancellationToken);
                    }
                },
                cancellationToken);
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
    public Task CloseAsync(CancellationToken cancellationToken) => socket.CloseAsync(cancellationToken);

    public ValueTask DisposeAsync() => socket.DisposeAsync();

    private static int PortOf(string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0
        ? port
        : throw StatusError.BadRequest($"query parameter \"{PortsParameter}\": unable to parse \"{text}\" as a port (1-65535)");

    private sealed class Channel(ChannelSocket socket, byte number) : IForwardedStream
    {
        private readonly Pipe input = new(new PipeOptions(useSynchronizationContext: false));

        public PipeReader Input => input.Reader;

        public PipeWriter Received => input.Writer;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
            new(socket.SendAsync(number, data, cancellationToken));

        public Task EndAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
