using System.Text.Json.Nodes;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>What a test asks about a Deployment and its pods in one namespace.</summary>
internal sealed class Deployments(Product product, ApiClient api, string space)
{
    public static readonly TimeSpan RolloutMax = TimeSpan.FromSeconds(60);

    public Task<IReadOnlyList<JsonNode>> PodsAsync() => api.ListAsync($"/api/v1/namespaces/{space}/pods");

    public Task<IReadOnlyList<JsonNode>> ReplicaSetsAsync() => api.ListAsync($"/apis/apps/v1/namespaces/{space}/replicasets");

    public async Task<string> UidsOfReadyPodsAsync() =>
        string.Join(' ', (await PodsAsync()).Where(pod => pod.IsReady()).Select(pod => pod.Uid()).Order(StringComparer.Ordinal));

    /// <summary>Waits until exactly so many pods are there, all ready.</summary>
    public Task<TimeSpan> BecomeReadyAsync(int count, TimeSpan? limit = null) => product.EventuallyAsync(
        $"{count} pods in {space}, all ready",
        limit ?? RolloutMax,
        async () =>
        {
            IReadOnlyList<JsonNode> pods = await PodsAsync();
            return pods.Count == count && pods.All(pod => pod.IsReady()) ? null : Describe(pods);
        });

    public static string Describe(IEnumerable<JsonNode> pods) => string.Join(
        "; ",
        pods.Select(pod =>
            $"{pod.Name()} {pod["status"]?["phase"]}{(pod.IsReady() ? " ready" : "")}{(pod.IsDeleting() ? " deleting" : "")} on {pod["spec"]?["nodeName"]} "
            + string.Join(',', pod["status"]?["containerStatuses"]?.AsArray().Select(one => one!["state"]?.ToJsonString()) ?? [])));
}
