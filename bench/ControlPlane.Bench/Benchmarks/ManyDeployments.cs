using System.Globalization;
using ControlPlane.Bench.Limits;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>Many small Deployments declared at once: what a pass costs for each, rather than for each pod.</summary>
internal static class ManyDeployments
{
    private const int PodsOfEach = 5;

    /// <summary>Requests that are under way at the same time.</summary>
    private const int Callers = 8;

    public static async Task<Figures> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        await using Rig rig = await Rig.StartAsync(options, cancellationToken);
        RowWrites postgres = new(rig.ConnectionString);
        int count = Math.Max(1, options.Pods / PodsOfEach);
        BenchOptions sized = options with { Pods = count * PodsOfEach };
        Figures figures = new($"many-deployments: {count} of {PodsOfEach} pods, {options.Nodes} hollow nodes, {options.Repeat} times");
        await CycleAsync(rig.Client, options, Math.Min(count, 20), act => act(), cancellationToken);
        for (int i = 0; i < options.Repeat; i++)
        {
            await CycleAsync(rig.Client, options, count, act => Phase.MeasureAsync(rig, postgres, sized, figures, act, cancellationToken), cancellationToken);
        }

        return figures;
    }

    private static async Task CycleAsync(Client client, BenchOptions options, int count, Func<Func<Task>, Task> create, CancellationToken cancellationToken)
    {
        string[] names = [.. Enumerable.Range(1, count).Select(i => $"many-{i.ToString(CultureInfo.InvariantCulture)}")];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = Callers, CancellationToken = cancellationToken };
        await create(async () =>
        {
            await Parallel.ForEachAsync(names, parallel, async (name, token) =>
                await client.SendAsync(HttpMethod.Post, Client.Deployments, LifeCycle.Manifest(name, PodsOfEach, options), "application/json", token));
            await client.WaitForDeploymentsAsync(
                count, deployment => LifeCycle.Count(deployment, "availableReplicas") == PodsOfEach, cancellationToken);
        });
        await Parallel.ForEachAsync(names, parallel, async (name, token) => await LifeCycle.DeleteAsync(client, name, token));
        await LifeCycle.WaitForNoPodAsync(client, cancellationToken);
    }
}
