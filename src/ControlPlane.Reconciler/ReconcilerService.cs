using System.Diagnostics.Metrics;
using ControlPlane.Domain.Commits;
using ControlPlane.Infrastructure.Leadership;
using ControlPlane.Infrastructure.Presence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ControlPlane.Reconciler;

/// <summary>Hosts the <see cref="LeaderLoop"/> and publishes what it counts.</summary>
internal sealed class ReconcilerService(
    IResourceStore store,
    IResourceCache cache,
    ILeaderLease lease,
    INodePresence presence,
    IGatewayPresence gateways,
    TimeProvider time,
    IOptions<ReconcilerOptions> options,
    IMeterFactory meters,
    ILogger<ReconcilerService> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        LeaderLoop loop = new(store, cache, lease, presence, gateways, time, options.Value, logger);
        loop.Figures.Publish(meters.Create(ReconcilerServiceCollectionExtensions.MeterName));
        return loop.RunAsync(stoppingToken);
    }
}
