namespace ControlPlane.Reconciler.Tests.Simulated;

/// <summary>Time that moves only when told to; timers fire in order of their due times, on the caller's thread.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly SortedSet<ManualTimer> timers = new(Comparer<ManualTimer>.Create(static (left, right) =>
        left.Due != right.Due ? left.Due.CompareTo(right.Due) : left.Order.CompareTo(right.Order)));

    private DateTimeOffset now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private long order;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public DateTimeOffset? NextTimer => timers.Min?.Due;

    /// <summary>The time that has passed since a start, which no setting of the clock moves.</summary>
    public DateTimeOffset Instant => now;

    /// <summary>How far the wall clock is ahead of that.</summary>
    public TimeSpan Offset { get; set; }

    public override DateTimeOffset GetUtcNow() => now + Offset;

    public override long GetTimestamp() => now.UtcTicks;

    /// <summary>Moves to a time that is not past the next timer, and fires what is due then.</summary>
    public void MoveTo(DateTimeOffset time)
    {
        now = time;
        while (timers.Min is { } next && next.Due <= now)
        {
            timers.Remove(next);
            next.Fire();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ManualTimer timer = new(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class ManualTimer(ManualTime time, Action callback) : ITimer
    {
        private TimeSpan period = Timeout.InfiniteTimeSpan;

        public DateTimeOffset Due { get; private set; }

        public long Order { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan newPeriod)
        {
            time.timers.Remove(this);
            period = newPeriod;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Due = time.now + dueTime;
                Order = time.order++;
                time.timers.Add(this);
            }

            return true;
        }

        public void Fire()
        {
            if (period > TimeSpan.Zero)
            {
                Change(period, period);
            }

            callback();
        }

        public void Dispose() => time.timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
