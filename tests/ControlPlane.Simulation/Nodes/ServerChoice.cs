using ControlPlane.Agent.Protocol;
using ControlPlane.Simulation.Replicas;

namespace ControlPlane.Simulation.Nodes;

/// <summary>The control plane at the other end of a node's network: one replica until it fails, then another.</summary>
internal sealed class ServerChoice(Machine machine, Simulation simulation)
{
    private Replica? server;

    /// <exception cref="ControlPlaneException">No answer, or a refusal.</exception>
    public async Task<T> CallAsync<T>(Func<Replica, Task<T>> call, TimeSpan timeout, CancellationToken cancellationToken)
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
