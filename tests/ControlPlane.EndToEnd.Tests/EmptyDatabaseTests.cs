using System.Text.Json.Nodes;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>The database is replaced by an empty one under running agents: what they run belongs to a store that is not this one, and stays.</summary>
[Collection(OwnProduct.Name)]
public sealed class EmptyDatabaseTests : IAsyncLifetime, IDisposable
{
    private const int Replicas = 3;
    private const string Condition = "OtherStoreContainers";

    /// <summary>Longer than a lease of a node, several reports and a resync.</summary>
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(15);

    private readonly SharedProduct shared = new();

    public Task InitializeAsync() => shared.InitializeAsync();

    public Task DisposeAsync() => shared.DisposeAsync();

    public void Dispose() => shared.Dispose();

    [Fact]
    public async Task EmptyDatabase_StopsNoContainerUntilAPersonConfirms()
    {
        await shared.Kubectl().OkAsync("apply", "-f", Clone.Example("hello.yaml"));
        Deployments hello = new(shared.Product, shared.Api, "default");
        await hello.BecomeReadyAsync(Replicas);
        string[] hosts = [.. (await hello.PodsAsync()).Select(pod => pod["spec"]!["nodeName"]!.GetValue<string>()).Distinct()];
        int[] before = [.. ContainerProcesses.Of(shared.Product).Order()];

        await shared.EmptyDatabaseAsync();
        // A replica that has noticed by itself that its store is another one ends in order; this is only sooner.
        shared.Product.KillIfRunning("api");
        await shared.Product.EventuallyAsync(
            "the nodes have joined the new store",
            TimeSpan.FromSeconds(120),
            async () => await shared.Api.ListAsync("/api/v1/nodes") is { Count: 3 } nodes && nodes.All(node => node.IsTrue("Ready")) ? null : "not all are ready");

        Assert.Empty(await shared.Api.ListAsync("/apis/apps/v1/deployments"));
        using CancellationTokenSource end = new(Watched);
        while (!end.IsCancellationRequested)
        {
            Assert.Equal(before, ContainerProcesses.Of(shared.Product).Order());
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }

        await shared.Product.EventuallyAsync(
            "each node that keeps containers says so",
            TimeSpan.FromSeconds(90),
            async () => (await shared.Api.ListAsync("/api/v1/nodes")).Where(node => node.IsTrue(Condition)).Select(node => node.Name()).ToArray() is var saying && hosts.Except(saying).Any()
                ? string.Join(' ', saying)
                : null);
        await ConfirmAsync();
        await shared.Product.EventuallyAsync(
            "the containers of the store that is gone have stopped",
            TimeSpan.FromSeconds(120),
            () => Task.FromResult(ContainerProcesses.Of(shared.Product).ToArray() is { Length: > 0 } left ? $"{left.Length} run" : null));
        await shared.Product.EventuallyAsync(
            "no node says any more that containers of another store run on it",
            TimeSpan.FromSeconds(90),
            async () => (await shared.Api.ListAsync("/api/v1/nodes")).Any(node => node.IsTrue(Condition)) ? "a node does" : null);
    }

    /// <summary>Each node says which store's containers it keeps: a person confirms, on the first by annotation, on the others by the action.</summary>
    private async Task ConfirmAsync()
    {
        bool isFirst = true;
        foreach (JsonNode node in (await shared.Api.ListAsync("/api/v1/nodes")).Where(node => node.IsTrue(Condition)))
        {
            string message = node["status"]!["conditions"]!.AsArray().Single(one => (string)one!["type"]! == Condition)!["message"]!.GetValue<string>();
            if (isFirst)
            {
                string annotation = message.Split(' ').Single(word => word.StartsWith("controlplane.dev/confirmed-store=", StringComparison.Ordinal));
                await shared.Kubectl().OkAsync("annotate", "node", node.Name(), "--overwrite", annotation.TrimEnd(','));
                isFirst = false;
                continue;
            }

            string body = message[message.IndexOf('{', StringComparison.Ordinal)..(message.IndexOf('}', StringComparison.Ordinal) + 1)];
            Answer answer = await shared.Api.SendAsync(HttpMethod.Post, $"/api/v1/nodes/{node.Name()}/confirm-store", body);
            Assert.True(answer.Code == 201, answer.Text);
        }

        Assert.False(isFirst, "no node says that containers of another store run on it");
    }
}
