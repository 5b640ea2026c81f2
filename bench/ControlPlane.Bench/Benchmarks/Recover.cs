using System.Diagnostics;
using ControlPlane.Bench.Measuring;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>The leader is killed, a standby runs: how long until somebody reconciles again.</summary>
internal static class Recover
{
    /// <summary>The most that it may take, in seconds.</summary>
    private const double SecondsMax = 5;

    public static async Task<Figures> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        Figures figures = new($"recover: {options.Pods} pods, {options.Nodes} hollow nodes, {options.Repeat} times");
        for (int i = 0; i < options.Repeat; i++)
        {
            await using Rig rig = await Rig.StartAsync(options, cancellationToken);
            await LifeCycle.CreateAsync(rig.Client, options, cancellationToken);
            Client standby = await rig.StartStandbyAsync(cancellationToken);
            double seconds = await RecoverAsync(rig, standby, options.Pods, cancellationToken);
            figures.Add("seconds", "s", seconds, SecondsMax, "the most that it may take");
            if (seconds > SecondsMax)
            {
                figures.Breaches.Add($"it took {seconds:0.0} s until a standby reconciled; at most {SecondsMax:0} s");
            }
        }

        return figures;
    }

    /// <summary>From the kill until the pod is ordered that a user has asked for meanwhile.</summary>
    private static async Task<double> RecoverAsync(Rig rig, Client standby, int pods, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        rig.KillLeader();
        string more = $$$"""{"spec":{"replicas":{{{pods + 1}}}}}""";
        await standby.SendAsync(HttpMethod.Patch, $"{Client.Deployments}/{LifeCycle.Name}", more, "application/merge-patch+json", cancellationToken);
        await standby.WaitForDeploymentAsync(LifeCycle.Name, deployment => LifeCycle.Count(deployment, "replicas") == pods + 1, cancellationToken);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
