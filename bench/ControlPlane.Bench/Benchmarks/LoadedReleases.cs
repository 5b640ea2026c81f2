using System.Text;
using System.Text.Json;
using ControlPlane.Bench.Rigs;

namespace ControlPlane.Bench.Benchmarks;

/// <summary>Releases of the loaded Deployment by a RolloutPolicy, as a user drives them.</summary>
internal sealed class LoadedReleases(Client client)
{
    private const string Policies = "/apis/rollouts.controlplane.dev/v1/namespaces/default/rolloutpolicies";

    /// <param name="strategy">The policy's <c>spec.strategy</c>, JSON.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<byte[]> DeclarePolicyAsync(string strategy, CancellationToken cancellationToken)
    {
        string policy = $$$"""
            {"apiVersion":"rollouts.controlplane.dev/v1","kind":"RolloutPolicy","metadata":{"name":"{{{LoadedDeployment.Name}}}"},
             "spec":{"targetRef":{"name":"{{{LoadedDeployment.Name}}}"},"strategy":{{{strategy}}}}}
            """;
        return client.SendAsync(HttpMethod.Post, Policies, policy, "application/json", cancellationToken);
    }

    public Task<byte[]> DeletePolicyAsync(CancellationToken cancellationToken) =>
        client.SendAsync(HttpMethod.Delete, $"{Policies}/{LoadedDeployment.Name}", "", "application/json", cancellationToken);

    /// <summary>Promotes or aborts it.</summary>
    public Task<byte[]> ActAsync(string action, CancellationToken cancellationToken) =>
        client.SendAsync(HttpMethod.Post, $"{LoadedDeployment.Path}/{action}", "", "application/json", cancellationToken);

    /// <summary>Waits until the canary gets so much of the requests, in per cent.</summary>
    public Task HasWeightAsync(decimal weight, CancellationToken cancellationToken) => StandsAsync(
        view => view.TryGetProperty("strategy", out JsonElement strategy) && strategy.TryGetProperty("weight", out JsonElement now) && now.GetDecimal() == weight,
        cancellationToken);

    /// <summary>Waits until it is in that phase.</summary>
    public Task HasPhaseAsync(string phase, CancellationToken cancellationToken) => StandsAsync(
        view => view.TryGetProperty("strategy", out JsonElement strategy) && strategy.GetProperty("phase").GetString() == phase, cancellationToken);

    /// <summary>Waits until the revision has failed, and the one before it serves.</summary>
    public Task IsRolledBackAsync(CancellationToken cancellationToken) =>
        StandsAsync(view => view.GetProperty("phase").GetString() == "RolledBack", cancellationToken);

    /// <exception cref="BenchException">It did not get there in time; the message shows where it stands.</exception>
    private async Task StandsAsync(Func<JsonElement, bool> isThere, CancellationToken cancellationToken)
    {
        byte[] view = [];
        do
        {
            if (cancellationToken.IsCancellationRequested)
            {
                throw new BenchException($"the release does not go on: {Encoding.UTF8.GetString(view)}");
            }

            await Task.Delay(LoadedDeployment.PollInterval, CancellationToken.None);
            view = await client.GetAsync($"{LoadedDeployment.Path}/rollout", CancellationToken.None);
        }
        while (!IsThere());

        bool IsThere()
        {
            using JsonDocument document = JsonDocument.Parse(view);
            return isThere(document.RootElement);
        }
    }
}
