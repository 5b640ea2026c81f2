using System.Net.Sockets;
using ControlPlane.Gateway.Control;
using ControlPlane.Gateway.Listening;
using ControlPlane.Gateway.Names;
using ControlPlane.Gateway.Traffic;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Hosting;

/// <summary>
/// Passes the listening sockets to a successor, a gateway with the same data folder. The successor connects, gets one message for each socket and an empty-handed one at the end, and
/// answers once it accepts, which takes a table of routes; only then this gateway gives up its <see cref="Charge"/> and stops accepting. Both have the same open socket, so what waits in its queue is accepted by one or the other, and
/// nothing is reset. A successor that ends, or stays silent, before it has answered changes nothing: this gateway stays in charge, and waits for the next, or for the same one again.
/// </summary>
internal sealed class HandOver(
    GatewayOptions options,
    Charge charge,
    TakeOver takeOver,
    Listeners listeners,
    NameSockets names,
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
    /// <summary>When a successor cannot be accepted (no descriptor is free, say), before the next is waited for.</summary>
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    /// <summary>True when this gateway could not take over, and has ended for the one before it to serve on.</summary>
    public bool HasGivenUp { get; private set; }

    /// <summary>Takes the sockets of the gateway before this one, where there is one.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await takeOver.BeginAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Called when this gateway accepts: tells the one before it, and waits for a successor.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await StartedAsync(stoppingToken);
        if (!await TryTakeOverAsync(stoppingToken))
        {
            HasGivenUp = true;
            lifetime.StopApplication();
            return;
        }

        await AcceptSuccessorsAsync(stoppingToken);
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

    private async Task<bool> TryTakeOverAsync(CancellationToken stop)
    {
        try
        {
            return await takeOver.TryCompleteAsync(stop);
        }
        catch (IOException exception)
        {
            log.TakeOverFailed(exception.Message);
            return false;
        }
    }

    /// <summary>Until one has taken over. Then nobody is to find this gateway any more: who connects is refused at once, and finds the successor's socket.</summary>
    private async Task AcceptSuccessorsAsync(CancellationToken stop)
    {
        using Socket? listener = Listen();
        while (listener is not null && !drain.IsDraining)
        {
            await AcceptSuccessorAsync(listener, stop);
        }
    }

    private async Task AcceptSuccessorAsync(Socket listener, CancellationToken stop)
    {
        try
        {
            using Socket successor = await listener.AcceptAsync(stop);
            successor.SendTimeout = (int)options.HandOverPatience.TotalMilliseconds;
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
        Socket listener = HandOverChannel.New();
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(own));
            File.SetUnixFileMode(own, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen(1);
            File.Move(own, HandOverChannel.PathIn(options.DataFolder), overwrite: true);
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

            names.ForEach(socket => Descriptors.Send(successor, HandOverChannel.Names, socket.SafeHandle));
            Descriptors.Send(successor, HandOverChannel.End, descriptor: null);
            if (Descriptors.Receive(successor, options.HandOverPatience).Text != HandOverChannel.Accepting)
            {
                throw new SocketException((int)SocketError.ConnectionReset);
            }

            drain.Begin();
            charge.GiveUp();
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
}
