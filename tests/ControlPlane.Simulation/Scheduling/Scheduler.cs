namespace ControlPlane.Simulation.Scheduling;

/// <summary>
/// One thread and one clock for everything. Of the steps that could run now the dice choose one; when there is none, time jumps to the next timer.
/// So the same seed takes the same course, and other seeds other ones.
/// </summary>
internal sealed class Scheduler(Dice dice)
{
    private readonly List<(SimulatedProcess Process, SendOrPostCallback Callback, object? State)> ready = [];
    private readonly PriorityQueue<(ScheduledTimer Timer, int Version), (long Due, long Order)> timers = new();
    private long order;

    /// <summary>The true time, which is the database's. A process may believe another.</summary>
    public DateTimeOffset Now { get; private set; } = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Steps taken so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Has something happen after a time, whichever processes are alive then.</summary>
    public void After(TimeSpan delay, Action action) => new ScheduledTimer(this, process: null, action).Change(delay, Timeout.InfiniteTimeSpan);

    public void Enqueue(SimulatedProcess process, SendOrPostCallback callback, object? state) => ready.Add((process, callback, state));

    public ITimer CreateTimer(SimulatedProcess process, Action callback, TimeSpan dueTime, TimeSpan period)
    {
        ScheduledTimer timer = new(this, process, callback);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Runs until a time has come, or until there is reason to stop.</summary>
    public void RunUntil(DateTimeOffset end, Func<bool> mustStop)
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        try
        {
            while (!mustStop() && (TakeReady() || MoveTo(end)))
            {
                Steps++;
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private bool TakeReady()
    {
        if (ready.Count == 0)
        {
            return false;
        }

        int index = dice.Below(ready.Count);
        (SimulatedProcess process, SendOrPostCallback callback, object? state) = ready[index];
        ready[index] = ready[^1];
        ready.RemoveAt(ready.Count - 1);
        process.Run(callback, state);
        return true;
    }

    /// <summary>Fires the next timer that is due by then; false when there is none, with the time at the end.</summary>
    private bool MoveTo(DateTimeOffset end)
    {
        while (timers.TryPeek(out (ScheduledTimer Timer, int Version) next, out (long Due, long Order) at) && at.Due <= end.UtcTicks)
        {
            timers.Dequeue();
            if (next.Timer.Version == next.Version)
            {
                Now = new DateTimeOffset(at.Due, TimeSpan.Zero);
                SynchronizationContext.SetSynchronizationContext(null);
                next.Timer.Fire();
                return true;
            }
        }

        Now = end;
        return false;
    }

    private sealed class ScheduledTimer(Scheduler scheduler, SimulatedProcess? process, Action callback) : ITimer
    {
        private TimeSpan period = Timeout.InfiniteTimeSpan;

        public int Version { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan newPeriod)
        {
            Version++;
            period = newPeriod;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                scheduler.timers.Enqueue((this, Version), (scheduler.Now.UtcTicks + dueTime.Ticks, scheduler.order++));
            }

            return true;
        }

        public void Fire()
        {
            if (period > TimeSpan.Zero)
            {
                Change(period, period);
            }

            if (process is null)
            {
                callback();
            }
            else
            {
                process.Post(static state => ((Action)state!)(), callback);
            }
        }

        public void Dispose() => Version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
