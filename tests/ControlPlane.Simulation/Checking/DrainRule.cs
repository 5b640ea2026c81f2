using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Resources;
using ControlPlane.Simulation.Nodes;
using ControlPlane.Simulation.Storing;

namespace ControlPlane.Simulation.Checking;

/// <summary>
/// No container gets SIGTERM while a gateway sends requests to its pod or has some in flight to it. A gateway counts that was never silent for as long as its lease since the pod was
/// asked to end, or its liveness probe failed; requests count for as long as they are waited for.
/// </summary>
internal sealed class DrainRule(Simulation simulation)
{
    private static readonly TimeSpan GatewayLease = TimeSpan.FromSeconds(12);

    /// <summary>The 30 s for which requests are waited for, less what whole seconds lose.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(28);

    /// <summary>The same of the 10 s for which a restart waits for them.</summary>
    private static readonly TimeSpan RestartWaitMax = TimeSpan.FromSeconds(8);

    private readonly Dictionary<string, DateTimeOffset> endedAt = new(StringComparer.Ordinal);

    /// <summary>A pod has been asked to end: when it was asked, for the write may have been on its way for long.</summary>
    public void NoteEnd(Pod pod) => endedAt.TryAdd(
        pod.Uid, pod.Metadata.DeletionTimestamp?.AddSeconds(-(pod.Metadata.DeletionGracePeriodSeconds ?? 0)) ?? simulation.Scheduler.Now);

    public void CheckStopping(SimulatedEngine engine, ObservedContainer container)
    {
        // Of a restored store's pods, and by clocks that disagree, nothing is promised.
        DateTimeOffset now = simulation.Scheduler.Now;
        (DateTimeOffset Since, TimeSpan Max)[] waits = simulation.WasRestored || simulation.ReplicasDisagree ? [] : [.. WaitsFor(engine, container)];
        if (waits.Length == 0 || waits.Any(wait => now - wait.Since >= wait.Max))
        {
            return;
        }

        DateTimeOffset asked = waits.Min(wait => wait.Since);
        foreach (Machine machine in simulation.Machines)
        {
            if (machine.Gateway is { } gateway && gateway.UseOf(container) is { } use
                && simulation.Database.Gateways.GetValueOrDefault(gateway.Instance) is GatewayWord word && word.Since <= asked && now - word.At < GatewayLease)
            {
                simulation.Trace.Break($"{engine.Node} stops {container.Id} of {container.Identity.PodName} while the gateway of {machine.Name} {use}: heard {(now - word.At).TotalSeconds:0.0} s ago, without a gap for {(now - word.Since).TotalSeconds:0.0} s, at revision {word.Report.Acknowledged}");
            }
        }
    }

    /// <summary>Since when a container is to stop, and for how long requests are waited for: when its pod was asked to end, and when its liveness probe failed. Either that is over ends the other. None when nothing is promised.</summary>
    private IEnumerable<(DateTimeOffset Since, TimeSpan Max)> WaitsFor(SimulatedEngine engine, ObservedContainer container)
    {
        DateTimeOffset? failed = engine.Probes.LivenessFailedAt(container.Id);

        // A node whose clock is wrong says another time since which the restart waits.
        if (failed is not null && simulation.Machines.Any(machine => machine.Name == engine.Node && machine.WasClockSet))
        {
            yield break;
        }

        if (failed is { } since)
        {
            yield return (since, RestartWaitMax);
        }

        if (endedAt.TryGetValue(container.Identity.PodUid, out DateTimeOffset ended))
        {
            yield return (ended, WaitMax);
        }
    }
}
