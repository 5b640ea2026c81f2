using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Routing;

/// <summary>What is known of a pod that slices of a Service listed until a moment ago.</summary>
/// <param name="Revision">The revision since which the last of them lists it no longer, or which came later.</param>
/// <param name="Timeout">How long its requests are waited for, from when it is to stop: as long as the most patient of its former Services says.</param>
public readonly record struct FormerEndpoint(long Revision, TimeSpan Timeout);

/// <summary>
/// Pods that a slice listed until a moment ago, though they are there: its Service was deleted, or selects them no more, while requests may be in flight to them. Who is to stop within the time that such a Service gives for
/// requests, counted from then, is one; its requests are then waited for as if it were listed still. Worked through, with a Service that gives 30 s and leaves a pod at 12:00:00: deleted at 12:00:25, the pod is waited for until 12:00:55;
/// deleted at 12:00:30, it is not. Kept in memory, so that who begins anew knows none (see <see cref="Begin"/>). Not safe for use by several threads.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="slack">
/// How much longer a pod counts. The leader, who has to judge all pods that any replica's <see cref="Holds"/> keeps back, gives some: the replica may have seen the slice's change a moment later.
/// </param>
public sealed class FormerEndpoints(TimeProvider time, TimeSpan slack = default)
{
    /// <summary>How much longer than a replica the leader counts a pod.</summary>
    public static readonly TimeSpan SlackOfLeader = TimeSpan.FromSeconds(5);

    /// <summary>How long a pod of which nothing is known has been on its way out when it is looked at: one that no replica keeps back is told to stop long before that, and most are gone.</summary>
    public static readonly TimeSpan Lingering = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, Leave[]> left = new(StringComparer.Ordinal);

    /// <summary>Pods by when one of their leaves may be old, in the clock's seconds.</summary>
    private readonly PriorityQueue<string, double> order = new();

    private DateTimeOffset begunAt = DateTimeOffset.MinValue;
    private long begunRevision;

    /// <summary>What the Services say now, or said at their end: a time that is changed later holds for former endpoints, too.</summary>
    public DrainTimes Times { get; } = new(time);

    /// <summary>
    /// Notes that nothing is known of what was before now. A pod that was there then, that no slice lists, and that is on its way out for longer than others take to be told so, may be kept back by a replica that knows more: it counts for
    /// <see cref="ServiceTime.Max"/>, after which everything is known again. It counts from <see cref="Draining.GatewayLease"/> on, when a gateway that lives has acted on whatever was before now, unless its replica lags: so
    /// it is to have acknowledged the last change of a slice, too. (That of a slice that is gone has left no trace.)
    /// </summary>
    /// <param name="revision">The last revision of a slice that there is now.</param>
    public void Begin(long revision)
    {
        begunAt = time.GetUtcNow();
        begunRevision = revision;
    }

    /// <summary>Notes that a slice lists a pod no longer since a revision.</summary>
    /// <param name="pod">The pod's uid.</param>
    /// <param name="slice">The slice.</param>
    /// <param name="revision">The revision.</param>
    public void Left(string pod, EndpointSlice slice, long revision)
    {
        ArgumentNullException.ThrowIfNull(slice);
        double now = Now();
        ForgetOld(now);
        Leave leave = new(slice.Metadata.Controller?.Uid ?? "", revision, now);
        if (!left.TryGetValue(pod, out Leave[]? known))
        {
            order.Enqueue(pod, EndOf(leave));
        }

        left[pod] = [.. (known ?? []).Where(one => one.Service != leave.Service), leave];
    }

    /// <summary>Forgets a pod that is gone.</summary>
    public void Forget(string pod) => left.Remove(pod);

    public void Clear()
    {
        left.Clear();
        order.Clear();
        Times.Clear();
    }

    /// <summary>What is known of a pod that is on its way out, or wants to restart, or would now; null when no Service had left it within its time before that.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="isListed">Whether a slice lists it.</param>
    public FormerEndpoint? Of(Pod pod, bool isListed)
    {
        ArgumentNullException.ThrowIfNull(pod);
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset since = Draining.StopsSince(pod) ?? now;
        double toldAt = Now() - Math.Max(0, (now - since).TotalSeconds);
        FormerEndpoint? known = null;
        Leave[] leaves = left.GetValueOrDefault(pod.Uid, []);
        foreach (Leave leave in leaves)
        {
            TimeSpan timeout = Times.Of(leave.Service);
            if (toldAt - leave.At < (timeout + slack).TotalSeconds)
            {
                // Who is asked about one Service's requests is to have acted on what became of the others, too.
                known = new FormerEndpoint(leaves.Max(one => one.Revision), timeout > known?.Timeout ? timeout : known?.Timeout ?? timeout);
            }
        }

        bool lingers = now - since >= Lingering && now - begunAt >= Draining.GatewayLease;
        return known ?? (!isListed && lingers && MayBeUnknown(pod) ? new FormerEndpoint(begunRevision, ServiceTime.Max) : null);
    }

    /// <summary>Whether a Service may have left a pod before the beginning (see <see cref="Begin"/>), so that it is to be looked at again when it lingers.</summary>
    public bool MayBeUnknown(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return pod.IsBound()
            && pod.Metadata.CreationTimestamp <= begunAt
            && Draining.StopsSince(pod) is { } since
            && since < begunAt + ServiceTime.Max
            // Nobody keeps one back that was to stop so long before that.
            && since + ServiceTime.Max + SlackOfLeader > begunAt;
    }

    /// <summary>Whether a replica keeps the end of a pod that no slice lists back from its node. The leader says when that is over; where it says nothing, it is when the time for requests is.</summary>
    public bool Holds(Pod pod) =>
        Of(pod, isListed: false) is { } former && !(Draining.StopsSince(pod) + former.Timeout + SlackOfLeader <= time.GetUtcNow());

    /// <summary>Who is to stop at the last moment that counts is waited for as long again.</summary>
    private double EndOf(Leave leave) => leave.At + (2 * Times.Of(leave.Service)).TotalSeconds + (2 * SlackOfLeader).TotalSeconds;

    private void ForgetOld(double now)
    {
        while (order.TryPeek(out string? first, out double end) && end <= now)
        {
            order.Dequeue();
            Leave[] kept = [.. left.GetValueOrDefault(first, []).Where(leave => EndOf(leave) > now)];
            if (kept.Length == 0)
            {
                left.Remove(first);
            }
            else
            {
                left[first] = kept;
                order.Enqueue(first, kept.Min(EndOf));
            }
        }
    }

    private double Now() => (double)time.GetTimestamp() / time.TimestampFrequency;

    /// <param name="Service">The Service's uid; empty for a slice of none.</param>
    /// <param name="Revision">Since when.</param>
    /// <param name="At">When, in the clock's seconds.</param>
    private readonly record struct Leave(string Service, long Revision, double At);
}
