using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Simulation.Nodes;

namespace ControlPlane.Simulation.Checking;

/// <summary>
/// No container gets SIGTERM before every gateway has acknowledged that its pod gets no requests any more, nor while one sends requests to it or has some in flight to it. A gateway counts that was never silent for as long as its lease since the pod was
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

    /// <summary>Of pods that slices have listed as ready: the revision since which none does; null while one does.</summary>
    private readonly Dictionary<string, long?> leftAt = new(StringComparer.Ordinal);

    /// <summary>What slices list as ready, by slice.</summary>
    private readonly Dictionary<string, HashSet<string>> listed = new(StringComparer.Ordinal);

    /// <summary>What slices list at all, by slice.</summary>
    private readonly Dictionary<string, HashSet<string>> present = new(StringComparer.Ordinal);

    /// <summary>Of pods that slices have listed: since when none does at all.</summary>
    private readonly Dictionary<string, DateTimeOffset> absentSince = new(StringComparer.Ordinal);

    /// <summary>The database is another one from here on.</summary>
    public void Forget()
    {
        leftAt.Clear();
        listed.Clear();
        present.Clear();
        absentSince.Clear();
    }

    /// <summary>A slice has been written: pods that it lists are to get requests, those that it lists no longer are not.</summary>
    public void NoteSlice(Change change, EndpointSlice slice)
    {
        NotePresence(change, slice);
        HashSet<string> before = listed.GetValueOrDefault(slice.Uid, []);
        HashSet<string> now = change.Operation == ChangeOperation.Deleted ? [] :
            [.. slice.Endpoints.Where(endpoint => endpoint.Conditions?.Ready != false).Select(endpoint => endpoint.TargetRef?.Uid).OfType<string>()];
        listed[slice.Uid] = now;
        foreach (string pod in now)
        {
            leftAt[pod] = null;
        }

        foreach (string pod in before.Where(pod => !now.Contains(pod) && !listed.Values.Any(pods => pods.Contains(pod))))
        {
            leftAt[pod] = change.Revision;
        }
    }

    private void NotePresence(Change change, EndpointSlice slice)
    {
        HashSet<string> before = present.GetValueOrDefault(slice.Uid, []);
        HashSet<string> now = change.Operation == ChangeOperation.Deleted ? [] : [.. slice.Endpoints.Select(endpoint => endpoint.TargetRef?.Uid).OfType<string>()];
        present[slice.Uid] = now;
        foreach (string pod in now)
        {
            absentSince.Remove(pod);
        }

        foreach (string pod in before.Where(pod => !now.Contains(pod) && !present.Values.Any(pods => pods.Contains(pod))))
        {
            absentSince[pod] = simulation.Scheduler.Now;
        }
    }

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
            if (machine.Gateway is not { } gateway || simulation.Database.Gateways.GetValueOrDefault(gateway.Instance) is not { } word || word.Since > asked || now - word.At >= GatewayLease)
            {
                continue;
            }

            if (leftAt.TryGetValue(container.Identity.PodUid, out long? left) && !(word.Report.Acknowledged >= left))
            {
                simulation.Trace.Break($"{engine.Node} stops {container.Id} of {container.Identity.PodName} while the gateway of {machine.Name} has not acknowledged that it gets no requests since revision {left}, but {word.Report.Acknowledged}");
            }

            if (gateway.UseOf(container) is { } use)
            {
                simulation.Trace.Break($"{engine.Node} stops {container.Id} of {container.Identity.PodName} while the gateway of {machine.Name} {use}: heard {(now - word.At).TotalSeconds:0.0} s ago, without a gap for {(now - word.Since).TotalSeconds:0.0} s, at revision {word.Report.Acknowledged}");
            }
        }
    }

    /// <summary>
    /// Since when a container is to stop, and for how long requests are waited for: when its pod was asked to end, and when its liveness probe failed. The wait of a pod that no slice listed any longer when it was asked
    /// began when the last did. Whichever is over ends the others. None when nothing is promised.
    /// </summary>
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
            bool wasAbsent = absentSince.TryGetValue(container.Identity.PodUid, out DateTimeOffset left) && left < ended;
            yield return (wasAbsent ? left : ended, WaitMax);
        }
    }
}
