using ControlPlane.Domain.Routing;
using ControlPlane.Infrastructure.Presence;

namespace ControlPlane.Reconciler.Tests.Simulated;

/// <summary>The gateways' last words, as a test sets them.</summary>
internal sealed class SimulatedGateways : IGatewayPresence
{
    public List<GatewayState> Known { get; } = [];

    /// <summary>Thrown instead of answering: whoever plans with what gateways say fails.</summary>
    public Exception? Fault { get; set; }

    public void Note(string node, GatewayReport report) => throw new NotSupportedException("a test sets what gateways say");

    public Task<IReadOnlyList<GatewayState>> ReadAsync(CancellationToken cancellationToken) =>
        Fault is null ? Task.FromResult<IReadOnlyList<GatewayState>>([.. Known]) : Task.FromException<IReadOnlyList<GatewayState>>(Fault);
}
