using ControlPlane.Bench.Loads;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>What is done to a Deployment behind a Service, and to the nodes below it, while requests are sent. Each ends when the Deployment is whole again.</summary>
internal sealed class UnderLoadActs(Rig rig, LoadedDeployment loaded, LoadGenerator load, Kubectl kubectl, Figures figures)
{
    private const int FewReplicas = 2;
    private const int ManyReplicas = 8;

    private readonly UnderLoadReleases releases = new(rig, loaded, figures);
    private readonly UnderLoadKills kills = new(rig, loaded, load);
    private int turn;

    /// <summary>In the order in which they are done.</summary>
    public IEnumerable<(string Name, Func<CancellationToken, Task> Act)> All()
    {
        RealNode node = rig.RealNodes[turn++ % rig.RealNodes.Count];
        yield return ("rolling update", RollAsync);
        yield return ("another at once", RollAsync);
        yield return ("scale to 2, to 8, to 6", ScaleAsync);
        yield return ("a node drained", token => DrainAsync(node, token));
        yield return ("a canary promoted", releases.PromoteCanaryAsync);
        yield return ("a canary aborted", releases.AbortCanaryAsync);
        yield return ("a blue-green switch", releases.SwitchBlueGreenAsync);
        yield return ("every gateway and agent upgraded", UpgradeAsync);
        yield return ("the leader killed in a rollout", kills.KillLeaderAsync);
        yield return ("PostgreSQL killed in a rollout", kills.KillPostgresAsync);
        yield return ("a gateway killed", token => kills.KillGatewayAsync(node, token));
    }

    private async Task RollAsync(CancellationToken cancellationToken)
    {
        await loaded.DeclareNextAsync(cancellationToken);
        await loaded.WholeAsync(LoadedDeployment.Replicas, cancellationToken);
    }

    private async Task ScaleAsync(CancellationToken cancellationToken)
    {
        foreach (int replicas in new[] { FewReplicas, ManyReplicas, LoadedDeployment.Replicas })
        {
            string patch = $$$"""{"spec":{"replicas":{{{replicas}}}}}""";
            await rig.Client.SendAsync(HttpMethod.Patch, LoadedDeployment.Path, patch, LoadedDeployment.MergePatch, cancellationToken);
            await loaded.WholeAsync(replicas, cancellationToken);
        }
    }

    /// <summary><c>kubectl drain</c>: the node is cordoned, and each of its pods is evicted as soon as the budget allows; it ends when they are gone.</summary>
    private async Task DrainAsync(RealNode node, CancellationToken cancellationToken)
    {
        await kubectl.RunAsync(["drain", node.Name], cancellationToken);
        await loaded.WholeAsync(LoadedDeployment.Replicas, cancellationToken);
        await kubectl.RunAsync(["uncordon", node.Name], cancellationToken);
    }

    /// <summary>Node by node, as an upgrade does it: the gateway hands over to its successor, and the agent is killed and started again, for its pods are to run on.</summary>
    private async Task UpgradeAsync(CancellationToken cancellationToken)
    {
        foreach (RealNode node in rig.RealNodes)
        {
            await node.ReplaceGatewayAsync(cancellationToken);
            await ReplaceAgentAsync(node, cancellationToken);
        }
    }

    private async Task ReplaceAgentAsync(RealNode node, CancellationToken cancellationToken)
    {
        await node.ReplaceAgentAsync(cancellationToken);
        while (await rig.Client.ReadyNodesAsync(cancellationToken) != rig.RealNodes.Count)
        {
            await Task.Delay(LoadedDeployment.PollInterval, cancellationToken);
        }

        await loaded.WholeAsync(LoadedDeployment.Replicas, cancellationToken);
    }
}
