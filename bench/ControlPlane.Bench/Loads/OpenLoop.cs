using System.Diagnostics;

namespace ControlPlane.Bench.Loads;

/// <summary>Requests sent at a rate, each when it is due, whether those before it are answered or not. A request's time counts from when it was due.</summary>
internal sealed class OpenLoop(double rate, Func<int, Task> call)
{
    /// <summary>What is not answered by then counts as failed.</summary>
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(60);

    private readonly Lock gate = new();
    private readonly List<double> latencies = [];
    private readonly List<string> failures = [];

    /// <summary>Milliseconds, sorted.</summary>
    public IReadOnlyList<double> Latencies
    {
        get
        {
            lock (gate)
            {
                return [.. latencies.Order()];
            }
        }
    }

    /// <summary>What was not answered, or with a refusal.</summary>
    public IReadOnlyList<string> Failures
    {
        get
        {
            lock (gate)
            {
                return [.. failures];
            }
        }
    }

    /// <summary>Sends until it is told to stop, and returns when all is answered.</summary>
    public async Task RunAsync(CancellationToken enough)
    {
        long start = Stopwatch.GetTimestamp();
        List<Task> underWay = [];
        for (int number = 0; !enough.IsCancellationRequested; number++)
        {
            TimeSpan due = TimeSpan.FromSeconds(number / rate);
            TimeSpan early = due - Stopwatch.GetElapsedTime(start);
            if (early > TimeSpan.Zero)
            {
                await Task.Delay(early, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (!enough.IsCancellationRequested)
            {
                underWay.RemoveAll(request => request.IsCompleted);
                underWay.Add(CallAsync(number, start, due));
            }
        }

        await Task.WhenAll(underWay);
    }

    private async Task CallAsync(int number, long start, TimeSpan due)
    {
        string? failure = null;
        try
        {
            await call(number).WaitAsync(AnswerMax);
        }
        catch (Exception refused) when (refused is BenchException or HttpRequestException or IOException or TimeoutException)
        {
            failure = refused.Message;
        }

        double milliseconds = (Stopwatch.GetElapsedTime(start) - due).TotalMilliseconds;
        lock (gate)
        {
            latencies.Add(milliseconds);
            if (failure is not null)
            {
                failures.Add(failure);
            }
        }
    }
}
