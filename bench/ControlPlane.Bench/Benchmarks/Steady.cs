using System.Globalization;
using ControlPlane.Bench.Limits;
using ControlPlane.Bench.Loads;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>
/// An ordinary day of a large control plane: many pods run and report, some Deployments are being rolled all the time, people read and write. How soon they are answered, how soon a rollout's first pod
/// is ordered, and whether memory and tables stay as they are.
/// </summary>
internal static class Steady
{
    public const string Name = "steady";

    /// <summary>Pods of each Deployment that is being rolled.</summary>
    private const int PodsOfRollout = 50;

    /// <summary>Pods of each Deployment to which nothing happens but that people look at it and annotate it.</summary>
    private const int PodsOfOther = 500;

    /// <summary>Requests a second.</summary>
    private const double Gets = 50, Patches = 10;

    private const double AnswerMaxMs = 50, FirstPodMaxMs = 100;

    /// <summary>The most that memory or tables may grow from the second third of the time to the last.</summary>
    private const double GrowthMax = 1.1;

    /// <summary>Change entries are kept for five minutes: in a shorter run tables are still filling up in the second third, and growth says nothing.</summary>
    private static readonly TimeSpan GrowthCounts = TimeSpan.FromMinutes(20);

    private static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(10);

    /// <summary>Until the last statuses of the start are reported and stored.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);

    private const string MergePatch = "application/merge-patch+json";

    public static async Task<Figures> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        int rest = options.Pods - (options.Rollouts * PodsOfRollout);
        if (rest < 1)
        {
            throw new BenchException($"{Name}: {options.Rollouts} rollouts of {PodsOfRollout} pods each are more than {options.Pods} pods; ask for more pods, or fewer rollouts");
        }

        await using Rig rig = await Rig.StartAsync(options, cancellationToken);
        string[] rolled = [.. Names("rolled", options.Rollouts)];
        string[] others = [.. Names("other", (rest + PodsOfOther - 1) / PodsOfOther)];
        foreach (string name in rolled)
        {
            await CreateAsync(rig.Client, options, name, PodsOfRollout, cancellationToken);
        }

        foreach ((string name, int i) in others.Select((name, i) => (name, i)))
        {
            await CreateAsync(rig.Client, options, name, Math.Min(PodsOfOther, rest - (i * PodsOfOther)), cancellationToken);
        }

        await Task.Delay(Settling, cancellationToken);
        return await MeasureAsync(rig, options, rolled, others, cancellationToken);
    }

    private static async Task<Figures> MeasureAsync(
        Rig rig, BenchOptions options, string[] rolled, string[] others, CancellationToken cancellationToken)
    {
        Client client = rig.Client;
        OpenLoop gets = new(Gets, i => client.GetAsync($"{Client.Deployments}/{others[i % others.Length]}", cancellationToken));
        OpenLoop patches = new(Patches, i => client.SendAsync(
            HttpMethod.Patch,
            $"{Client.Deployments}/{others[i % others.Length]}",
            $$$"""{"metadata":{"annotations":{"bench.controlplane.dev/turn":"{{{i.ToString(CultureInfo.InvariantCulture)}}}"} } }""",
            MergePatch,
            cancellationToken));
        Roller[] rollers = [.. rolled.Select(name => new Roller(client, name, PodsOfRollout))];
        Dictionary<string, Growth> sizes = new(StringComparer.Ordinal);
        List<string> broken = [];

        TimeSpan duration = TimeSpan.FromSeconds(options.Seconds);
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using Meter meter = Meter.Start(rig.Processes);
        enough.CancelAfter(duration);
        await Task.WhenAll(
            [gets.RunAsync(enough.Token), patches.RunAsync(enough.Token), SampleAsync(rig, sizes, enough.Token), .. rollers.Select(roller => RollAsync(roller, broken, enough.Token))]);
        Measured measured = await meter.StopAsync();
        cancellationToken.ThrowIfCancellationRequested();

        Figures figures = new($"{Name}: {options.Pods} pods, {options.Nodes} hollow nodes, {options.Rollouts} rollouts at a time, {measured.Seconds:0} s");
        AddLatencies(figures, "get", gets.Latencies, AnswerMaxMs);
        AddLatencies(figures, "patch", patches.Latencies, AnswerMaxMs);
        AddLatencies(figures, "a rollout's first pod", [.. rollers.SelectMany(roller => roller.FirstPodTimes).Order()], FirstPodMaxMs);
        figures.Add("rollouts", "1", rollers.Sum(roller => roller.FirstPodTimes.Count));
        figures.Add("share of one processor", "%", (measured.CpuSeconds["api"] + measured.CpuSeconds["postgresql"]) / measured.Seconds * 100);
        Phase.AddProcesses(figures, measured);
        foreach ((string what, Growth growth) in sizes)
        {
            figures.Add($"{what} at the end", "MB", growth.Last);
            figures.Add($"{what}, last third by second", "1", growth.Ratio, GrowthMax, "the most that it may be");
            if (duration >= GrowthCounts && growth.Ratio > GrowthMax)
            {
                figures.Breaches.Add($"{what} grows: {growth.Ratio:0.00} times as large in the last third of the time as in the second; at most {GrowthMax:0.0} times");
            }
        }

        figures.Breaches.AddRange(broken);
        foreach (OpenLoop loop in new[] { gets, patches }.Where(loop => loop.Failures.Count > 0))
        {
            figures.Breaches.Add($"{loop.Failures.Count} requests failed, the first with: {loop.Failures[0]}");
        }

        return figures;
    }

    private static void AddLatencies(Figures figures, string what, IReadOnlyList<double> sorted, double most)
    {
        if (sorted.Count == 0)
        {
            figures.Breaches.Add($"{what}: nothing was measured");
            return;
        }

        double p99 = ClosedLoop.Percentile(sorted, 0.99);
        figures.Add($"{what} p50", "ms", ClosedLoop.Percentile(sorted, 0.5));
        figures.Add($"{what} p99", "ms", p99, most, "the most that it may be");
        if (p99 > most)
        {
            figures.Breaches.Add($"{what}: {p99:0.0} ms at p99; at most {most:0} ms");
        }
    }

    /// <summary>A rollout that does not get on, or a watch that is cut off, is a breach; the others go on.</summary>
    private static async Task RollAsync(Roller roller, List<string> broken, CancellationToken enough)
    {
        try
        {
            await roller.RunAsync(enough);
        }
        catch (Exception failed) when (failed is BenchException or HttpRequestException or IOException)
        {
            lock (broken)
            {
                broken.Add(failed.Message);
            }
        }
    }

    private static async Task SampleAsync(Rig rig, Dictionary<string, Growth> sizes, CancellationToken enough)
    {
        RowWrites postgres = new(rig.ConnectionString);
        while (!enough.IsCancellationRequested)
        {
            foreach ((string process, ProcessTree tree) in rig.Processes)
            {
                Add($"memory of {process}", tree.MemoryMegabytes());
            }

            Add("tables", await postgres.MegabytesAsync(CancellationToken.None));
            await Task.Delay(SampleInterval, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        void Add(string what, double megabytes)
        {
            if (!sizes.TryGetValue(what, out Growth? growth))
            {
                sizes.Add(what, growth = new Growth());
            }

            growth.Add(megabytes);
        }
    }

    private static async Task CreateAsync(Client client, BenchOptions options, string name, int pods, CancellationToken cancellationToken)
    {
        await client.SendAsync(HttpMethod.Post, Client.Deployments, LifeCycle.Manifest(name, pods, options), "application/json", cancellationToken);
        await client.WaitForDeploymentAsync(name, deployment => LifeCycle.Count(deployment, "availableReplicas") == pods, cancellationToken);
    }

    private static IEnumerable<string> Names(string prefix, int count) =>
        Enumerable.Range(1, count).Select(i => $"{prefix}-{i.ToString(CultureInfo.InvariantCulture)}");
}
