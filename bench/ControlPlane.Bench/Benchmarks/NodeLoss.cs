using System.Diagnostics;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>
/// A tenth of the nodes vanish together: how far the orders of replacements stay behind the decisions to replace. Then another half: the brake must hold, for
/// so many do not die together.
/// </summary>
internal static class NodeLoss
{
    /// <summary>The most that a replacement's order may come after the mark that called for it, in milliseconds.</summary>
    private const double BehindMaxMs = 2_000;

    /// <summary>Silence until pods are given up (18 s), and what a tick, a flush and a pass may add.</summary>
    private const double SecondsMax = 25;

    /// <summary>A loss that takes longer to be mended has failed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>From the second loss on: well past the silence after which pods would be given up.</summary>
    private static readonly TimeSpan Held = TimeSpan.FromSeconds(30);

    /// <summary>Nodes that vanish first and then, and those that stay: 1, 5 and 4 of 10.</summary>
    public static IReadOnlyList<int> Groups(int nodes) => [nodes / 10, nodes / 2, nodes - (nodes / 10) - (nodes / 2)];

    public static async Task<Figures> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        if (options.Nodes < 10)
        {
            throw new BenchException("node-loss: a tenth of the nodes vanish, so there must be 10 of them at least");
        }

        IReadOnlyList<int> groups = Groups(options.Nodes);
        Figures figures = new(
            $"node-loss: {options.Pods} pods, {options.Nodes} hollow nodes of which {groups[0]} vanish, and then {groups[1]} more, {options.Repeat} times");
        for (int i = 0; i < options.Repeat; i++)
        {
            await using Rig rig = await Rig.StartAsync(options, groups, cancellationToken);
            await LifeCycle.CreateAsync(rig.Client, options, cancellationToken);
            await using PodFates fates = await PodFates.FollowAsync(rig.Client, cancellationToken);
            await LoseSomeAsync(rig, fates, figures, cancellationToken);
            await LoseMostAsync(rig, fates, groups[0] + groups[1], figures, cancellationToken);
        }

        return figures;
    }

    private static async Task LoseSomeAsync(Rig rig, PodFates fates, Figures figures, CancellationToken cancellationToken)
    {
        int lost = await rig.CountPodsOfGroupAsync(0, cancellationToken);
        if (lost == 0)
        {
            throw new BenchException("node-loss: the nodes that vanish have no pods; ask for more pods");
        }

        long start = Stopwatch.GetTimestamp();
        rig.KillNodes(0);
        await fates.WaitForReplacementsAsync(lost, Patience, cancellationToken);
        (IReadOnlyList<long> marks, IReadOnlyList<long> orders) = fates.Now();
        double[] behind = [.. marks.Zip(orders, (mark, order) => Math.Max(0, Stopwatch.GetElapsedTime(mark, order).TotalMilliseconds)).Order()];
        double seconds = Stopwatch.GetElapsedTime(start, orders[^1]).TotalSeconds;
        figures.Add("replaced pods", "1", orders.Count);
        figures.Add("until the first is given up", "s", Stopwatch.GetElapsedTime(start, marks[0]).TotalSeconds);
        figures.Add("until the last is ordered", "s", seconds, SecondsMax, "the most that it may take");
        figures.Add("order behind decision, p50", "ms", behind[behind.Length / 2]);
        figures.Add("order behind decision, most", "ms", behind[^1], BehindMaxMs, "the most that it may take");
        if (behind[^1] > BehindMaxMs)
        {
            figures.Breaches.Add($"a replacement was ordered {behind[^1]:0} ms after the decision; at most {BehindMaxMs:0} ms");
        }

        if (orders.Count != lost)
        {
            figures.Breaches.Add($"{lost} pods were lost and {orders.Count} ordered");
        }
    }

    private static async Task LoseMostAsync(Rig rig, PodFates fates, int silent, Figures figures, CancellationToken cancellationToken)
    {
        (int marksBefore, int ordersBefore) = fates.Counts();
        rig.KillNodes(1);
        await Task.Delay(Held, cancellationToken);
        int ready = await rig.Client.ReadyNodesAsync(cancellationToken);
        (int marks, int orders) = fates.Counts();
        figures.Add("given up under the brake", "1", marks - marksBefore);
        figures.Add("ordered under the brake", "1", orders - ordersBefore);
        if (ready != rig.NodeCount - silent)
        {
            figures.Breaches.Add($"{rig.NodeCount - silent} nodes are left and {ready} are ready: the others' loss was not seen, so the brake was not tried");
        }

        if (marks != marksBefore || orders != ordersBefore)
        {
            figures.Breaches.Add($"with most nodes silent {marks - marksBefore} pods were given up and {orders - ordersBefore} ordered; the brake was to hold them all");
        }
    }
}
