namespace ControlPlane.Infrastructure.Storage;

/// <summary>Growing, jittered waits between attempts.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private int attempts;

    public void Reset() => attempts = 0;

    /// <summary>The next wait: 100 ms, 200 ms, 400 ms … up to the longest, each shortened by up to a half at random.</summary>
    public TimeSpan Next()
    {
        TimeSpan wait = first * Math.Pow(2, Math.Min(attempts++, 16));
        return (wait < longest ? wait : longest) * (0.5 + (Random.Shared.NextDouble() / 2));
    }
}
