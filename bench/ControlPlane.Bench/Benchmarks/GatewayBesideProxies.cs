using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using ControlPlane.Bench.Limits;
using ControlPlane.Bench.Loads;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>
/// What a request costs on its way through a node's gateway, beside HAProxy and nginx as plain reverse proxies to the same pods, and beside the pods alone:
/// how many are carried, and what each way adds to their latency at a rate that all of them carry.
/// </summary>
internal static class GatewayBesideProxies
{
    private const int Pods = 2;
    private const int Callers = 16;

    /// <summary>Of what the slowest way carries, while latencies are measured.</summary>
    private const double LatencyLoad = 0.4;

    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(4);

    public static async Task<Figures> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        await using Rig rig = await Rig.StartRealAsync(nodes: 1, drains: true, cancellationToken);
        LoadedDeployment loaded = new(rig, Pods);
        await loaded.StartAsync(cancellationToken);
        IReadOnlyList<IPEndPoint> pods = await PodsAsync(rig.Client, cancellationToken);
        string folder = Directory.CreateTempSubdirectory("controlplane-bench-").FullName;
        Figures figures = new($"gateway: {Pods} pods, {Callers} callers on kept connections, {options.Repeat} times");
        await using (PlainProxy haProxy = await PlainProxy.StartHaProxyAsync(pods, folder, cancellationToken))
        await using (PlainProxy nginx = await PlainProxy.StartNginxAsync(pods, folder, cancellationToken))
        {
            await MeasureAsync(
                [
                    new Way("pods alone", pods, null),
                    new Way("HAProxy", [haProxy.Address], haProxy.Processes),
                    new Way("nginx", [nginx.Address], nginx.Processes),
                    new Way("gateway", [loaded.Targets[0]], new ProcessTree(rig.RealNodes[0].Gateway.Id)),
                ],
                options.Repeat,
                figures,
                cancellationToken);
        }

        Directory.Delete(folder, recursive: true);
        return figures;
    }

    private static async Task MeasureAsync(ImmutableArray<Way> ways, int repeat, Figures figures, CancellationToken cancellationToken)
    {
        double slowest = double.PositiveInfinity;
        foreach (Way way in ways)
        {
            slowest = Math.Min(slowest, (await LoadAsync(way, rate: 0, cancellationToken)).Rate);
        }

        for (int i = 0; i < repeat; i++)
        {
            Load[] most = await AllAsync(ways, rate: 0, cancellationToken);
            Load[] some = await AllAsync(ways, slowest * LatencyLoad, cancellationToken);
            int best = most[1].Rate >= most[2].Rate ? 1 : 2;
            for (int way = 0; way < ways.Length; way++)
            {
                bool isOurs = way == ways.Length - 1;
                Add($"rate: {ways[way].Name}", "1/s", most[way].Rate, most[best].Rate);
                if (way > 0)
                {
                    Add($"processor time: {ways[way].Name}", "us", most[way].CpuMicroseconds, most[best].CpuMicroseconds);
                    Add($"p50 added: {ways[way].Name}", "ms", some[way].P50 - some[0].P50, some[best].P50 - some[0].P50);
                    Add($"p99 added: {ways[way].Name}", "ms", some[way].P99 - some[0].P99, some[best].P99 - some[0].P99);
                }

                void Add(string name, string unit, double value, double limit) =>
                    figures.Add(name, unit, value, isOurs ? limit : null, isOurs ? "the faster of HAProxy and nginx" : "");
            }

            figures.Add("p50: pods alone", "ms", some[0].P50);
            figures.Add("p99: pods alone", "ms", some[0].P99);
        }

        figures.Add("rate while latency is measured", "1/s", slowest * LatencyLoad);
    }

    private static async Task<Load[]> AllAsync(ImmutableArray<Way> ways, double rate, CancellationToken cancellationToken)
    {
        Load[] loads = new Load[ways.Length];
        for (int i = 0; i < ways.Length; i++)
        {
            loads[i] = await LoadAsync(ways[i], rate, cancellationToken);
        }

        return loads;
    }

    /// <param name="way">Which way the requests go.</param>
    /// <param name="rate">A second; 0 for as many as are answered.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="BenchException">A request was lost.</exception>
    private static async Task<Load> LoadAsync(Way way, double rate, CancellationToken cancellationToken)
    {
        LoadGenerator load = LoadGenerator.OfKept(way.Targets, Callers);
        load.Rate = rate;
        double cpuBefore = way.Processes?.CpuSeconds() ?? 0;
        long start = Stopwatch.GetTimestamp();
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        enough.CancelAfter(Phase);
        await load.RunAsync(enough.Token);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double cpu = (way.Processes?.CpuSeconds() ?? 0) - cpuBefore;
        if (load.Failed > 0)
        {
            throw new BenchException($"{way.Name} lost requests: {string.Join("; ", load.Failures())}");
        }

        return new Load(load.Requests / seconds, load.Percentile(0.5), load.Percentile(0.99), cpu * 1e6 / load.Requests);
    }

    /// <summary>Where the Service's pods listen.</summary>
    private static async Task<IReadOnlyList<IPEndPoint>> PodsAsync(Client client, CancellationToken cancellationToken)
    {
        using JsonDocument slices = JsonDocument.Parse(await client.GetAsync(
            $"/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3D{LoadedDeployment.Name}", cancellationToken));
        return
        [
            .. from slice in slices.RootElement.GetProperty("items").EnumerateArray()
               let port = slice.GetProperty("ports")[0].GetProperty("port").GetInt32()
               from endpoint in slice.GetProperty("endpoints").EnumerateArray()
               select new IPEndPoint(IPAddress.Parse(endpoint.GetProperty("addresses")[0].GetString()!), port),
        ];
    }

    /// <param name="Name">As the figures call it.</param>
    /// <param name="Targets">Where requests are sent, the callers in turn.</param>
    /// <param name="Processes">What carries them; none for the pods alone.</param>
    private sealed record Way(string Name, IReadOnlyList<IPEndPoint> Targets, ProcessTree? Processes);

    /// <param name="Rate">Answered a second.</param>
    /// <param name="P50">In ms.</param>
    /// <param name="P99">In ms.</param>
    /// <param name="CpuMicroseconds">The way's processor time for one request.</param>
    private sealed record Load(double Rate, double P50, double P99, double CpuMicroseconds);
}
