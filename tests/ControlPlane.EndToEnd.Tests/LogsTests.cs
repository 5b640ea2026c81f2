using System.Globalization;
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

    [Fact]
    public async Task Logs_ByTime_AreCutAndStamped()
    {
        Kubectl kubectl = await shared.Kubectl().InNewAsync(shared.NewNamespace("log-times"));
        Deployments hello = new(shared.Product, shared.Api, kubectl.Namespace);
        DateTimeOffset before = DateTimeOffset.UtcNow.AddSeconds(-2);
        await kubectl.OkAsync("create", "deployment", "hello", "--image=hello:v1");
        await hello.BecomeReadyAsync(1);

        // Without a readiness probe the pod counts as ready before its process has said anything.
        await shared.Product.EventuallyAsync(
            "the process has said that it listens",
            TimeSpan.FromSeconds(20),
            async () => await kubectl.OkAsync("logs", "deployment/hello") is { Length: 0 } ? "an empty log" : null);

        string stamped = await kubectl.OkAsync("logs", "deployment/hello", "--timestamps");
        Assert.EndsWith("Z", stamped.Split(' ')[0], StringComparison.Ordinal);
        DateTimeOffset written = DateTimeOffset.Parse(stamped.Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(written, before, DateTimeOffset.UtcNow);
        Assert.StartsWith("hello v1 listens on", stamped[(stamped.IndexOf(' ', StringComparison.Ordinal) + 1)..], StringComparison.Ordinal);
        Assert.StartsWith("hello v1 listens on", await kubectl.OkAsync("logs", "deployment/hello", "--since=1h"), StringComparison.Ordinal);
        Assert.StartsWith("hello v1 listens on", await kubectl.OkAsync("logs", "deployment/hello", $"--since-time={Rfc3339(before)}"), StringComparison.Ordinal);
        Assert.Empty(await kubectl.OkAsync("logs", "deployment/hello", $"--since-time={Rfc3339(DateTimeOffset.UtcNow.AddHours(1))}"));
        await kubectl.OkAsync("delete", "deployment", "hello");
    }

    private static string Rfc3339(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static void AssertRefused(CommandResult result, string why)
    {
        Assert.Equal(1, result.ExitCode);
        Assert.Equal($"Error from server (BadRequest): {why}", result.Errors.Trim());
    }
}
