using System.Net;
using System.Net.Sockets;
using System.Text;
using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Agents.Streams;

namespace ControlPlane.Agent.Streams;

/// <summary>Serves <c>kubectl port-forward</c>: a stream for each connection to a port of a pod.</summary>
internal sealed class PortForwardHandler(IContainerRuntime runtime, AgentOptions options) : IStreamHandler
{
    private static readonly TimeSpan ConnectMax = TimeSpan.FromSeconds(5);

    public string Type => StreamTypes.PortForward;

    public async Task<StreamService> PrepareAsync(StreamRequest request, CancellationToken cancellationToken)
    {
        int port = request.PortForward?.Port ?? throw new StreamRefusedException(HttpStatusCode.BadRequest, "no port was sent");

        // A pod's sandbox counts, too: it holds the published ports.
        ObservedContainer[] running = [.. (await runtime.ListAsync(cancellationToken)).Where(life => life.Identity.PodUid == request.PodUid && life.Phase == ContainerPhase.Running)];

        // Any container has the pod's own address. Where there is none to reach it at, a port that no container names would be the host's: that is not the pod's to give.
        ObservedContainer container = running.FirstOrDefault(life => life.HostPorts.Any(published => published.ContainerPort == port))
            ?? running.FirstOrDefault(life => life.Address is not null)
            ?? throw new StreamRefusedException(HttpStatusCode.NotFound, running.Length == 0 ? "no container of the pod is running" : $"no running container of the pod names port {port}");
        Socket socket = await ConnectAsync(container.Reach(port, options.NodeAddress.ToString()), port, cancellationToken);
        return (connection, token) => ServeAsync(connection, socket, token);
    }

    private static async Task<Socket> ConnectAsync((string Host, int Port) target, int port, CancellationToken cancellationToken)
    {
        using CancellationTokenSource soon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        soon.CancelAfter(ConnectMax);
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target.Host, target.Port, soon.Token);
            return socket;
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            string why = failure is SocketException ? failure.Message : $"no answer within {ConnectMax.TotalSeconds} s";
            throw new StreamRefusedException(HttpStatusCode.BadGateway, $"failed to connect to port {port} of the pod ({target.Host}:{target.Port}): {why}");
        }
    }

    /// <summary>Each direction to its own end; the closing is left to the replica, which may have to catch up.</summary>
    private static async Task ServeAsync(StreamConnection connection, Socket socket, CancellationToken cancellationToken)
    {
        using Socket owned = socket;
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        StreamChannel data = connection[StreamChannels.Data];
        Task sending = SendAsync(data, socket, ending.Token);
        try
        {
            string failure = await ReceiveAsync(socket, data, cancellationToken);
            await data.EndAsync(cancellationToken);
            await connection[StreamChannels.Error].WriteAsync(Encoding.UTF8.GetBytes(failure), cancellationToken);
            await connection[StreamChannels.Error].EndAsync(cancellationToken);
            await connection.Closed.WaitAsync(cancellationToken);
        }
        finally
        {
            await ending.CancelAsync();
            await sending;
        }
    }

    /// <summary>What the pod says, to its end; returns why it ended early.</summary>
    private static async Task<string> ReceiveAsync(Socket socket, StreamChannel data, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[StreamFrameHead.PayloadBytesMax];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, cancellationToken) is var count and > 0)
            {
                await data.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            }

            return "";
        }
        catch (SocketException broken)
        {
            return broken.Message;
        }
    }

    private static async Task SendAsync(StreamChannel data, Socket socket, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[StreamFrameHead.PayloadBytesMax];
        try
        {
            while (await data.ReadAsync(buffer.AsMemory(), cancellationToken) is var count and > 0)
            {
                await SendAllAsync(socket, buffer.AsMemory(0, count), cancellationToken);
            }

            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception gone) when (gone is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Who reads from the pod sees its end, too, and says so.
            return;
        }
    }

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        while (!data.IsEmpty)
        {
            data = data[await socket.SendAsync(data, SocketFlags.None, cancellationToken)..];
        }
    }
}
