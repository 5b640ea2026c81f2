using System.Net;
using ControlPlane.Bench.Loads;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>
/// What is killed (SIGKILL) and started again while requests are sent. The control plane carries none, so that none may be lost with it; with a gateway those are that were in flight on it,
/// and for as long as it is away its addresses refuse connections. Each ends when the Deployment is whole again.
/// </summary>
internal sealed class UnderLoadKills(Rig rig, LoadedDeployment loaded, LoadGenerator load)
{
    /// <summary>A rolling update has begun by then, and has not ended.</summary>
    private static readonly TimeSpan MidRollout = TimeSpan.FromSeconds(1);

    public Task KillLeaderAsync(CancellationToken cancellationToken) => InMidRolloutAsync(rig.RestartApiAsync, cancellationToken);

    public Task KillPostgresAsync(CancellationToken cancellationToken) => InMidRolloutAsync(rig.RestartPostgresAsync, cancellationToken);

    public async Task KillGatewayAsync(RealNode node, CancellationToken cancellationToken)
    {
        IPEndPoint[] its = [.. loaded.Targets.Where(target => target.Address.ToString() == node.Address), loaded.SharedTarget];
        Outage outage = new(its);
        long cut = load.CutWithKilled;
        load.Outage = outage;
        await node.KillGatewayAsync(outage.HasEnded, cancellationToken);
        await LoadedDeployment.AnswerAsync(its, cancellationToken);
        load.Outage = null;
        cut = load.CutWithKilled - cut;
        if (cut > load.CutMax(outage))
        {
            throw new BenchException($"{cut} requests were cut with the gateway of {node.Name}, and only {load.CutMax(outage)} can have been in flight there:\n{string.Join('\n', outage.Cuts())}");
        }
    }

    private async Task InMidRolloutAsync(Func<CancellationToken, Task> kill, CancellationToken cancellationToken)
    {
        await loaded.DeclareNextAsync(cancellationToken);
        await Task.Delay(MidRollout, cancellationToken);
        await kill(cancellationToken);
        while (!await IsWholeAsync(cancellationToken))
        {
            await Task.Delay(LoadedDeployment.PollInterval, cancellationToken);
        }
    }

    /// <summary>False when the control plane went away while it was followed.</summary>
    private async Task<bool> IsWholeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await loaded.WholeAsync(LoadedDeployment.Replicas, cancellationToken);
            return true;
        }
        catch (Exception away) when (away is HttpRequestException or IOException or BenchException)
        {
            return false;
        }
    }
}
