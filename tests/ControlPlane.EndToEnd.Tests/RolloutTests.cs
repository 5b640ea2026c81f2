using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>A first rollout and those after it, as a user does them with either kubectl.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class RolloutTests(SharedProduct shared)
{
    private const int Replicas = 3;
    private const int MaxSurge = 1;
    private const int MaxUnavailable = 0;

    public static TheoryData<string> Versions => Kubectl.Versions;

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task AppliedDeployment_RunsAndReadsAsOnKubernetes(string version)
    {
        (Kubectl kubectl, Deployments hello) = await StartHelloAsync(version, "apply");
        JsonNode pod = (await hello.PodsAsync())[0];

        // The pods are ready a moment before the Deployment's status, and the Events, say so.
        await kubectl.OkAsync("rollout", "status", "deployment/hello", "--timeout=150s");
        string wide = await kubectl.OkAsync("get", "deployments,replicasets,pods,nodes", "-o", "wide");
        Assert.Matches(@"deployment\.apps/hello\s+3/3\s+3\s+3\s+[\dms]+\s+hello\s+hello:v1\s+app=hello", wide);
        Assert.Matches(@"replicaset\.apps/hello-\w+\s+3\s+3\s+3\s+[\dms]+\s+hello\s+hello:v1\s+app=hello,pod-template-hash=\w+", wide);
        Assert.Matches(@"pod/hello-\w+-\w+\s+1/1\s+Running\s+0\s+[\dms]+\s+127\.0\.1\.\d\s+node-\d", wide);
        Assert.Matches(@"node/node-1\s+Ready\s+", wide);

        string deployment = await kubectl.OkAsync("describe", "deployment", "hello");
        Assert.Matches(@"Replicas:\s+3 desired \| 3 updated \| 3 total \| 3 available \| 0 unavailable", deployment);
        Assert.Matches(@"Available\s+True\s+MinimumReplicasAvailable", deployment);
        Assert.Matches(@"Progressing\s+True\s+NewReplicaSetAvailable", deployment);
        Assert.Matches(@"ScalingReplicaSet", deployment);

        await ShowsAsync(kubectl, @"Image:\s+hello:v1[\s\S]*Scheduled\s[\s\S]*Started\s", "describe", "pod", pod.Name());
        await ShowsAsync(kubectl, "hello v1 listens on", "logs", pod.Name());
        Assert.Contains("Scheduled", await kubectl.OkAsync("get", "events"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task NewImage_RollsWithoutEverLeavingItsBounds(string version)
    {
        (Kubectl kubectl, Deployments hello) = await StartHelloAsync(version, "roll");
        using CancellationTokenSource done = new();
        Task<PodBounds> watching = hello.WatchBoundsAsync(done.Token);

        await kubectl.OkAsync("set", "image", "deployment/hello", "hello=hello:v2");
        string status = await kubectl.OkAsync("rollout", "status", "deployment/hello", "--timeout=150s");
        await hello.BecomeReadyAsync(Replicas);
        await done.CancelAsync();
        PodBounds bounds = await watching;

        Assert.Contains("successfully rolled out", status, StringComparison.Ordinal);
        Assert.Equal(2, (await hello.ReplicaSetsAsync()).Count);
        Assert.All(await hello.PodsAsync(), pod => Assert.Equal("hello:v2", pod["spec"]!["containers"]![0]!["image"]!.GetValue<string>()));
        Assert.True(bounds.Events > 2 * Replicas, $"only {bounds.Events} changes were seen");
        Assert.InRange(bounds.LeastAvailable, Replicas - MaxUnavailable, Replicas + MaxSurge);
        Assert.InRange(bounds.MostPods, Replicas, Replicas + MaxSurge);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Rollout_CanBeSeenUndonePausedResumedAndRestarted(string version)
    {
        (Kubectl kubectl, Deployments hello) = await StartHelloAsync(version, "undo");
        await kubectl.OkAsync("set", "image", "deployment/hello", "hello=hello:v2");
        await kubectl.OkAsync("rollout", "status", "deployment/hello", "--timeout=150s");
        Assert.Matches(@"(?m)^1\s+(.|\n)*^2\s+", await kubectl.OkAsync("rollout", "history", "deployment/hello"));

        await kubectl.OkAsync("rollout", "undo", "deployment/hello");
        await kubectl.OkAsync("rollout", "status", "deployment/hello", "--timeout=150s");
        Assert.Equal("hello:v1", await kubectl.OkAsync("get", "deployment", "hello", "-o", "jsonpath={.spec.template.spec.containers[0].image}"));
        Assert.Matches(@"(?m)^2\s+(.|\n)*^3\s+", await kubectl.OkAsync("rollout", "history", "deployment/hello"));

        await kubectl.OkAsync("rollout", "pause", "deployment/hello");
        string before = await hello.UidsOfReadyPodsAsync();
        await kubectl.OkAsync("set", "env", "deployment/hello", "COLOUR=blue");
        await shared.Product.EventuallyAsync(
            "the paused Deployment's change is observed",
            TimeSpan.FromSeconds(90),
            async () => await kubectl.OkAsync("get", "deployment", "hello", "-o", "jsonpath={.metadata.generation} {.status.observedGeneration}") is var seen
                && seen.Split(' ') is [var wanted, var observed] && wanted == observed ? null : seen);
        Assert.Equal(before, await hello.UidsOfReadyPodsAsync());
        await kubectl.OkAsync("rollout", "resume", "deployment/hello");
        await kubectl.OkAsync("rollout", "status", "deployment/hello", "--timeout=150s");

        string resumed = await hello.UidsOfReadyPodsAsync();
        await kubectl.OkAsync("rollout", "restart", "deployment/hello");
        await kubectl.OkAsync("rollout", "status", "deployment/hello", "--timeout=150s");
        await hello.BecomeReadyAsync(Replicas);
        Assert.Empty(resumed.Split(' ').Intersect((await hello.UidsOfReadyPodsAsync()).Split(' ')));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Scaling_StartsNoRollout(string version)
    {
        (Kubectl kubectl, Deployments hello) = await StartHelloAsync(version, "scale");
        string before = await hello.UidsOfReadyPodsAsync();

        await kubectl.OkAsync("scale", "deployment/hello", "--replicas=4");
        await hello.BecomeReadyAsync(4);

        Assert.Single(await hello.ReplicaSetsAsync());
        Assert.Subset((await hello.UidsOfReadyPodsAsync()).Split(' ').ToHashSet(), before.Split(' ').ToHashSet());
        await kubectl.OkAsync("scale", "deployment/hello", "--replicas=1");
        await hello.BecomeReadyAsync(1);
        Assert.Single(await hello.ReplicaSetsAsync());
    }

    private Task<TimeSpan> ShowsAsync(Kubectl kubectl, string pattern, params string[] arguments) => shared.Product.EventuallyAsync(
        $"kubectl {string.Join(' ', arguments)} to show {pattern}",
        TimeSpan.FromSeconds(90),
        async () => await kubectl.OkAsync(arguments) is var said && Regex.IsMatch(said, pattern) ? null : said);

    private async Task<(Kubectl Kubectl, Deployments Hello)> StartHelloAsync(string version, string subject)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace(subject));
        Deployments hello = new(shared.Product, shared.Api, kubectl.Namespace);
        Assert.Contains("deployment.apps/hello created", await kubectl.OkAsync("apply", "-f", Clone.Example("hello.yaml")), StringComparison.Ordinal);
        await hello.BecomeReadyAsync(Replicas);
        return (kubectl, hello);
    }
}
