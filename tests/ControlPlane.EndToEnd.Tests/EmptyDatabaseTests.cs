using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>The database is replaced by an empty one under running agents: what they run belongs to a store that is not this one, and stays.</summary>
public sealed class EmptyDatabaseTests : IAsyncLifetime, IDisposable
{
    private const int Replicas = 3;

    /// <summary>Longer than a lease of a node, several reports and a resync.</summary>
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(15);

    private readonly SharedProduct shared = new();

    public Task InitializeAsync() => shared.InitializeAsync();

    public Task DisposeAsync() => shared.DisposeAsync();

    public void Dispose() => shared.Dispose();

    [Fact]
    public async Task EmptyDatabase_StopsNoContainer()
    {
        await shared.Kubectl().OkAsync("apply", "-f", Clone.Example("hello.yaml"));
        await new Deployments(shared.Product, shared.Api, "default").BecomeReadyAsync(Replicas);
        int[] before = [.. ContainerProcesses.Of(shared.Product).Order()];

        await shared.EmptyDatabaseAsync();
        shared.Product.Kill("api");
        await shared.Product.EventuallyAsync(
            "the nodes have joined the new store",
            TimeSpan.FromSeconds(60),
            async () => await shared.Api.ListAsync("/api/v1/nodes") is { Count: 3 } nodes && nodes.All(node => node.IsTrue("Ready")) ? null : "not all are ready");

        Assert.Empty(await shared.Api.ListAsync("/apis/apps/v1/deployments"));
        using CancellationTokenSource end = new(Watched);
        while (!end.IsCancellationRequested)
        {
            Assert.Equal(before, ContainerProcesses.Of(shared.Product).Order());
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }
    }
}
