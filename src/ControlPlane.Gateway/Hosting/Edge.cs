using ControlPlane.Gateway.Control;
using ControlPlane.Gateway.Forwarding;
using ControlPlane.Gateway.Listening;
using ControlPlane.Gateway.Traffic;
using Microsoft.Extensions.Hosting;

namespace ControlPlane.Gateway.Hosting;

/// <summary>The order of the end: nothing new is accepted, then Kestrel finishes its requests, then the other connections end or are cut when the time is up.</summary>
internal sealed class Edge(
    Listeners listeners, KestrelTransport http, TcpRelay tcp, Connections connections, Router router, ClientsFile clients, Charge charge, DrainState drain) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Before any service is stopped, Kestrel among them.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await listeners.CloseAsync();
        if (!drain.IsDraining)
        {
            await clients.SaveAsync(router.Clients(), CancellationToken.None);
        }

        // Nothing is listened on any more, and all is on disk: the next one may begin.
        charge.GiveUp();

        http.CloseSilent();
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await connections.EndedAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            tcp.Abort();
        }
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
