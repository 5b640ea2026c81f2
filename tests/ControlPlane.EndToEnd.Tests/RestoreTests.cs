using System.Text.Json.Nodes;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>An older backup is restored under a running API and running agents.</summary>
[Collection(OwnProduct.Name)]
public sealed class RestoreTests : IAsyncLifetime, IDisposable
{
    private const string Condition = "OtherStoreContainers";

    /// <summary>Longer than three reports of each agent and a resync.</summary>
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(10);

    private readonly SharedProduct shared = new();

    public Task InitializeAsync() => shared.InitializeAsync();

    public Task DisposeAsync() => shared.DisposeAsync();

    public void Dispose() => shared.Dispose();

    [Fact]
    public async Task OlderBackup_StopsNothingUntilAPersonConfirms_ThenWhatItDeclaresRuns()
    {
        Kubectl kubectl = shared.Kubectl();
        Deployments all = new(shared.Product, shared.Api, "default");
        await kubectl.OkAsync("apply", "-f", Clone.Example("hello.yaml"));
        await all.BecomeReadyAsync(3);
        string kept = await all.UidsOfReadyPodsAsync();
        await shared.BackUpAsync();
        await kubectl.OkAsync("scale", "deployment/hello", "--replicas=5");
        await kubectl.OkAsync("create", "deployment", "later", "--image=hello:v1");
        await all.BecomeReadyAsync(6);
        string[] hosts =
        [
            .. (await all.PodsAsync()).Where(pod => !kept.Contains(pod.Uid(), StringComparison.Ordinal)).Select(pod => pod["spec"]!["nodeName"]!.GetValue<string>()).Distinct(),
        ];
        int[] running = [.. ContainerProcesses.Of(shared.Product).Order()];
        string before = await shared.StoreIdentityAsync();

        await shared.RestoreAsync();

        await shared.Product.EventuallyAsync(
            "each node that runs what the backup does not know says so",
            TimeSpan.FromSeconds(90),
            async () => await shared.Api.ListAsync("/api/v1/nodes") is { Count: 3 } nodes && nodes.All(node => node.IsTrue("Ready"))
                && !hosts.Except(nodes.Where(node => node.IsTrue(Condition)).Select(node => node.Name())).Any() ? null : "not all do");
        Assert.NotEqual(before, await shared.StoreIdentityAsync());
        using (CancellationTokenSource end = new(Watched))
        {
            while (!end.IsCancellationRequested)
            {
                Assert.Equal(running, ContainerProcesses.Of(shared.Product).Order());
                await Task.Delay(TimeSpan.FromMilliseconds(200));
            }
        }

        await ConfirmAsync();
        await all.BecomeReadyAsync(3);
        Assert.Equal(kept, await all.UidsOfReadyPodsAsync());
        await shared.Product.EventuallyAsync(
            "only what the backup declares runs",
            TimeSpan.FromSeconds(90),
            () => Task.FromResult(string.Join(' ', ContainerProcesses.PodUidsOf(shared.Product).Order(StringComparer.Ordinal)) is var uids && uids == kept ? null : $"{uids} instead of {kept}"));
        Assert.Subset(running.ToHashSet(), ContainerProcesses.Of(shared.Product).ToHashSet());
    }

    private async Task ConfirmAsync()
    {
        foreach (JsonNode node in (await shared.Api.ListAsync("/api/v1/nodes")).Where(node => node.IsTrue(Condition)))
        {
            string message = node["status"]!["conditions"]!.AsArray().Single(one => (string)one!["type"]! == Condition)!["message"]!.GetValue<string>();
            string body = message[message.IndexOf('{', StringComparison.Ordinal)..(message.IndexOf('}', StringComparison.Ordinal) + 1)];
            Answer answer = await shared.Api.SendAsync(HttpMethod.Post, $"/api/v1/nodes/{node.Name()}/confirm-store", body);
            Assert.True(answer.Code == 201, answer.Text);
        }
    }
}
