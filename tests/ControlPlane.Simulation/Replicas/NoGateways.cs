using ControlPlane.Domain.Routing;
using ControlPlane.Infrastructure.Presence;

namespace ControlPlane.Simulation.Replicas;

/// <summary>The simulated nodes have no gateways: nothing waits for their word.</summary>
internal sealed class NoGateways : IGatewayPresence
{
    public void Note(string node, GatewayReport report) => throw new NotSupportedException("there are no gateways");

    public Task<IReadOnlyList<GatewayState>> ReadAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<GatewayState>>([]);
}
