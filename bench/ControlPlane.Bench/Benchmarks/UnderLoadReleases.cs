using System.Text.Json;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>Releases by a RolloutPolicy while requests are sent. Each brings its policy, takes it away at its end, and leaves the Deployment whole.</summary>
internal sealed class UnderLoadReleases(Rig rig, LoadedDeployment loaded)
{
    private const string Policies = "/apis/rollouts.controlplane.dev/v1/namespaces/default/rolloutpolicies";

    private const string Canary = $$$"""
        {"type":"Canary","canary":{"service":"{{{LoadedDeployment.Name}}}","steps":[{"setWeight":10},{"pause":{"duration":"2s"}},{"setWeight":50},{"pause":{}}]}}
        """;

    private const string BlueGreen = $$$"""
        {"type":"BlueGreen","blueGreen":{"activeService":"{{{LoadedDeployment.Name}}}","previewService":"{{{LoadedDeployment.PreviewService}}}",
                                         "autoPromotionEnabled":false,"scaleDownDelaySeconds":2}}
        """;

    /// <summary>A tenth of the requests, half of them, then all.</summary>
    public Task PromoteCanaryAsync(CancellationToken cancellationToken) => ReleaseAsync(
        Canary,
        async () =>
        {
            await HasWeightAsync(50, cancellationToken);
            await ActAsync("promote", cancellationToken);
            await loaded.WholeAsync(LoadedDeployment.Replicas, cancellationToken);
        },
        cancellationToken);

    /// <summary>Half of the requests, then none again.</summary>
    public Task AbortCanaryAsync(CancellationToken cancellationToken) => ReleaseAsync(
        Canary,
        async () =>
        {
            await HasWeightAsync(50, cancellationToken);
            await ActAsync("abort", cancellationToken);
            while (await rig.Client.CountPodsAsync(cancellationToken) != LoadedDeployment.Replicas)
            {
                await Task.Delay(LoadedDeployment.PollInterval, cancellationToken);
            }

            // What runs is declared again, so that what is done next finds a Deployment without a failed revision.
            await loaded.DeclareLastButOneAsync(cancellationToken);
            await loaded.WholeAsync(LoadedDeployment.Replicas, cancellationToken);
        },
        cancellationToken);

    /// <summary>A second set of pods, all requests to it at once, and the first set's end.</summary>
    public Task SwitchBlueGreenAsync(CancellationToken cancellationToken) => ReleaseAsync(
        BlueGreen,
        async () =>
        {
            await StandsAsync(strategy => strategy.GetProperty("phase").GetString() == "WaitingForPromotion", cancellationToken);
            await ActAsync("promote", cancellationToken);
            await loaded.WholeAsync(LoadedDeployment.Replicas, cancellationToken);
        },
        cancellationToken);

    private async Task ReleaseAsync(string strategy, Func<Task> run, CancellationToken cancellationToken)
    {
        string policy = $$$"""
            {"apiVersion":"rollouts.controlplane.dev/v1","kind":"RolloutPolicy","metadata":{"name":"{{{LoadedDeployment.Name}}}"},
             "spec":{"targetRef":{"name":"{{{LoadedDeployment.Name}}}"},"strategy":{{{strategy}}}}}
            """;
        await rig.Client.SendAsync(HttpMethod.Post, Policies, policy, "application/json", cancellationToken);
        await loaded.DeclareNextAsync(cancellationToken);
        await run();
        await rig.Client.SendAsync(HttpMethod.Delete, $"{Policies}/{LoadedDeployment.Name}", "", "application/json", cancellationToken);
    }

    private Task HasWeightAsync(int weight, CancellationToken cancellationToken) =>
        StandsAsync(strategy => strategy.TryGetProperty("weight", out JsonElement now) && now.GetDecimal() == weight, cancellationToken);

    /// <summary>Waits until the release stands where it is wanted.</summary>
    private async Task StandsAsync(Func<JsonElement, bool> isThere, CancellationToken cancellationToken)
    {
        while (true)
        {
            using JsonDocument view = JsonDocument.Parse(await rig.Client.GetAsync($"{LoadedDeployment.Path}/rollout", cancellationToken));
            if (view.RootElement.TryGetProperty("strategy", out JsonElement strategy) && isThere(strategy))
            {
                return;
            }

            await Task.Delay(LoadedDeployment.PollInterval, cancellationToken);
        }
    }

    private Task<byte[]> ActAsync(string action, CancellationToken cancellationToken) =>
        rig.Client.SendAsync(HttpMethod.Post, $"{LoadedDeployment.Path}/{action}", "", "application/json", cancellationToken);
}
