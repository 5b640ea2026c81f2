using System.Globalization;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Routing;

/// <summary>
/// When a pod that gateways may send requests to is stopped: once none does any longer. The wait comes before the grace period, which begins anew when it is over.
/// </summary>
public static class Draining
{
    /// <summary>On a pod that is on its way out: since when nothing is in flight to it, or nobody waits for what is.</summary>
    public const string DrainedAnnotation = "controlplane.dev/drained";

    /// <summary>How long a gateway counts after its last report.</summary>
    public static readonly TimeSpan GatewayLease = TimeSpan.FromSeconds(12);

    /// <summary>How long a pod's requests are waited for.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <summary>How soon it is looked again while a pod waits: reports of gateways are no changes, and wake nobody.</summary>
    public static readonly TimeSpan RecheckDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether a pod is not to be stopped yet, if slices list it.</summary>
    public static bool IsPending(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return pod.IsTerminating() && pod.Metadata.DeletionGracePeriodSeconds is not 0 && !pod.Metadata.Annotations.ContainsKey(DrainedAnnotation);
    }

    /// <summary>A pod as its node sees it while it is not to be stopped yet.</summary>
    public static Pod AsRunning(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return pod with { Metadata = pod.Metadata with { DeletionTimestamp = null, DeletionGracePeriodSeconds = null } };
    }

    /// <summary>The plans for the pods that wait, each independent of the others.</summary>
    public static IReadOnlyList<Plan> Plan(DrainSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        GatewayState[] live = [.. snapshot.Gateways.Where(gateway => IsLive(gateway, snapshot))];
        List<Plan> plans = [];
        foreach (Pod pod in snapshot.Terminating.Where(IsPending))
        {
            IReadOnlyCollection<EndpointSlice> slices = snapshot.SlicesOf(pod.Uid);
            if (slices.Count > 0)
            {
                plans.Add(Judge(pod, slices, live, snapshot));
            }
        }

        return plans;
    }

    /// <summary>A gateway that may still be there. Its silence counts from when it could have been heard.</summary>
    private static bool IsLive(GatewayState gateway, DrainSnapshot snapshot) =>
        gateway.Age < GatewayLease || snapshot.Now - snapshot.HeardSince < GatewayLease;

    /// <summary>The first rule that applies.</summary>
    private static Plan Judge(Pod pod, IReadOnlyCollection<EndpointSlice> slices, GatewayState[] live, DrainSnapshot snapshot)
    {
        if (live.Length == 0)
        {
            return Drained(pod, snapshot.Now);
        }

        bool isRouted = slices.Any(slice => slice.Endpoints.Any(endpoint => endpoint.TargetRef?.Uid == pod.Uid && endpoint.Conditions?.Ready != false));
        long left = slices.Max(slice => slice.Metadata.Revision);
        Guid uid = Guid.TryParse(pod.Uid, out Guid parsed) ? parsed : Guid.Empty;
        GatewayState? busy = Array.Find(live, gateway =>
            isRouted || gateway.Store != snapshot.Store || gateway.Acknowledged < left || gateway.Draining.Any(item => item.Pod == uid && item.InFlight > 0));
        if (busy is null)
        {
            return Drained(pod, snapshot.Now);
        }

        return MarkedAt(pod) + Timeout <= snapshot.Now
            ? Drained(pod, snapshot.Now) with { Events = [EventNote.Warning(pod, "DrainTimeout", Why(busy, uid))] }
            : new Plan { RecheckAfter = RecheckDelay };
    }

    private static string Why(GatewayState gateway, Guid pod)
    {
        int inFlight = gateway.Draining.Where(item => item.Pod == pod).Sum(item => item.InFlight);
        return inFlight > 0
            ? $"Stopping after {Timeout.TotalSeconds:0} s with requests in flight: {inFlight} through the gateway of {gateway.Node}"
            : $"Stopping after {Timeout.TotalSeconds:0} s without the word of the gateway of {gateway.Node} that it sends nothing more";
    }

    /// <summary>Asked for at 12:00:00 with 30 s of grace and drained at 12:00:07, the grace ends at 12:00:37.</summary>
    private static Plan Drained(Pod pod, DateTimeOffset now) => new()
    {
        Writes =
        [
            new Commits.Write.Update(
                pod with
                {
                    Metadata = pod.Metadata with
                    {
                        Annotations = pod.Metadata.Annotations.SetItem(DrainedAnnotation, now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
                        DeletionTimestamp = now.AddSeconds(pod.Metadata.DeletionGracePeriodSeconds ?? 0),
                    },
                },
                Commits.ResourceParts.Desired),
        ],
    };

    private static DateTimeOffset MarkedAt(Pod pod) => pod.Metadata.DeletionTimestamp!.Value.AddSeconds(-(pod.Metadata.DeletionGracePeriodSeconds ?? 0));
}

/// <summary>What is known of pods that are on their way out, and of gateways.</summary>
public sealed record DrainSnapshot
{
    /// <summary>The pods with a deletion mark.</summary>
    public required IReadOnlyCollection<Pod> Terminating { get; init; }

    /// <summary>The slices that list a pod, by its uid.</summary>
    public required Func<string, IReadOnlyCollection<EndpointSlice>> SlicesOf { get; init; }

    /// <summary>The gateways that were heard of.</summary>
    public required IReadOnlyList<GatewayState> Gateways { get; init; }

    /// <summary>Since when gateways could be heard without a gap: their silence before that counts for nothing.</summary>
    public required DateTimeOffset HeardSince { get; init; }

    /// <summary>The store's identity.</summary>
    public required string Store { get; init; }

    public required DateTimeOffset Now { get; init; }
}
