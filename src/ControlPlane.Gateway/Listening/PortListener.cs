using System.Net;
using System.Net.Sockets;
using ControlPlane.Gateway.Traffic;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Listening;

/// <summary>One listening socket: accepts connections and hands them on, until it is told to stop.</summary>
internal sealed class PortListener : IAsyncDisposable
{
    /// <summary>Connections that may wait to be accepted.</summary>
    private const int Backlog = 1024;

    private const int SolSocket = 1;
    private const int SoReuseAddress = 2;
    private const int SoReusePort = 15;

    /// <summary>When accepting fails (no descriptor is free, say), before it is tried again.</summary>
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly Socket socket;
    private readonly Action<Socket, PortListener> accepted;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly CancellationTokenSource stopping = new();
    private readonly Task accepting;
    private volatile ServicePort port;

    private PortListener(Socket socket, ServicePort port, Action<Socket, PortListener> accepted, TimeProvider time, ILogger log)
    {
        this.socket = socket;
        this.port = port;
        this.accepted = accepted;
        this.time = time;
        this.log = log;
        EndPoint = (IPEndPoint)socket.LocalEndPoint!;
        accepting = AcceptAsync(stopping.Token);
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Whose connections these are.</summary>
    public ServicePort Port
    {
        get => port;
        set => port = value;
    }

    /// <summary>To pass the socket on.</summary>
    public SafeSocketHandle Handle => socket.SafeHandle;

    /// <exception cref="SocketException">Somebody else listens there, or this user may not.</exception>
    public static PortListener Open(ListenAddress listening, Action<Socket, PortListener> accepted, TimeProvider time, ILogger log)
    {
        Socket socket = new(listening.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            Span<byte> one = [1, 0, 0, 0];
            socket.SetRawSocketOption(SolSocket, SoReuseAddress, one);
            if (listening.IsShared)
            {
                socket.SetRawSocketOption(SolSocket, SoReusePort, one);
            }

            socket.Bind(listening.EndPoint);
            socket.Listen(Backlog);
            return new PortListener(socket, listening.Port, accepted, time, log);
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Goes on with a socket that another gateway has opened.</summary>
    public static PortListener Inherit(Socket socket, ServicePort port, Action<Socket, PortListener> accepted, TimeProvider time, ILogger log) =>
        new(socket, port, accepted, time, log);

    /// <summary>Stops accepting and leaves the socket open: its successor accepts what waits. It is never closed here, which would end it for both.</summary>
    public async Task ReleaseAsync()
    {
        await stopping.CancelAsync();
        await accepting;
    }

    /// <summary>Stops listening.</summary>
    public async ValueTask DisposeAsync()
    {
        await ReleaseAsync();
        socket.Dispose();
        stopping.Dispose();
    }

    private async Task AcceptAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await AcceptOneAsync(stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task AcceptOneAsync(CancellationToken stop)
    {
        try
        {
            accepted(await socket.AcceptAsync(stop), this);
        }
        catch (SocketException exception)
        {
            log.AcceptFailed(EndPoint, exception.Message);
            await Task.Delay(AcceptPause, time, stop);
        }
    }
}
