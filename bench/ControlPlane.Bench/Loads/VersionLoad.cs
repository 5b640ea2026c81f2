using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace ControlPlane.Bench.Loads;

/// <summary>Asks the sample application through gateways, and counts by the version that answers.</summary>
internal sealed class VersionLoad : IDisposable
{
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly Lock gate = new();
    private readonly Dictionary<string, Answers> answers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> lastSent = new(StringComparer.Ordinal);

    /// <summary>An answer that takes longer is a slow one.</summary>
    public required TimeSpan SlowFrom { get; init; }

    /// <summary>What a version has answered so far.</summary>
    public Answers Of(string version)
    {
        lock (gate)
        {
            return answers.GetValueOrDefault(version) ?? new Answers(0, 0, 0);
        }
    }

    /// <summary>How long after a moment the last request was sent that a version has answered so far; zero where none was.</summary>
    /// <param name="version">As its pods say it.</param>
    /// <param name="moment">A <see cref="Stopwatch.GetTimestamp"/>.</param>
    public TimeSpan LastSentAfter(string version, long moment)
    {
        lock (gate)
        {
            return lastSent.GetValueOrDefault(version) is var sent && sent > moment ? Stopwatch.GetElapsedTime(moment, sent) : TimeSpan.Zero;
        }
    }

    /// <summary>Asks one gateway so many times, with so many callers.</summary>
    public Task AskAsync(IPEndPoint target, int requests, int callers, CancellationToken cancellationToken) => Task.WhenAll(Enumerable.Range(0, callers).Select(async caller =>
    {
        for (int i = caller; i < requests; i += callers)
        {
            await AskAsync(target, cancellationToken);
        }
    }));

    /// <summary>Asks all gateways in turn at a steady rate until it is told to stop.</summary>
    /// <param name="targets">The gateways.</param>
    /// <param name="rate">Requests a second.</param>
    /// <param name="enough">Ends it; what is under way then is answered first.</param>
    public async Task RunAsync(IReadOnlyList<IPEndPoint> targets, double rate, CancellationToken enough)
    {
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1 / rate));
        List<Task> underWay = [];
        for (int i = 0; !enough.IsCancellationRequested; i++)
        {
            underWay.RemoveAll(task => task.IsCompletedSuccessfully);
            underWay.Add(AskAsync(targets[i % targets.Count], CancellationToken.None));
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        await Task.WhenAll(underWay);
    }

    public void Dispose() => http.Dispose();

    private async Task AskAsync(IPEndPoint target, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer = await http.GetAsync(new Uri($"http://{target}/"), cancellationToken);
        byte[] body = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
        bool isSlow = Stopwatch.GetElapsedTime(start) >= SlowFrom;
        using JsonDocument said = JsonDocument.Parse(body);
        string version = said.RootElement.GetProperty("version").GetString()!;
        lock (gate)
        {
            Answers before = answers.GetValueOrDefault(version) ?? new Answers(0, 0, 0);
            answers[version] = new Answers(before.Requests + 1, before.Failed + (answer.IsSuccessStatusCode ? 0 : 1), before.Slow + (isSlow ? 1 : 0));
            lastSent[version] = Math.Max(lastSent.GetValueOrDefault(version), start);
        }
    }
}

/// <param name="Requests">All of them.</param>
/// <param name="Failed">Those that were not answered with a success.</param>
/// <param name="Slow">Those that took too long.</param>
internal sealed record Answers(int Requests, int Failed, int Slow);
