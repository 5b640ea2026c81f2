namespace ControlPlane.Domain.Agents;

/// <summary>
/// Jittered waits of agents and gateways between their tries: about 0.2 s, 0.4 s, … up to about 5 s. Many that lose one server do not return as one.
/// </summary>
/// <param name="random">Draws a number from 0 up to, and without, 1.</param>
public sealed class RetryDelay(Func<double> random)
{
    private const double FirstMs = 200;
    private const double LongestMs = 5_000;
    private const int DoublingsMax = 10;

    private int failures;

    public void Reset() => failures = 0;

    /// <summary>The next wait: between a half and the whole of the doubled one.</summary>
    public TimeSpan Next()
    {
        double wholeMs = Math.Min(FirstMs * Math.Pow(2, Math.Min(failures, DoublingsMax)), LongestMs);
        failures++;
        return TimeSpan.FromMilliseconds(wholeMs * (0.5 + (random() / 2)));
    }
}
