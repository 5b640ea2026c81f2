using ControlPlane.Agent.Protocol;
using ControlPlane.Domain.Agents;
using ControlPlane.Simulation.Replicas;

namespace ControlPlane.Simulation.Nodes;

/// <summary>The control plane at the other end of a node's network: one replica until it fails, then another.</summary>
internal sealed class ControlPlaneAsSeenFrom(Machine machine, Simulation simulation) : IControlPlane
{
    // As the product's client has them.
    private static readonly TimeSpan DesiredTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReportTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ResolveTimeout = TimeSpan.FromSeconds(3);

    private Replica? server;

    public Task<ReportReply> ReportAsync(NodeReport report, CancellationToken cancellationToken) =>
        CallAsync(replica => replica.ReportAsync(machine.Name, report), ReportTimeout, cancellationToken);

    public Task<DesiredState> GetDesiredAsync(long after, string store, CancellationToken cancellationToken) =>
        CallAsync(replica => replica.DesiredAsync(machine.Name, after, store), DesiredTimeout, cancellationToken);

    public Task<ImageReply> ResolveImageAsync(ImageReport report, CancellationToken cancellationToken) =>
        CallAsync(replica => replica.ResolveImageAsync(machine.Name, report), ResolveTimeout, cancellationToken);

    private async Task<T> CallAsync<T>(Func<Replica, Task<T>> call, TimeSpan timeout, CancellationToken cancellationToken)
    {
        server ??= simulation.AnyReplica();
        Replica? called = machine.IsPartitioned ? null : server;
        try
        {
            return await simulation.Network.CallAsync(called?.Process, () => call(called!), timeout, cancellationToken);
        }
        catch (ControlPlaneException)
        {
            server = null;
            throw;
        }
    }
}
