namespace ControlPlane.Domain.Planning.Routing;

/// <summary>
/// Pods that no slice lists any longer, though they are there: their Service was deleted, or selects them no more, while requests may be in flight to them. Remembered as long as a drain may
/// last, in memory: who begins anew knows none. Not safe for use by several threads.
/// </summary>
public sealed class FormerEndpoints(TimeProvider time)
{
    private readonly Dictionary<string, Leave> left = new(StringComparer.Ordinal);
    private readonly Queue<(string Pod, long At)> order = new();

    /// <summary>Notes that no slice lists a pod since a revision.</summary>
    public void Left(string pod, long revision)
    {
        ForgetOld();
        Leave leave = new(revision, time.GetTimestamp());
        left[pod] = leave;
        order.Enqueue((pod, leave.At));
    }

    /// <summary>Forgets a pod: it is listed again, or gone.</summary>
    public void Forget(string pod) => left.Remove(pod);

    public void Clear()
    {
        left.Clear();
        order.Clear();
    }

    /// <summary>The revision since which no slice lists a pod; null when one does, none ever did, or that is longer ago than requests are waited for.</summary>
    public long? LeftAt(string pod) => left.TryGetValue(pod, out Leave leave) && !IsOld(leave.At) ? leave.Revision : null;

    private void ForgetOld()
    {
        while (order.TryPeek(out (string Pod, long At) first) && IsOld(first.At))
        {
            order.Dequeue();
            if (left.TryGetValue(first.Pod, out Leave leave) && leave.At == first.At)
            {
                left.Remove(first.Pod);
            }
        }
    }

    private bool IsOld(long at) => time.GetElapsedTime(at) >= Draining.Timeout;

    private readonly record struct Leave(long Revision, long At);
}
