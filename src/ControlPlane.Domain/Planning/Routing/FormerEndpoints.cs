namespace ControlPlane.Domain.Planning.Routing;

/// <summary>
/// Pods that no slice lists any longer, though they are there: their Service was deleted, or selects them no more, while requests may be in flight to them. Remembered as long as their Service would have
/// waited for those, in memory: who begins anew knows none. Not safe for use by several threads.
/// </summary>
public sealed class FormerEndpoints(TimeProvider time)
{
    private readonly Dictionary<string, Leave> left = new(StringComparer.Ordinal);

    /// <summary>By when they are old.</summary>
    private readonly PriorityQueue<(string Pod, long At), double> order = new();

    /// <summary>Notes that no slice lists a pod since a revision.</summary>
    /// <param name="pod">The pod's uid.</param>
    /// <param name="revision">The revision.</param>
    /// <param name="timeout">How long its requests are waited for.</param>
    public void Left(string pod, long revision, TimeSpan timeout)
    {
        ForgetOld();
        Leave leave = new(revision, time.GetTimestamp(), timeout);
        left[pod] = leave;
        order.Enqueue((pod, leave.At), ((double)leave.At / time.TimestampFrequency) + timeout.TotalSeconds);
    }

    /// <summary>Forgets a pod: it is listed again, or gone.</summary>
    public void Forget(string pod) => left.Remove(pod);

    public void Clear()
    {
        left.Clear();
        order.Clear();
    }

    /// <summary>The revision since which no slice lists a pod; null when one does, none ever did, or that is longer ago than requests are waited for.</summary>
    public long? LeftAt(string pod) => Find(pod)?.Revision;

    /// <summary>How long the requests of such a pod are waited for; null for any other.</summary>
    public TimeSpan? TimeoutOf(string pod) => Find(pod)?.Timeout;

    private Leave? Find(string pod) => left.TryGetValue(pod, out Leave leave) && !IsOld(leave) ? leave : null;

    private void ForgetOld()
    {
        double now = (double)time.GetTimestamp() / time.TimestampFrequency;
        while (order.TryPeek(out (string Pod, long At) first, out double end) && end <= now)
        {
            order.Dequeue();
            if (left.TryGetValue(first.Pod, out Leave leave) && leave.At == first.At)
            {
                left.Remove(first.Pod);
            }
        }
    }

    private bool IsOld(Leave leave) => time.GetElapsedTime(leave.At) >= leave.Timeout;

    private readonly record struct Leave(long Revision, long At, TimeSpan Timeout);
}
