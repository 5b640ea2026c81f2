using System.Diagnostics;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>Something that serves the API, with agents and their containers below one data folder.</summary>
internal abstract class Installation
{
    /// <summary>Where tokens, certificates and the nodes' folders are.</summary>
    public abstract string DataFolder { get; }

    public string Kubeconfig => Path.Combine(DataFolder, "kubeconfig");

    /// <summary>Waits for a condition.</summary>
    /// <param name="what">What is waited for, as a sentence.</param>
    /// <param name="limit">How long at most.</param>
    /// <param name="whyNot">Null when it is so; else what was seen instead.</param>
    /// <returns>How long it took.</returns>
    public async Task<TimeSpan> EventuallyAsync(string what, TimeSpan limit, Func<Task<string?>> whyNot)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (await SeeAsync(whyNot) is { } seen)
        {
            Assert.True(watch.Elapsed < limit, $"within {limit.TotalSeconds:0} s: {what}\nseen last: {seen}\n{Tail()}");
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }

        return watch.Elapsed;
    }

    /// <summary>The last lines of what the parts have said, for a test that failed.</summary>
    public abstract string Tail();

    /// <summary>A connection that breaks, or an answer that does not come, is something seen, not the end of waiting.</summary>
    private static async Task<string?> SeeAsync(Func<Task<string?>> whyNot)
    {
        try
        {
            return await whyNot();
        }
        catch (Exception error) when (error is HttpRequestException or IOException or TaskCanceledException { InnerException: TimeoutException })
        {
            return error.Message;
        }
    }
}
