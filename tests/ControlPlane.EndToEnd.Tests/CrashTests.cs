using System.Text.Json.Nodes;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>Parts of the product die or go away; what runs keeps running, and work goes on where it stood.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class CrashTests(SharedProduct shared)
{
    private const int Replicas = 3;

    /// <summary>Short in every run, a minute in <c>./test --long</c>.</summary>
    private static readonly TimeSpan DatabaseOutage =
        TimeSpan.FromSeconds(Environment.GetEnvironmentVariable("CONTROLPLANE_LONG_TESTS") is { Length: > 0 } ? 60 : 20);

    [Fact]
    public async Task ApiKilledInMidRollout_ComesBackAndTheRolloutFinishes()
    {
        (Kubectl kubectl, Deployments hello) = await StartHelloAsync("api-kill");
        await kubectl.OkAsync("set", "image", "deployment/hello", "hello=hello:v2");
        await shared.Product.EventuallyAsync(
            "the rollout is under way", Deployments.RolloutMax, async () => (await hello.PodsAsync()).Any(IsNew) ? null : "no new pod");
        int before = shared.Product.ProcessIdOf("api");

        shared.Product.Kill("api");

        await shared.Product.EventuallyAsync(
            "the rollout is complete",
            Deployments.RolloutMax,
            async () =>
            {
                IReadOnlyList<JsonNode> pods = await hello.PodsAsync();
                return pods.Count == Replicas && pods.All(pod => pod.IsReady() && IsNew(pod)) ? null : Deployments.Describe(pods);
            });
        Assert.NotEqual(before, shared.Product.ProcessIdOf("api"));
        Assert.Contains(shared.Product.Printed, line => line.StartsWith("api was ended by signal 9; starting it again", StringComparison.Ordinal));
        Assert.All(await hello.PodsAsync(), pod => Assert.Equal(0, pod.Restarts()));
    }

    [Fact]
    public async Task DatabaseAwayAndBack_NothingIsLostMovedOrRestarted()
    {
        (Kubectl kubectl, Deployments hello) = await StartHelloAsync("db-away");
        string pods = await hello.UidsOfReadyPodsAsync();
        int api = shared.Product.ProcessIdOf("api");

        await shared.StopDatabaseAsync();
        await Task.Delay(DatabaseOutage);
        Answer during = await shared.Api.SendAsync(HttpMethod.Get, "/healthz");
        await shared.StartDatabaseAsync();

        await shared.Product.EventuallyAsync(
            "the API serves again",
            TimeSpan.FromSeconds(90),
            async () => await shared.Api.SendAsync(HttpMethod.Get, "/readyz") is { Code: not 200 } answer ? answer.Text : null);
        await hello.BecomeReadyAsync(Replicas);
        Assert.Equal(200, during.Code);
        Assert.Equal(pods, await hello.UidsOfReadyPodsAsync());
        Assert.All(await hello.PodsAsync(), pod => Assert.Equal(0, pod.Restarts()));
        Assert.Equal(api, shared.Product.ProcessIdOf("api"));

        await kubectl.OkAsync("scale", "deployment/hello", "--replicas=4");
        await hello.BecomeReadyAsync(4);
    }

    [Fact]
    public async Task AgentKilled_ItsPodsRunElsewhereAndItsReturnLeavesNoOrphan()
    {
        (_, Deployments hello) = await StartHelloAsync("node-loss");
        IReadOnlyList<JsonNode> before = await hello.PodsAsync();
        string lost = before[0]["spec"]!["nodeName"]!.GetValue<string>();
        int agent = shared.Product.ProcessIdOf(lost);

        shared.Product.Kill(lost);

        await shared.Product.EventuallyAsync(
            $"no pod of the Deployment is on {lost}, and {Replicas} are ready elsewhere",
            TimeSpan.FromSeconds(30),
            async () =>
            {
                JsonNode[] elsewhere = [.. (await hello.PodsAsync()).Where(pod => pod.IsReady() && pod["spec"]!["nodeName"]!.GetValue<string>() != lost)];
                return elsewhere.Length == Replicas ? null : Deployments.Describe(await hello.PodsAsync());
            });
        await shared.Product.EventuallyAsync(
            $"{lost} is back and ready",
            TimeSpan.FromSeconds(120),
            async () => (await shared.Api.GetAsync($"/api/v1/nodes/{lost}")).IsTrue("Ready") && IsAnotherProcess(lost, agent) ? null : "not ready");
        await hello.BecomeReadyAsync(Replicas);
        await shared.Product.EventuallyAsync(
            "every process of a container belongs to a pod that is on record",
            TimeSpan.FromSeconds(90),
            async () =>
            {
                IEnumerable<string> recorded = (await shared.Api.ListAsync("/api/v1/pods")).Select(pod => pod.Uid());
                string[] orphans = [.. ContainerProcesses.PodUidsOf(shared.Product).Except(recorded)];
                return orphans.Length == 0 ? null : $"processes of unknown pods {string.Join(", ", orphans)}";
            });
    }

    [Fact]
    public async Task ContainerProcessKilled_IsRestartedAndTheRestartCounted()
    {
        (_, Deployments hello) = await StartHelloAsync("process-kill");
        JsonNode pod = (await hello.PodsAsync())[0];

        Assert.True(ContainerProcesses.KillOf(shared.Product, pod.Uid()), "the pod has no process");
        JsonNode now = pod;

        await shared.Product.EventuallyAsync(
            "the container runs again, its restart counted",
            TimeSpan.FromSeconds(90),
            async () =>
            {
                now = (await hello.PodsAsync()).Single(one => one.Uid() == pod.Uid());
                return now.Restarts() == 1 && now["status"]!["containerStatuses"]![0]!["state"]!["running"] is not null ? null : Deployments.Describe([now]);
            });

        // By its agent's clock, whatever it takes until that is known here.
        JsonNode container = now["status"]!["containerStatuses"]![0]!;
        DateTimeOffset ended = container["lastState"]!["terminated"]!["finishedAt"]!.GetValue<DateTimeOffset>();
        Assert.InRange((container["state"]!["running"]!["startedAt"]!.GetValue<DateTimeOffset>() - ended).TotalSeconds, 0, 5);
        await hello.BecomeReadyAsync(Replicas);
    }

    private static bool IsNew(JsonNode pod) => pod["spec"]!["containers"]![0]!["image"]!.GetValue<string>() == "hello:v2";

    private bool IsAnotherProcess(string child, int before) =>
        File.Exists(Path.Combine(shared.Product.DataFolder, "run", $"{child}.pid")) && shared.Product.ProcessIdOf(child) != before;

    private async Task<(Kubectl Kubectl, Deployments Hello)> StartHelloAsync(string subject)
    {
        Kubectl kubectl = await shared.Kubectl().InNewAsync(shared.NewNamespace(subject));
        Deployments hello = new(shared.Product, shared.Api, kubectl.Namespace);
        await kubectl.OkAsync("apply", "-f", Clone.Example("hello.yaml"));
        await hello.BecomeReadyAsync(Replicas);
        return (kubectl, hello);
    }
}
