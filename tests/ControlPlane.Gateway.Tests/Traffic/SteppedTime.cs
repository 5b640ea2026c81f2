namespace ControlPlane.Gateway.Tests.Traffic;

/// <summary>Time that moves only when told to.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private long ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => ticks;

    public void Advance(TimeSpan by) => ticks += by.Ticks;
}
