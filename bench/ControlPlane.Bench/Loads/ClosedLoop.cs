using System.Diagnostics;

namespace ControlPlane.Bench.Loads;

/// <summary>What some callers got answered, each of whom waits for an answer before it asks again.</summary>
/// <param name="Rate">Answers a second, of all callers together.</param>
/// <param name="P50">The median of an answer's time, in milliseconds.</param>
/// <param name="P99">The 99th percentile.</param>
/// <param name="Count">Answers.</param>
internal sealed record ClosedLoop(double Rate, double P50, double P99, int Count)
{
    public const int Callers = 32;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(5);

    /// <param name="call">One request of the caller with that number, from 0: its first, second, ….</param>
    public static async Task<ClosedLoop> RunAsync(Func<int, Task> call)
    {
        List<double>[] latencies = [.. Enumerable.Range(0, Callers).Select(_ => new List<double>())];
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(latencies.Select(async (mine, caller) =>
        {
            while (Stopwatch.GetElapsedTime(start) < Duration)
            {
                long asked = Stopwatch.GetTimestamp();
                await call(caller);
                mine.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            }
        }));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double[] sorted = [.. latencies.SelectMany(mine => mine).Order()];
        return new ClosedLoop(sorted.Length / seconds, Percentile(sorted, 0.5), Percentile(sorted, 0.99), sorted.Length);
    }

    /// <summary>Of a sorted list that is not empty.</summary>
    public static double Percentile(IReadOnlyList<double> sorted, double part) => sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * part))];
}
