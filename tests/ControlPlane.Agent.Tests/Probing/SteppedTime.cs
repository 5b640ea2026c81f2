namespace ControlPlane.Agent.Tests.Probing;

/// <summary>Time that moves only when told to. It may be used from several threads; timers fire on the caller's thread.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private readonly Lock gate = new();
    private readonly HashSet<Timer> timers = [];
    private DateTimeOffset now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
        {
            return now;
        }
    }

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Timer timer = new(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan step)
    {
        List<Timer> due;
        lock (gate)
        {
            now += step;
            due = [.. timers.Where(timer => timer.Due <= now).OrderBy(timer => timer.Due)];
            timers.ExceptWith(due);
        }

        foreach (Timer timer in due)
        {
            timer.Fire();
        }
    }

    /// <summary>Moves on second by second until something is so, and lets the threads that wait work in between.</summary>
    public Task StepUntilAsync(Func<bool> isSo, Func<string> seen) => Running.Wait.UntilAsync(
        () =>
        {
            if (isSo())
            {
                return true;
            }

            Advance(TimeSpan.FromSeconds(1));
            return isSo();
        },
        seen);

    /// <summary>Fires once: nothing here uses periods.</summary>
    private sealed class Timer(SteppedTime time, Action callback) : ITimer
    {
        public DateTimeOffset Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time.gate)
            {
                time.timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = time.now + dueTime;
                    time.timers.Add(this);
                }
            }

            return true;
        }

        public void Fire() => callback();

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
