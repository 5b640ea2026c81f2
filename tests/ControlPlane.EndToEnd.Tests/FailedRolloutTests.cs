using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>A bad release: it heals itself, and says so to those who wait for it.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class FailedRolloutTests(SharedProduct shared)
{
    private const int Replicas = 3;
    private const int MaxSurge = 1;

    public static TheoryData<string> Versions => Kubectl.Versions;

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task ReleaseThatNeverGetsReady_FailsAndTheLastGoodOneTakesOver(string version)
    {
        Kubectl kubectl = await shared.Kubectl(version).InNewAsync(shared.NewNamespace("failed"));
        Deployments hello = new(shared.Product, shared.Api, kubectl.Namespace);
        await kubectl.OkAsync("apply", "-f", Clone.Example("hello.yaml"));
        await hello.BecomeReadyAsync(Replicas);
        await kubectl.OkAsync("patch", "deployment", "hello", "-p", """{"spec":{"progressDeadlineSeconds":10,"minReadySeconds":1}}""");
        await kubectl.OkAsync("rollout", "status", "deployment/hello", "--timeout=150s");
        string before = await hello.UidsOfReadyPodsAsync();
        using CancellationTokenSource done = new();
        Task<PodBounds> watching = hello.WatchBoundsAsync(done.Token);

        await kubectl.OkAsync("set", "env", "deployment/hello", "FAIL_READINESS=true");
        CommandResult status = await kubectl.RunAsync("rollout", "status", "deployment/hello", "--timeout=150s");
        await hello.BecomeReadyAsync(Replicas);
        await done.CancelAsync();
        PodBounds bounds = await watching;

        Assert.Equal(1, status.ExitCode);
        Assert.Contains("deployment \"hello\" exceeded its progress deadline", status.Errors, StringComparison.Ordinal);
        Assert.Equal(before, await hello.UidsOfReadyPodsAsync());
        Assert.Equal((Replicas, Replicas + MaxSurge), (bounds.LeastAvailable, bounds.MostPods));

        string described = await kubectl.OkAsync("describe", "deployment", "hello");
        Assert.Matches(@"Progressing\s+False\s+ProgressDeadlineExceeded", described);
        Assert.Matches(@"RolledBack\s+True\s+ProgressDeadlineExceeded", described);
        Assert.True(Regex.IsMatch(described, @"Warning\s+RolloutFailed\s+.*has timed out progressing: .*Readiness probe failed: "), described);
        Assert.Matches(@"Normal\s+RollingBack\s+.*Going back to revision 1 ", described);
        JsonNode deployment = await shared.Api.GetAsync($"/apis/apps/v1/namespaces/{kubectl.Namespace}/deployments/hello");
        Assert.Equal("2", deployment["metadata"]!["annotations"]!["deployment.kubernetes.io/revision"]!.GetValue<string>());

        // The good release has more time: on a slow machine the start of a pod alone may take longer than the bad one had.
        await kubectl.OkAsync(
            "patch", "deployment", "hello", "-p",
            """{"spec":{"progressDeadlineSeconds":120,"template":{"spec":{"containers":[{"name":"hello","env":[{"name":"FAIL_READINESS","value":"false"}]}]}}}}""");
        Assert.Contains("successfully rolled out", await kubectl.OkAsync("rollout", "status", "deployment/hello", "--timeout=150s"), StringComparison.Ordinal);
        Assert.DoesNotMatch("RolledBack", await kubectl.OkAsync("get", "deployment", "hello", "-o", "jsonpath={.status.conditions[*].type}"));
    }
}
