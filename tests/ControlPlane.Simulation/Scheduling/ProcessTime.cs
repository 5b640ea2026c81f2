namespace ControlPlane.Simulation.Scheduling;

/// <summary>A process's clock: the simulated time, off by as much as its machine's clock is. Timers and timestamps do not jump with it.</summary>
internal sealed class ProcessTime(SimulatedProcess process, Scheduler scheduler) : TimeProvider
{
    /// <summary>How far the wall clock is ahead of the true time.</summary>
    public TimeSpan Offset { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => scheduler.Now + Offset;

    public override long GetTimestamp() => scheduler.Now.UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        scheduler.CreateTimer(process, () => callback(state), dueTime, period);
}
