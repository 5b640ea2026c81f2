namespace ControlPlane.Reconciler.Queue;

/// <summary>
/// How long a workload waits for further changes of its pods. Planning it costs what it is, not what has changed: 5,000 pods that start one after the other and take 3 ms to plan are looked
/// at each 60 ms, and not as often as there is time for it. Used by one pass loop at a time, hence without locks.
/// </summary>
internal sealed class Pacing
{
    /// <summary>A workload's planning takes at most one part in so many of the time, and one, while its pods change.</summary>
    private const int Share = 20;

    /// <summary>What planning may take without anything being put off.</summary>
    private static readonly TimeSpan Negligible = TimeSpan.FromMilliseconds(0.1);

    private readonly Dictionary<WorkKey, (TimeSpan Before, TimeSpan Last)> took = [];

    /// <summary>However large a workload is.</summary>
    public static TimeSpan DelayMax { get; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Notes how long a key's planning took.</summary>
    public void Planned(WorkKey key, TimeSpan duration)
    {
        // Such as that of a workload that has been deleted: nothing is kept of it.
        if (duration <= Negligible)
        {
            took.Remove(key);
        }
        else
        {
            took[key] = (took.GetValueOrDefault(key).Last, duration);
        }
    }

    /// <summary>The lesser of the last two counts: once, the processor may have been busy with something else.</summary>
    public TimeSpan DelayOf(WorkKey key)
    {
        (TimeSpan before, TimeSpan last) = took.GetValueOrDefault(key);
        TimeSpan least = before < last ? before : last;
        return least <= Negligible ? TimeSpan.Zero
            : least * Share < DelayMax ? least * Share
            : DelayMax;
    }
}
