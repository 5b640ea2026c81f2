using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Testing;

namespace ControlPlane.Infrastructure.Tests.Storage.Watching;

/// <summary>A replica takes its own commits from memory, another one reads them from the log: both must see the same.</summary>
public sealed class OwnCommitsTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestStore writer = null!;
    private TestStore reader = null!;

    public async Task InitializeAsync()
    {
        writer = await TestStore.StartAsync(postgres.ConnectionString);
        reader = await TestStore.StartAsync(postgres.ConnectionString);
    }

    public async Task DisposeAsync()
    {
        await reader.DisposeAsync();
        await writer.DisposeAsync();
    }

    [Theory]
    [InlineData(CommitPriority.Request)]
    [InlineData(CommitPriority.Background)]
    public async Task WritesOfEachPart_AreTheSameForTheOneWhoWroteAndTheOneWhoReads(CommitPriority priority)
    {
        Pod pod = Objects.Pod($"parts-{priority}".ToLowerInvariant());
        ObjectMeta bare = new() { Name = pod.Name, Namespace = pod.Namespace, Uid = pod.Uid };
        using ChangeSubscription own = writer.Cache.SubscribeFromNow();
        using ChangeSubscription read = reader.Cache.SubscribeFromNow();

        await CommitAsync(priority, new Write.Create(pod));
        await CommitAsync(priority, new Write.Update(pod with { Metadata = bare, Spec = new PodSpec(), Status = new PodStatus { Phase = "Running" } }, ResourceParts.Status));
        await CommitAsync(priority, new Write.Update(pod with { Spec = pod.Spec with { NodeName = "n1" }, Status = null }, ResourceParts.Desired));
        await CommitAsync(priority, new Write.Update(pod with { Status = new PodStatus { Phase = "Failed" } }, ResourceParts.All));
        long last = await CommitAsync(priority, Write.Remove.Of(pod));

        Change[] expected = [.. await read.ReadUntilAsync(last)];
        Assert.Equal(expected, await own.ReadUntilAsync(last));
        Assert.Equal(["Running", "Running", "Failed", "Failed"], expected[1..].Select(change => ((Pod)change.Object).Status?.Phase));
        Assert.Equal([null, null, "n1", null, null], expected.Select(change => ((Pod)change.Object).Spec.NodeName));
    }

    [Fact]
    public async Task EmptyTextsOfAClient_AreAbsentForBoth()
    {
        Pod pod = Objects.Pod("empty-texts");
        long revision = await CommitAsync(CommitPriority.Request, new Write.Create(pod with { Spec = pod.Spec with { RestartPolicy = "", NodeName = "" } }));

        await reader.Cache.WaitForRevisionAsync(revision, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(reader.Find<Pod>(pod.Key), writer.Find<Pod>(pod.Key));
        Assert.Null(writer.Find<Pod>(pod.Key).Spec.RestartPolicy);
    }

    [Fact]
    public async Task PodsOfOnePlan_GoOnSharingTheirTemplate()
    {
        ValueList<Container> containers = [new Container { Name = "web", Image = "hello:1" }];
        PodSpec shared = new() { Containers = containers };
        Pod[] pods = [.. Enumerable.Range(0, 3).Select(i => Objects.Pod($"shared-{i}") with { Spec = shared })];

        await CommitAsync(CommitPriority.Background, [.. pods.Select(pod => new Write.Create(pod))]);

        Assert.All(pods, pod => Assert.Same(shared, writer.Find<Pod>(pod.Key).Spec));
    }

    /// <summary>Two who write the same objects by turns: each applies its own from memory and the other's from the log, in the order of the revisions.</summary>
    [Fact]
    public async Task TwoWriters_AtTheSameTime_EndWithTheSameState()
    {
        Pod[] pods = [.. Enumerable.Range(0, 20).Select(i => Objects.Pod($"both-{i}"))];
        await CommitAsync(CommitPriority.Background, [.. pods.Select(pod => new Write.Create(pod))]);

        long[] last = await Task.WhenAll(new[] { writer, reader }.Select(async (store, who) =>
        {
            long revision = 0;
            for (int round = 0; round < 20; round++)
            {
                Write[] writes = [.. pods.Select(pod => new Write.Update(pod with { Status = new PodStatus { Message = $"{who}/{round}" } }, ResourceParts.Status))];
                revision = Assert.IsType<UnitResult.Committed>(await store.CommitAsync(Objects.Unit(writes) with { Priority = CommitPriority.Background })).Revision;
            }

            return revision;
        }));

        await Task.WhenAll(new[] { writer, reader }.Select(store => store.Cache.WaitForRevisionAsync(last.Max(), CancellationToken.None)))
            .WaitAsync(TimeSpan.FromSeconds(60));
        Assert.All(pods, pod => Assert.Equal(reader.Find<Pod>(pod.Key), writer.Find<Pod>(pod.Key)));
    }

    /// <summary>Commits what must be accepted and waits until the writer's cache shows it.</summary>
    private async Task<long> CommitAsync(CommitPriority priority, params Write[] writes)
    {
        UnitResult result = await writer.CommitAsync(Objects.Unit(writes) with { Priority = priority });
        long revision = Assert.IsType<UnitResult.Committed>(result).Revision;
        await writer.Cache.WaitForRevisionAsync(revision, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
        return revision;
    }
}
