using System.Diagnostics;

namespace ControlPlane.Infrastructure.Tests;

/// <summary>Waits for conditions, and says what was seen when giving up.</summary>
internal static class Wait
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    public static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult((condition(), "")), what);

    /// <param name="look">Whether it is so, and what was seen.</param>
    public static async Task UntilAsync(Func<Task<(bool IsSo, string Seen)>> look, string what)
    {
        long start = Stopwatch.GetTimestamp();
        (bool isSo, string seen) = await look();
        while (!isSo)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, $"gave up waiting for {what}; seen: {seen}");
            await Task.Delay(10);
            (isSo, seen) = await look();
        }
    }
}
