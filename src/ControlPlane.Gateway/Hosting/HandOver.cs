using System.Net.Sockets;
using ControlPlane.Gateway.Control;
using ControlPlane.Gateway.Listening;
using ControlPlane.Gateway.Traffic;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Hosting;

/// <summary>
/// Passes the listening sockets to a successor, a gateway with the same data folder. The successor connects, gets one message for each socket and an empty-handed one at the end, and
/// answers once it accepts, which takes a table of routes; only then this gateway stops accepting. Both have the same open socket, so what waits in its queue is accepted by one or the other, and
/// nothing is reset. A successor that ends, or stays silent, before it has answered changes nothing: this gateway serves on, and waits for the next.
/// </summary>
internal sealed class HandOver(
    GatewayOptions options,
    Listeners listeners,
    Acknowledged acknowledged,
    Router router,
    TableFile table,
    ClientsFile clients,
    KestrelTransport http,
    Connections connections,
    DrainState drain,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<HandOver> log) : BackgroundService
{
    private const string End = "end";
    private const string Accepting = "accepting";

    /// <summary>A successor loads its routes in this time, or it has died.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How long a successor waits for its first table where none is on disk: less than the one before it waits for the successor.</summary>
    private static readonly TimeSpan TablePatience = TimeSpan.FromSeconds(6);

    /// <summary>When a successor cannot be accepted (no descriptor is free, say), before the next is waited for.</summary>
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private Socket? predecessor;
    private int inherited;

    /// <summary>True when this gateway could not take over, and has ended for the one before it to serve on.</summary>
    public bool HasGivenUp { get; private set; }

    private string SocketPath => Path.Combine(options.DataFolder, "gateway.sock");

    /// <summary>Takes the sockets of the gateway before this one, where there is one.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        Socket channel = NewChannel();
        List<Socket> sockets = [];
        try
        {
            channel.Connect(new UnixDomainSocketEndPoint(SocketPath));
            (string text, SafeSocketHandle? handle) = Descriptors.Receive(channel, Patience);
            for (; handle is not null; (text, handle) = Descriptors.Receive(channel, Patience))
            {
                sockets.Add(new Socket(handle));
            }

            if (text != End)
            {
                throw new SocketException((int)SocketError.ConnectionReset);
            }

            listeners.Inherit(sockets);
            predecessor = channel;
            inherited = sockets.Count;
            log.TookOver(sockets.Count);
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            sockets.ForEach(socket => socket.Dispose());
            channel.Dispose();
            if (exception is SocketException { SocketErrorCode: not (SocketError.AddressNotAvailable or SocketError.ConnectionRefused) } && File.Exists(SocketPath))
            {
                log.TakeOverFailed(exception.Message);
            }
        }

        await base.StartAsync(cancellationToken);
    }

    /// <summary>Called when this gateway accepts: tells the one before it, and waits for a successor.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await StartedAsync(stoppingToken);
        if (predecessor is not null && !await TryTakeOverAsync(predecessor, stoppingToken))
        {
            HasGivenUp = true;
            lifetime.StopApplication();
            return;
        }

        using Socket? listener = Listen();
        while (listener is not null && !drain.IsDraining)
        {
            await AcceptSuccessorAsync(listener, stoppingToken);
        }

        if (drain.IsDraining)
        {
            await DrainAsync(stoppingToken);
        }
    }

    private async Task StartedAsync(CancellationToken stop)
    {
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stop);
    }

    /// <summary>
    /// Tells the gateway before this one that it may stop accepting: once there are routes, without which nothing that has been inherited is accepted on. False when there are none to be had.
    /// </summary>
    private async Task<bool> TryTakeOverAsync(Socket channel, CancellationToken stop)
    {
        using (channel)
        {
            try
            {
                if (inherited > 0)
                {
                    await acknowledged.First.WaitAsync(TablePatience, time, stop);
                }

                Descriptors.Send(channel, Accepting, descriptor: null);
            }
            catch (TimeoutException)
            {
                log.TakeOverFailed("the routes are neither on disk nor to be had from the control plane");
                return false;
            }
            catch (SocketException exception)
            {
                log.TakeOverFailed(exception.Message);
            }
        }

        return true;
    }

    private async Task AcceptSuccessorAsync(Socket listener, CancellationToken stop)
    {
        try
        {
            using Socket successor = await listener.AcceptAsync(stop);
            successor.SendTimeout = (int)Patience.TotalMilliseconds;
            await listeners.ReleaseAsync(open => TryPassAsync(successor, open, stop), stop);
        }
        catch (SocketException exception)
        {
            log.HandOverFailed(exception.Message);
            await Task.Delay(AcceptPause, time, stop);
        }
    }

    /// <summary>
    /// A socket that is disposed of deletes the file it was bound to (.NET does). The one before this gateway does so late, and must not delete this gateway's: so each binds a name of its own,
    /// and renames it, which also replaces the file without a moment at which there is none.
    /// </summary>
    private Socket? Listen()
    {
        string own = Path.Combine(options.DataFolder, Path.GetRandomFileName());
        Socket listener = NewChannel();
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(own));
            File.SetUnixFileMode(own, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen(1);
            File.Move(own, SocketPath, overwrite: true);
            return listener;
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            listener.Dispose();
            log.NoHandOver(exception.Message);
            return null;
        }
    }

    private async Task<bool> TryPassAsync(Socket successor, IReadOnlyCollection<PortListener> open, CancellationToken stop)
    {
        if (acknowledged.First.IsCompleted)
        {
            await table.EnsureAsync(acknowledged.Table, stop);
            await clients.SaveAsync(router.Clients(), stop);
        }

        try
        {
            foreach (PortListener listener in open)
            {
                Descriptors.Send(successor, listener.EndPoint.ToString(), listener.Handle);
            }

            Descriptors.Send(successor, End, descriptor: null);
            if (Descriptors.Receive(successor, Patience).Text != Accepting)
            {
                throw new SocketException((int)SocketError.ConnectionReset);
            }

            drain.Begin();
            log.HandedOver(open.Count);
            return true;
        }
        catch (SocketException exception)
        {
            log.HandOverFailed(exception.Message);
            return false;
        }
    }

    /// <summary>Until everything has ended or the time is up; then the process ends.</summary>
    private async Task DrainAsync(CancellationToken stop)
    {
        http.RequestHttp2Close();
        using CancellationTokenSource late = new(options.Drain, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stop);
        try
        {
            await connections.EndedAsync(either.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // The host's stop closes what is idle and cuts the rest.
            log.DrainTimeIsUp(options.Drain.TotalSeconds);
        }

        lifetime.StopApplication();
    }

    private static Socket NewChannel() => new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
}
