using System.Text.Json.Nodes;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>What a test asks about a Deployment and its pods in one namespace.</summary>
internal sealed class Deployments(Installation product, ApiClient api, string space)
{
    /// <summary>For starts of processes, too, on a machine that has little time for them.</summary>
    public static readonly TimeSpan RolloutMax = TimeSpan.FromSeconds(150);

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

    /// <summary>Follows the pods from their present state, and keeps the worst moment of each count.</summary>
    public async Task<PodBounds> WatchBoundsAsync(CancellationToken until)
    {
        string path = $"/api/v1/namespaces/{space}/pods";
        JsonNode list = await api.GetAsync(path);
        Dictionary<string, JsonNode> pods = list["items"]!.AsArray().ToDictionary(pod => pod!.Uid(), pod => pod!);
        string from = list["metadata"]!["resourceVersion"]!.GetValue<string>();
        PodBounds bounds = new(0, int.MaxValue, 0);
        await foreach ((string type, JsonNode pod) in api.WatchAsync($"{path}?resourceVersion={from}", until))
        {
            if (type == "DELETED")
            {
                pods.Remove(pod.Uid());
            }
            else
            {
                pods[pod.Uid()] = pod;
            }

            bounds = new PodBounds(
                bounds.Events + 1,
                Math.Min(bounds.LeastAvailable, pods.Values.Count(one => one.IsReady())),
                Math.Max(bounds.MostPods, pods.Values.Count(one => !one.IsDeleting())));
        }

        return bounds;
    }

    public static string Describe(IEnumerable<JsonNode> pods) => string.Join(
        "; ",
        pods.Select(pod =>
            $"{pod.Name()} {pod["status"]?["phase"]}{(pod.IsReady() ? " ready" : "")}{(pod.IsDeleting() ? " deleting" : "")} on {pod["spec"]?["nodeName"]} "
            + string.Join(',', pod["status"]?["containerStatuses"]?.AsArray().Select(one => one!["state"]?.ToJsonString()) ?? [])));
}

/// <summary>What a watch of the pods saw.</summary>
/// <param name="Events">How many changes.</param>
/// <param name="LeastAvailable">The fewest pods that were ready and stayed.</param>
/// <param name="MostPods">The most pods, terminating ones not counted.</param>
internal sealed record PodBounds(int Events, int LeastAvailable, int MostPods);
