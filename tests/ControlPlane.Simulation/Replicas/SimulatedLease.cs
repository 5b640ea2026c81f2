using ControlPlane.Infrastructure.Leadership;
using ControlPlane.Simulation.Networking;
using ControlPlane.Simulation.Scheduling;
using ControlPlane.Simulation.Storing;

namespace ControlPlane.Simulation.Replicas;

/// <summary>The leader's lease in the simulated database, by the database's clock.</summary>
internal sealed class SimulatedLease(SimulatedDatabase database, DatabaseLink link, Scheduler scheduler, string holder) : ILeaderLease
{
    /// <summary>As the product's default.</summary>
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(10);

    public Task<long?> TryHoldAsync(CancellationToken cancellationToken) =>
        link.CallAsync(() => database.TryHold(holder, scheduler.Now, Duration), cancellationToken);

    public Task ReleaseAsync(CancellationToken cancellationToken) => link.CallAsync(
        () =>
        {
            database.ReleaseLease(holder);
            return true;
        },
        cancellationToken);
}
