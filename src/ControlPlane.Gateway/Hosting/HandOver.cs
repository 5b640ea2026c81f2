using System.Net.Sockets;
using ControlPlane.Gateway.Listening;
using ControlPlane.Gateway.Traffic;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Hosting;

/// <summary>
/// Passes the listening sockets to a successor, a gateway with the same data folder. The successor connects, gets one message for each socket and an empty-handed one at the end, and
/// answers once it accepts; only then this gateway stops accepting. Both have the same open socket, so what waits in its queue is accepted by one or the other, and nothing is reset.
/// </summary>
internal sealed class HandOver(
    GatewayOptions options,
    Listeners listeners,
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

    private Socket? predecessor;

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
        if (predecessor is not null)
        {
            TellAccepting(predecessor);
        }

        using Socket? listener = Listen();
        while (listener is not null && !drain.IsDraining)
        {
            using Socket successor = await listener.AcceptAsync(stoppingToken);
            await listeners.ReleaseAsync(open => TryPass(successor, open), stoppingToken);
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

    private void TellAccepting(Socket channel)
    {
        using (channel)
        {
            try
            {
                Descriptors.Send(channel, Accepting, descriptor: null);
            }
            catch (SocketException exception)
            {
                log.TakeOverFailed(exception.Message);
            }
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

    private bool TryPass(Socket successor, IReadOnlyCollection<PortListener> open)
    {
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
