namespace ControlPlane.Gateway.Tests;

/// <summary>Waits for a condition, and says which when it gives up.</summary>
internal static class Eventually
{
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(90);

    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), what);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < AtMost, $"not within {AtMost.TotalSeconds:0} s: {what}");
            await Task.Delay(10);
        }
    }
}
