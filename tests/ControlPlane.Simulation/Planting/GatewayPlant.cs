using ControlPlane.Domain.Routing;
using ControlPlane.Infrastructure.Presence;

namespace ControlPlane.Simulation.Planting;

/// <summary>Changes what the reconciler hears of gateways.</summary>
internal sealed class GatewayPlant(Func<GatewayState, GatewayState> change) : Plant
{
    public override IGatewayPresence OnGateways(IGatewayPresence gateways) => new Presence(gateways, change);

    private sealed class Presence(IGatewayPresence inner, Func<GatewayState, GatewayState> change) : IGatewayPresence
    {
        public void Note(string node, GatewayReport report) => inner.Note(node, report);

        public async Task<IReadOnlyList<GatewayState>> ReadAsync(CancellationToken cancellationToken) => [.. (await inner.ReadAsync(cancellationToken)).Select(change)];
    }
}
