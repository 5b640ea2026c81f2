using System.Diagnostics;
using System.Globalization;
using ControlPlane.Bench.Loads;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>How exactly a canary gets its share of a gateway's requests, and how many requests a bad one has harmed by the time its analysis has found it out.</summary>
internal static class Canaries
{
    private const int Nodes = 3;
    private const int Batch = 1_000;
    private const int Batches = 5;
    private const int Callers = 8;

    /// <summary>Requests a second while an analysis looks at them.</summary>
    private const double Rate = 200;

    /// <summary>How much a share may be off in each <see cref="Batch"/>.</summary>
    private const int DeviationMax = 1;

    /// <summary>An analysis is done within so long, or it has found nothing.</summary>
    private static readonly TimeSpan AnalysisTimeout = TimeSpan.FromMinutes(2);

    /// <summary>A bad canary is found out by the first of its windows (5 s), which may begin as late as a gateway's report (3 s); the rest is what a busy machine takes.</summary>
    private static readonly TimeSpan CaughtWithin = TimeSpan.FromSeconds(15);

    private static readonly decimal[] Weights = [1, 10, 33.3m, 50];

    public static async Task<Figures> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        await using Rig rig = await Rig.StartRealAsync(Nodes, drains: true, cancellationToken);
        LoadedDeployment loaded = new(rig);
        await loaded.StartAsync(cancellationToken);
        LoadedReleases releases = new(rig.Client);
        Figures figures = new($"{options.Name}: {LoadedDeployment.Replicas} pods on {Nodes} nodes");
        await MeasureSharesAsync(loaded, releases, figures, cancellationToken);
        for (int i = 0; i < options.Repeat; i++)
        {
            await PassAsync(loaded, releases, figures, cancellationToken);
            await HarmAsync(loaded, releases, new Bad("5 % fail", "FAIL_PERCENT", "5", """{"successRate":99}"""), figures, cancellationToken);
            await HarmAsync(loaded, releases, new Bad("300 ms slower", "SLOW_MS", "300", """{"latencyP95":"250ms"}"""), figures, cancellationToken);
            await HarmAsync(
                loaded, releases, new Bad("300 ms slower than stable", "SLOW_MS", "300", """{"againstStable":{"latencyP95":100}}"""), figures, cancellationToken);
        }

        return figures;
    }

    private static async Task MeasureSharesAsync(LoadedDeployment loaded, LoadedReleases releases, Figures figures, CancellationToken cancellationToken)
    {
        string steps = string.Join(',', Weights.Select(weight => $$$"""{"setWeight":{{{Text(weight)}}}},{"pause":{}}"""));
        await releases.DeclarePolicyAsync(StrategyOf(steps), cancellationToken);
        await loaded.DeclareNextAsync(cancellationToken);
        using VersionLoad load = new() { SlowFrom = TimeSpan.MaxValue };
        foreach (decimal weight in Weights)
        {
            await releases.HasWeightAsync(weight, cancellationToken);

            // The gateway has the table within moments.
            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            for (int i = 0; i < Batches; i++)
            {
                int before = load.Of(loaded.Version).Requests;
                await load.AskAsync(loaded.Targets[0], Batch, Callers, cancellationToken);
                int got = load.Of(loaded.Version).Requests - before;
                double wanted = (double)weight * Batch / 100;
                figures.Add($"of {Batch} requests at {Text(weight)} %", "1", got, wanted, "its share");
                if (Math.Abs(got - wanted) > DeviationMax)
                {
                    figures.Breaches.Add($"at {Text(weight)} % the canary got {got} of {Batch} requests, and {wanted} is its share");
                }
            }

            await releases.ActAsync("promote", cancellationToken);
        }

        await loaded.WholeAsync(LoadedDeployment.Replicas, cancellationToken);
        await releases.DeletePolicyAsync(cancellationToken);
    }

    /// <summary>A version that is as good as the one before passes the same analysis.</summary>
    private static async Task PassAsync(LoadedDeployment loaded, LoadedReleases releases, Figures figures, CancellationToken cancellationToken)
    {
        await AnalyseAsync(
            loaded,
            releases,
            [],
            """{"successRate":99}""",
            async (load, token) =>
            {
                long start = Stopwatch.GetTimestamp();
                await releases.HasWeightAsync(50, token);
                figures.Add("a good canary: until it passed", "s", Stopwatch.GetElapsedTime(start).TotalSeconds);
                await releases.ActAsync("promote", token);
                await loaded.WholeAsync(LoadedDeployment.Replicas, token);
            },
            cancellationToken);
    }

    private static async Task HarmAsync(LoadedDeployment loaded, LoadedReleases releases, Bad bad, Figures figures, CancellationToken cancellationToken)
    {
        await AnalyseAsync(
            loaded,
            releases,
            [(bad.Setting, bad.Value)],
            bad.Limits,
            async (load, token) =>
            {
                while (load.Of(loaded.Version).Requests == 0)
                {
                    await Task.Delay(10, token);
                }

                long start = Stopwatch.GetTimestamp();
                await releases.IsRolledBackAsync(token);
                double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                await loaded.HasPodsAsync(LoadedDeployment.Replicas, token);
                Answers answers = load.Of(loaded.Version);
                figures.Add($"{bad.Name}: until it was aborted", "s", seconds);
                if (seconds > CaughtWithin.TotalSeconds)
                {
                    figures.Breaches.Add($"{bad.Name}: it was aborted after {seconds:0.0} s, and {CaughtWithin.TotalSeconds:0} s are allowed");
                }

                figures.Add($"{bad.Name}: requests it got", "1", answers.Requests);
                figures.Add($"{bad.Name}: requests it harmed", "1", Math.Max(answers.Failed, answers.Slow));
            },
            cancellationToken);
        await loaded.DeclareLastButOneAsync(cancellationToken);
        await loaded.WholeAsync(LoadedDeployment.Replicas, cancellationToken);
    }

    /// <summary>Gives a new version a fifth of the requests and has it analysed, while requests are sent.</summary>
    private static async Task AnalyseAsync(
        LoadedDeployment loaded,
        LoadedReleases releases,
        IEnumerable<(string Name, string Value)> settings,
        string limits,
        Func<VersionLoad, CancellationToken, Task> observe,
        CancellationToken cancellationToken)
    {
        string analysis = $$$"""{"interval":"5s","count":2,"minRequests":100,{{{limits[1..^1]}}}}""";
        await releases.DeclarePolicyAsync(StrategyOf($$$"""{"setWeight":20},{"analysis":{{{analysis}}}},{"setWeight":50},{"pause":{}}"""), cancellationToken);
        using VersionLoad load = new() { SlowFrom = TimeSpan.FromMilliseconds(300) };
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(AnalysisTimeout);
        Task running = load.RunAsync(loaded.Targets, Rate, enough.Token);
        try
        {
            await loaded.DeclareNextAsync(late.Token, settings);
            await observe(load, late.Token);
        }
        finally
        {
            await enough.CancelAsync();
            await running;
        }

        await releases.DeletePolicyAsync(cancellationToken);
    }

    private static string StrategyOf(string steps) => $$$"""{"type":"Canary","canary":{"service":"{{{LoadedDeployment.Name}}}","steps":[{{{steps}}}]}}""";

    private static string Text(decimal number) => number.ToString(CultureInfo.InvariantCulture);

    /// <param name="Name">As the figures call it.</param>
    /// <param name="Setting">What makes the sample application bad.</param>
    /// <param name="Value">How bad.</param>
    /// <param name="Limits">What the analysis allows, JSON.</param>
    private sealed record Bad(string Name, string Setting, string Value, string Limits);
}
