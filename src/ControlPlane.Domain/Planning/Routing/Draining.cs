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

    /// <summary>On a pod that is on its way out, and that gateways fall back on because nothing else is ready: since when they shall not any more.</summary>
    public const string ClosingAnnotation = "controlplane.dev/closing";

    /// <summary>How long a gateway counts after its last report.</summary>
    public static readonly TimeSpan GatewayLease = TimeSpan.FromSeconds(12);

    /// <summary>On a Service: how long the requests of its pods are waited for, where that is not <see cref="Timeout"/>; see <see cref="ServiceTime"/>.</summary>
    public const string TimeoutAnnotation = "controlplane.dev/drain-timeout";

    /// <summary>How long a pod's requests are waited for, unless its Services say something else.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <summary>How long gateways have at least to say that they no longer fall back on a pod.</summary>
    public static readonly TimeSpan ClosingTimeout = TimeSpan.FromSeconds(3);

    /// <summary>How soon it is looked again while a pod waits: reports of gateways are no changes, and wake nobody.</summary>
    public static readonly TimeSpan RecheckDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether a pod is not to be stopped yet, if slices list it or did so until a moment ago. One whose user forces its end, by a grace of 0, waits for nothing.</summary>
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
        GatewayWaits waits = new(snapshot);
        return
        [
            .. snapshot.Terminating.Where(pod => IsPending(pod) && waits.Concern(pod)).Select(pod => Judge(pod, waits, snapshot.Now)),
            .. snapshot.Restarting.Where(RestartDrain.IsAsked).Select(pod => RestartDrain.Judge(pod, waits, snapshot.Now)),
        ];
    }

    /// <summary>The first rule that applies.</summary>
    private static Plan Judge(Pod pod, GatewayWaits waits, DateTimeOffset now)
    {
        if (waits.AreOver)
        {
            return Drained(pod, now);
        }

        GatewayState? busy = waits.For(pod);
        bool isOpen = waits.FallBackOn(pod);
        TimeSpan timeout = waits.TimeoutOf(pod);
        DateTimeOffset end = MarkedAt(pod) + timeout;
        if (isOpen && !pod.Metadata.Annotations.ContainsKey(ClosingAnnotation))
        {
            return busy is null || end <= now ? Closing(pod, now) : new Plan { RecheckAfter = RecheckDelay };
        }

        if (busy is null && !isOpen)
        {
            return Drained(pod, now);
        }

        // Told to close at the last moment, gateways are given one to say that they have.
        DateTimeOffset last = ClosingSince(pod) + ClosingTimeout is { } closed && closed > end ? closed : end;
        return last > now ? new Plan { RecheckAfter = RecheckDelay }
            : busy is null ? Drained(pod, now)
            : Drained(pod, now) with { Events = [EventNote.Warning(pod, "DrainTimeout", Why(busy, GatewayWaits.UidOf(pod), timeout))] };
    }

    /// <summary>Gateways that fell back on the pod stop doing so: its slices say that it serves no longer.</summary>
    private static Plan Closing(Pod pod, DateTimeOffset now) => new()
    {
        Writes = [new Commits.Write.Update(pod with { Metadata = pod.Metadata with { Annotations = pod.Metadata.Annotations.SetItem(ClosingAnnotation, Stamp(now)) } }, Commits.ResourceParts.Desired)],
    };

    private static DateTimeOffset? ClosingSince(Pod pod) =>
        DateTimeOffset.TryParse(pod.Metadata.Annotations[ClosingAnnotation], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset since) ? since : null;

    private static string Why(GatewayState gateway, Guid pod, TimeSpan timeout)
    {
        int inFlight = gateway.Draining.Where(item => item.Pod == pod).Sum(item => item.InFlight);
        return inFlight > 0
            ? $"Stopping after {timeout.TotalSeconds:0} s with requests in flight: {inFlight} through the gateway of {gateway.Node}"
            : $"Stopping after {timeout.TotalSeconds:0} s without the word of the gateway of {gateway.Node} that it sends nothing more";
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
                        Annotations = pod.Metadata.Annotations.SetItem(DrainedAnnotation, Stamp(now)),
                        DeletionTimestamp = now.AddSeconds(pod.Metadata.DeletionGracePeriodSeconds ?? 0),
                    },
                },
                Commits.ResourceParts.Desired),
        ],
    };

    /// <summary>In whole seconds, as times are stored.</summary>
    internal static string Stamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Since when a pod, or one of its containers, is to stop; null when none is. In whole seconds, as times are stored.</summary>
    internal static DateTimeOffset? StopsSince(Pod pod) => pod.Metadata.IsDeleting ? MarkedAt(pod) : RestartDrain.PendingSince(pod);

    private static DateTimeOffset MarkedAt(Pod pod) => pod.Metadata.DeletionTimestamp!.Value.AddSeconds(-(pod.Metadata.DeletionGracePeriodSeconds ?? 0));
}
