namespace ControlPlane.Reconciler.Queue;

/// <summary>
/// Keys with the time each is due. A key is in it once, at its earliest time; one that keeps failing comes back ever later. Bounded by the
/// number of keys there are. Used by one pass loop at a time, hence without locks.
/// </summary>
/// <param name="time">Its monotonic timestamps decide what is due.</param>
/// <param name="jitter">Spreads retries; drawn from a seed, so that a simulation repeats itself.</param>
internal sealed class WorkQueue(TimeProvider time, Random jitter)
{
    private readonly PriorityQueue<WorkKey, (long Due, long Order)> ordered = new();
    private readonly Dictionary<WorkKey, long> dueOf = [];
    private readonly Dictionary<WorkKey, int> failures = [];
    private readonly long epoch = time.GetTimestamp();
    private long order;

    public static TimeSpan BackoffMin { get; } = TimeSpan.FromMilliseconds(5);

    public static TimeSpan BackoffMax { get; } = TimeSpan.FromSeconds(60);

    public int Count => dueOf.Count;

    /// <summary>How long until the next key is due: zero when one is; null when the queue is empty.</summary>
    public TimeSpan? UntilNextDue
    {
        get
        {
            DropOutdated();
            return ordered.TryPeek(out _, out (long Due, long Order) next)
                ? TimeSpan.FromTicks(Math.Max(0, next.Due - NowTicks))
                : null;
        }
    }

    private long NowTicks => time.GetElapsedTime(epoch).Ticks;

    public void Add(WorkKey key) => AddAfter(key, TimeSpan.Zero);

    /// <summary>Has a key looked at after a delay, or earlier when it is due earlier already.</summary>
    public void AddAfter(WorkKey key, TimeSpan delay)
    {
        long due = NowTicks + Math.Max(0, delay.Ticks);
        if (dueOf.TryGetValue(key, out long known) && known <= due)
        {
            return;
        }

        dueOf[key] = due;
        ordered.Enqueue(key, (due, order++));
    }

    /// <summary>
    /// Puts a failed key back: after 5 ms, 10 ms, 20 ms, … at most 60 s, each between half and the whole of that. A change that
    /// concerns the key brings it forward.
    /// </summary>
    public TimeSpan AddFailed(WorkKey key)
    {
        int count = failures.GetValueOrDefault(key);
        failures[key] = count + 1;
        double wholeMs = Math.Min(BackoffMax.TotalMilliseconds, BackoffMin.TotalMilliseconds * Math.Pow(2, Math.Min(count, 30)));
        TimeSpan delay = TimeSpan.FromMilliseconds(wholeMs * (0.5 + (jitter.NextDouble() / 2)));
        AddAfter(key, delay);
        return delay;
    }

    /// <summary>How often a key has failed in a row.</summary>
    public int FailuresOf(WorkKey key) => failures.GetValueOrDefault(key);

    /// <summary>Forgets a key's failures.</summary>
    public void Succeeded(WorkKey key) => failures.Remove(key);

    /// <summary>Takes a key that is due, in the order they became due.</summary>
    public bool TryTake(out WorkKey key)
    {
        DropOutdated();
        if (!ordered.TryPeek(out key, out (long Due, long Order) next) || next.Due > NowTicks)
        {
            key = default;
            return false;
        }

        ordered.Dequeue();
        dueOf.Remove(key);
        return true;
    }

    /// <summary>Takes a certain key, if it is due, before others that became due earlier.</summary>
    public bool TryTake(WorkKey wanted) => dueOf.TryGetValue(wanted, out long due) && due <= NowTicks && dueOf.Remove(wanted);

    /// <summary>Entries whose key has been taken, or is due earlier than they say, are left in the heap until they surface.</summary>
    private void DropOutdated()
    {
        while (ordered.TryPeek(out WorkKey key, out (long Due, long Order) entry)
            && (!dueOf.TryGetValue(key, out long due) || due != entry.Due))
        {
            ordered.Dequeue();
        }
    }
}
