using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>Releases by a RolloutPolicy while requests are sent. Each brings its policy, takes it away at its end, and leaves the Deployment whole.</summary>
internal sealed class UnderLoadReleases(Rig rig, LoadedDeployment loaded)
{
    private const string Canary = $$$"""
        {"type":"Canary","canary":{"service":"{{{LoadedDeployment.Name}}}","steps":[{"setWeight":10},{"pause":{"duration":"2s"}},{"setWeight":50},{"pause":{}}]}}
        """;

    private const string BlueGreen = $$$"""
        {"type":"BlueGreen","blueGreen":{"activeService":"{{{LoadedDeployment.Name}}}","previewService":"{{{LoadedDeployment.PreviewService}}}",
                                         "autoPromotionEnabled":false,"scaleDownDelaySeconds":2}}
        """;

    private readonly LoadedReleases releases = new(rig.Client);

    /// <summary>A tenth of the requests, half of them, then all.</summary>
    public async Task PromoteCanaryAsync(CancellationToken cancellationToken)
    {
        await BeginAsync(Canary, cancellationToken);
        await releases.HasWeightAsync(50, cancellationToken);
        await releases.ActAsync("promote", cancellationToken);
        await EndAsync(cancellationToken);
    }

    /// <summary>Half of the requests, then none again.</summary>
    public async Task AbortCanaryAsync(CancellationToken cancellationToken)
    {
        await BeginAsync(Canary, cancellationToken);
        await releases.HasWeightAsync(50, cancellationToken);
        await releases.ActAsync("abort", cancellationToken);
        await loaded.HasPodsAsync(LoadedDeployment.Replicas, cancellationToken);

        // What runs is declared again, so that what is done next finds a Deployment without a failed revision.
        await loaded.DeclareLastButOneAsync(cancellationToken);
        await EndAsync(cancellationToken);
    }

    /// <summary>A second set of pods, all requests to it at once, and the first set's end.</summary>
    public async Task SwitchBlueGreenAsync(CancellationToken cancellationToken)
    {
        await BeginAsync(BlueGreen, cancellationToken);
        await releases.HasPhaseAsync("WaitingForPromotion", cancellationToken);
        await releases.ActAsync("promote", cancellationToken);
        await EndAsync(cancellationToken);
    }

    private async Task BeginAsync(string strategy, CancellationToken cancellationToken)
    {
        await releases.DeclarePolicyAsync(strategy, cancellationToken);
        await loaded.DeclareNextAsync(cancellationToken);
    }

    private async Task EndAsync(CancellationToken cancellationToken)
    {
        await loaded.WholeAsync(LoadedDeployment.Replicas, cancellationToken);
        await releases.DeletePolicyAsync(cancellationToken);
    }
}
