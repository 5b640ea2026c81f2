using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Routing;
using ControlPlane.Infrastructure.Presence;
using ControlPlane.Reconciler.Worlds;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Reconciler.Passes;

/// <summary>
/// What the gateways have counted since each analysis' present window began. Where a window began is kept in the leader's memory alone: a new leader begins the present window anew.
/// </summary>
internal sealed class AnalysisWindows(IGatewayPresence gateways, ILogger logger)
{
    private readonly Dictionary<string, Begun> begun = new(StringComparer.Ordinal);

    private sealed record Begun(DateTimeOffset? Window, DateTimeOffset At, IReadOnlyList<GatewayState> Gateways);

    /// <summary>What was counted in the present window of a Deployment's analysis; null while the database cannot be reached.</summary>
    public async ValueTask<TrafficWindow?> ReadAsync(World world, Deployment deployment, AnalysisState analysis, DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (string gone in begun.Keys.Where(uid => world.FindByUid(uid) is null).ToArray())
        {
            begun.Remove(gone);
        }

        try
        {
            IReadOnlyCollection<Service> services = world.ServicesByNamespace[deployment.Namespace];
            IReadOnlyList<GatewayState> present = Of(services, await gateways.ReadAsync(cancellationToken));
            if (!begun.TryGetValue(deployment.Uid, out Begun? start) || start.Window != analysis.WindowSince)
            {
                begun[deployment.Uid] = start = new Begun(analysis.WindowSince, now, present);
            }

            return TrafficWindows.Between(start.Gateways, present, services, start.At, now);
        }
        catch (StoreUnavailableException exception)
        {
            ReconcilerLog.StoreUnavailable(logger, exception.Message);
            return null;
        }
    }

    /// <summary>What is kept as long as a window is: the figures of the namespace's Services, and not everybody's for each Deployment that is analysed.</summary>
    private static IReadOnlyList<GatewayState> Of(IReadOnlyCollection<Service> services, IReadOnlyList<GatewayState> gateways)
    {
        HashSet<Guid> uids = [.. services.Select(service => Guid.Parse(service.Uid))];
        return [.. gateways.Select(gateway => gateway with { Draining = default, Traffic = [.. gateway.Traffic.Where(figures => uids.Contains(figures.Service))] })];
    }
}
