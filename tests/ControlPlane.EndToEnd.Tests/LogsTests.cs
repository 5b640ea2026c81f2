using System.Text.Json.Nodes;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary><c>kubectl logs</c> in its forms, on the process runtime.</summary>
[Collection(SharedProductCollection.Name)]
public sealed class LogsTests(SharedProduct shared)
{
    [Fact]
    public async Task Logs_OfThisLifeAndTheOneBefore_WholeCutAndFollowed()
    {
        Kubectl kubectl = await shared.Kubectl().InNewAsync(shared.NewNamespace("logs"));
        Deployments hello = new(shared.Product, shared.Api, kubectl.Namespace);
        await kubectl.OkAsync("apply", "-f", Clone.Example("hello.yaml"));
        await kubectl.OkAsync("scale", "deployment/hello", "--replicas=1");
        await hello.BecomeReadyAsync(1);
        JsonNode pod = (await hello.PodsAsync())[0];
        string listens = "hello v1 listens on";

        Assert.StartsWith(listens, await kubectl.OkAsync("logs", pod.Name()), StringComparison.Ordinal);
        Assert.StartsWith(listens, await kubectl.OkAsync("logs", "deployment/hello", "--tail=1"), StringComparison.Ordinal);
        Assert.Empty(await kubectl.OkAsync("logs", pod.Name(), "--tail=0"));
        Assert.Equal("hell", await kubectl.OkAsync("logs", pod.Name(), "--limit-bytes=4"));
        AssertRefused(await kubectl.RunAsync("logs", pod.Name(), "--previous"), "previous terminated container \"hello\" not found");

        Assert.True(ContainerProcesses.KillOf(shared.Product, pod.Uid()), "the pod has no process");
        await shared.Product.EventuallyAsync(
            "the container runs again",
            TimeSpan.FromSeconds(5),
            async () => (await hello.PodsAsync())[0] is var now && now.Restarts() == 1 ? null : Deployments.Describe([now]));
        await hello.BecomeReadyAsync(1);
        Assert.StartsWith(listens, await kubectl.OkAsync("logs", pod.Name(), "--previous"), StringComparison.Ordinal);

        Task<string> followed = kubectl.OkAsync("logs", "--follow", pod.Name());
        await kubectl.OkAsync("delete", "deployment", "hello");
        Assert.StartsWith(listens, await followed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--timestamps")]
    [InlineData("--since=1h")]
    [InlineData("--since-time=2026-01-31T12:00:00Z")]
    public async Task Logs_ByTime_AreRefusedForTheProcessRuntimeDoesNotKnowTimes(string option)
    {
        Kubectl kubectl = await shared.Kubectl().InNewAsync(shared.NewNamespace("log-times"));
        Deployments hello = new(shared.Product, shared.Api, kubectl.Namespace);
        await kubectl.OkAsync("create", "deployment", "hello", "--image=hello:v1");
        await hello.BecomeReadyAsync(1);

        AssertRefused(
            await kubectl.RunAsync("logs", "deployment/hello", option),
            "timestamps, sinceSeconds and sinceTime are not supported by the process runtime of this pod's node: it does not know when a line was written");
        await kubectl.OkAsync("delete", "deployment", "hello");
    }

    private static void AssertRefused(CommandResult result, string why)
    {
        Assert.Equal(1, result.ExitCode);
        Assert.Equal($"Error from server (BadRequest): {why}", result.Errors.Trim());
    }
}
