namespace ControlPlane.Domain.Planning.Routing;

/// <summary>
/// Pods that a slice listed until a moment ago, though they are there: its Service was deleted, or selects them no more, while requests may be in flight to them. Remembered as long as the most patient of such Services would have
/// waited for those, in memory, whatever other Services list them still: who begins anew knows none. Not safe for use by several threads.
/// </summary>
public sealed class FormerEndpoints(TimeProvider time)
{
    private readonly Dictionary<string, Leave> left = new(StringComparer.Ordinal);

    /// <summary>Pods by when they are old, in the clock's seconds. One that has left again since then has another entry.</summary>
    private readonly PriorityQueue<string, double> order = new();

    /// <summary>
    /// Notes that a slice lists a pod no longer since a revision. Worked through: a Service that waits for 10 minutes leaves it at 12:00, one that waits for 5 s at 12:02: until 12:10 it is known, and its requests are waited for 10 minutes.
    /// </summary>
    /// <param name="pod">The pod's uid.</param>
    /// <param name="revision">The revision.</param>
    /// <param name="timeout">How long its requests are waited for.</param>
    public void Left(string pod, long revision, TimeSpan timeout)
    {
        double now = Now();
        ForgetOld(now);
        Leave leave = new(revision, now + timeout.TotalSeconds, timeout);
        if (left.TryGetValue(pod, out Leave known))
        {
            leave = leave with { End = Math.Max(leave.End, known.End), Timeout = timeout > known.Timeout ? timeout : known.Timeout };
        }

        left[pod] = leave;
        order.Enqueue(pod, leave.End);
    }

    /// <summary>Forgets a pod that is gone.</summary>
    public void Forget(string pod) => left.Remove(pod);

    public void Clear()
    {
        left.Clear();
        order.Clear();
    }

    /// <summary>The revision since which a slice lists a pod no longer; null when none ever did, or that is longer ago than requests are waited for.</summary>
    public long? LeftAt(string pod) => Find(pod)?.Revision;

    /// <summary>How long the requests of such a pod are waited for; null for any other.</summary>
    public TimeSpan? TimeoutOf(string pod) => Find(pod)?.Timeout;

    private Leave? Find(string pod) => left.TryGetValue(pod, out Leave leave) && leave.End > Now() ? leave : null;

    private void ForgetOld(double now)
    {
        while (order.TryPeek(out string? first, out double end) && end <= now)
        {
            order.Dequeue();
            if (left.TryGetValue(first, out Leave leave) && leave.End <= now)
            {
                left.Remove(first);
            }
        }
    }

    private double Now() => (double)time.GetTimestamp() / time.TimestampFrequency;

    /// <param name="Revision">Since when.</param>
    /// <param name="End">Until when it is remembered, in the clock's seconds.</param>
    /// <param name="Timeout">How long its requests are waited for.</param>
    private readonly record struct Leave(long Revision, double End, TimeSpan Timeout);
}
