using ControlPlane.Domain.Commits;
using ControlPlane.Infrastructure.Leadership;
using ControlPlane.Infrastructure.Presence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ControlPlane.Reconciler;

/// <summary>Hosts the <see cref="LeaderLoop"/>.</summary>
internal sealed class ReconcilerService(
    IResourceStore store,
    IResourceCache cache,
    ILeaderLease lease,
    INodePresence presence,
    IGatewayPresence gateways,
    TimeProvider time,
    IOptions<ReconcilerOptions> options,
    ILogger<ReconcilerService> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new LeaderLoop(store, cache, lease, presence, gateways, time, options.Value, logger).RunAsync(stoppingToken);
}
