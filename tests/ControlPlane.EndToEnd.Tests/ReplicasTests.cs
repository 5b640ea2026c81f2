using System.Text.Json.Nodes;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>Two replicas of the API on one database, and agents that know both.</summary>
[Collection(OwnProduct.Name)]
public sealed class ReplicasTests : IAsyncLifetime
{
    private const int Agents = 2;
    private const int Pods = 3;
    private const string Space = "/apis/apps/v1/namespaces/default/deployments";

    private Replicated replicated = null!;

    public async Task InitializeAsync() => replicated = await Replicated.StartAsync(Agents);

    public async Task DisposeAsync() => await replicated.DisposeAsync();

    [Fact]
    public async Task LeaderKilledInMidRollout_TheStandbyFinishesIt_AndNothingThatShallRunIsStopped()
    {
        int leader = await replicated.LeaderAsync() ?? throw new InvalidOperationException("nobody leads");
        ApiClient standby = replicated.Apis[1 - leader];
        Deployments hello = new(replicated, standby, "default");
        await OkAsync(standby, HttpMethod.Post, Space, await File.ReadAllTextAsync(Clone.Example("hello.yaml")), "application/yaml");
        await hello.BecomeReadyAsync(Pods);
        await LogsAreServedByEachReplicaAsync(await hello.PodsAsync());

        using CancellationTokenSource watched = new();
        Task<PodBounds> watching = hello.WatchBoundsAsync(watched.Token);
        string image = """{"spec":{"template":{"spec":{"containers":[{"name":"hello","image":"hello:v2"}]}}}}""";
        await OkAsync(standby, HttpMethod.Patch, $"{Space}/hello", image, "application/strategic-merge-patch+json");
        await replicated.EventuallyAsync("the rollout is under way", Deployments.RolloutMax, async () => (await hello.PodsAsync()).Any(IsNew) ? null : "no new pod");

        await replicated.KillAsync(leader);

        Assert.Contains(await hello.PodsAsync(), pod => !IsNew(pod));
        await replicated.EventuallyAsync(
            "the rollout is complete",
            Deployments.RolloutMax,
            async () =>
            {
                IReadOnlyList<JsonNode> pods = await hello.PodsAsync();
                return pods.Count == Pods && pods.All(pod => pod.IsReady() && IsNew(pod)) ? null : Deployments.Describe(pods);
            });
        await watched.CancelAsync();
        PodBounds bounds = await watching;
        Assert.Equal((Pods, Pods + 1), (bounds.LeastAvailable, bounds.MostPods));
        await replicated.EventuallyAsync(
            "the standby leads, and hears from every node",
            TimeSpan.FromSeconds(60),
            async () => await replicated.LeaderAsync() == 1 - leader && (await standby.ListAsync("/api/v1/nodes")).All(node => node.IsTrue("Ready")) ? null : "it does not");
        Assert.All(await hello.PodsAsync(), pod => Assert.Equal(0, pod.Restarts()));
        Assert.Equal((await hello.PodsAsync()).Select(pod => pod.Uid()).Order(), ContainerProcesses.PodUidsOf(replicated).Order());
    }

    /// <summary>Each agent is connected to one of the replicas, so at least one log of each pod comes by way of the other.</summary>
    private async Task LogsAreServedByEachReplicaAsync(IEnumerable<JsonNode> pods)
    {
        foreach (JsonNode pod in pods)
        {
            foreach (ApiClient api in replicated.Apis)
            {
                // It answers its probe a moment before it says so.
                await replicated.EventuallyAsync(
                    "the log says that the process listens",
                    TimeSpan.FromSeconds(60),
                    async () => await OkAsync(api, HttpMethod.Get, $"/api/v1/namespaces/default/pods/{pod.Name()}/log") is var log
                        && log.StartsWith("hello v1 listens on", StringComparison.Ordinal) ? null : log);
            }
        }
    }

    private static async Task<string> OkAsync(ApiClient api, HttpMethod method, string path, string? body = null, string mediaType = "application/json")
    {
        Answer answer = await api.SendAsync(method, path, body, mediaType);
        Assert.True(answer.Code is 200 or 201, $"{method} {path}: {answer.Code} {answer.Text}");
        return answer.Text;
    }

    private static bool IsNew(JsonNode pod) => pod["spec"]!["containers"]![0]!["image"]!.GetValue<string>() == "hello:v2";
}
