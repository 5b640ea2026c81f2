using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Infrastructure.EmbeddedPostgres;
using ControlPlane.Testing;
using Xunit.Abstractions;

namespace ControlPlane.Infrastructure.Tests.Storage;

public class ChangeLogTests(ITestOutputHelper output)
{
    [Fact]
    public async Task ManyConcurrentWriters_ATailingReaderSeesEveryRevisionOnceAndInOrder()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        await using TestStore first = await TestStore.StartAsync(database);
        await using TestStore second = await TestStore.StartAsync(database, options => options.RevisionsPerPartition = 300);
        using ChangeSubscription subscription = second.Cache.SubscribeFromNow();
        ConcurrentDictionary<long, string> acknowledged = [];
        long start = Stopwatch.GetTimestamp();

        await Task.WhenAll(Enumerable.Range(0, 16).Select(async writer =>
        {
            TestStore store = writer % 2 == 0 ? first : second;
            for (int i = 0; i < 50; i++)
            {
                UnitResult result = await store.CommitAsync(new Write.Create(Objects.Pod($"pod-{writer}-{i}")));
                acknowledged[Assert.IsType<UnitResult.Committed>(result).Revision] = $"pod-{writer}-{i}";
            }
        }));
        output.WriteLine($"{800 / Stopwatch.GetElapsedTime(start).TotalSeconds:F0} one-row commits/s, 16 writers, 2 replicas");

        ImmutableArray<Change> changes = await subscription.ReadUntilAsync(acknowledged.Keys.Max());
        Assert.Equal(Enumerable.Range(1, 800).Select(i => (long)i), changes.Select(change => change.Revision));
        Assert.All(changes, change => Assert.Equal(acknowledged[change.Revision], change.Object.Name));
        await using TestStore loaded = await TestStore.StartAsync(database);
        Assert.Equal(second.Cache.Snapshot(ResourceKinds.Pod).Objects, loaded.Cache.Snapshot(ResourceKinds.Pod).Objects);
    }

    [Fact]
    public async Task PostgresKilledUnderLoad_NothingAcknowledgedIsLost_AndAllRecovers()
    {
        using TemporaryFolder folder = new("load");
        EmbeddedPostgresCluster cluster = await PostgresFixture.StartOwnClusterAsync(folder);
        await using TestStore store = await TestStore.StartAsync(cluster.ConnectionString);
        using ChangeSubscription subscription = store.Cache.SubscribeFromNow();
        ConcurrentDictionary<long, string> acknowledged = [];
        using CancellationTokenSource enough = new();
        Task[] writers = [.. Enumerable.Range(0, 8).Select(writer => WriteAsync(store, writer, acknowledged, enough.Token))];
        await Wait.UntilAsync(() => acknowledged.Count > 100, "100 commits before the kill");

        await cluster.KillAsync();
        int before = acknowledged.Count;
        await using EmbeddedPostgresCluster again = await PostgresFixture.StartOwnClusterAsync(folder);
        await Wait.UntilAsync(() => acknowledged.Count > before + 100, "100 commits after the restart");
        await enough.CancelAsync();
        await Task.WhenAll(writers);

        ImmutableArray<Change> changes = await subscription.ReadUntilAsync(acknowledged.Keys.Max());
        Assert.Equal(Enumerable.Range(1, changes.Length).Select(i => (long)i), changes.Select(change => change.Revision));
        Dictionary<long, string> seen = changes.ToDictionary(change => change.Revision, change => change.Object.Name);
        Assert.All(acknowledged, commit => Assert.Equal(commit.Value, seen[commit.Key]));
        await using TestStore loaded = await TestStore.StartAsync(again.ConnectionString);
        Assert.Equal(loaded.Cache.Snapshot(ResourceKinds.Pod).Objects.Keys.Select(key => key.Name).Order(), seen.Values.Order());
    }

    [Fact]
    public async Task SlowSubscriber_IsCutOff()
    {
        await using TestStore store = await TestStore.StartAsync(await PostgresFixture.CreateDatabaseAsync(), options => options.RecentChangesMax = 10);
        using ChangeSubscription subscription = store.Cache.SubscribeFromNow();

        await store.StoreAsync([.. Enumerable.Range(0, 11).Select(i => new Write.Create(Objects.Pod($"pod-{i}")))]);

        await Assert.ThrowsAsync<RevisionCompactedException>(async () => await subscription.ReadAsync(CancellationToken.None));
        Assert.Throws<RevisionCompactedException>(() => store.Cache.SubscribeAfter(0));
    }

    [Fact]
    public async Task LargeUnits_AreWrittenSetWise()
    {
        await using TestStore store = await TestStore.StartAsync(await PostgresFixture.CreateDatabaseAsync());
        long start = Stopwatch.GetTimestamp();
        for (int unit = 0; unit < 5; unit++)
        {
            UnitResult result = await store.CommitAsync([.. Enumerable.Range(0, 1_000).Select(i => new Write.Create(Objects.Pod($"pod-{unit}-{i}")))]);
            Assert.Equal((unit + 1) * 1_000L, Assert.IsType<UnitResult.Committed>(result).Revision);
        }

        output.WriteLine($"{5_000 / Stopwatch.GetElapsedTime(start).TotalSeconds:F0} rows/s in units of 1,000");
    }

    [Fact]
    public async Task Lease_IsHeldByOne_AndATermThatEndedCommitsNothing()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        await using TestStore first = await TestStore.StartAsync(database);
        await using TestStore second = await TestStore.StartAsync(database);
        long epoch = Assert.NotNull(await first.Lease.TryHoldAsync(CancellationToken.None));
        Assert.Equal(epoch, await first.Lease.TryHoldAsync(CancellationToken.None));
        Assert.Null(await second.Lease.TryHoldAsync(CancellationToken.None));

        await first.Lease.ReleaseAsync(CancellationToken.None);
        Assert.Equal(epoch + 1, await second.Lease.TryHoldAsync(CancellationToken.None));

        UnitResult stale = await first.CommitAsync(Objects.Unit(new Write.Create(Objects.Pod("stale"))) with { Preconditions = [new Precondition.LeaderEpoch(epoch)] });
        Assert.Equal(RefusalReason.StaleEpoch, Assert.IsType<UnitResult.Refused>(stale).Reason);
    }

    private static async Task WriteAsync(TestStore store, int writer, ConcurrentDictionary<long, string> acknowledged, CancellationToken stopping)
    {
        for (int i = 0; !stopping.IsCancellationRequested; i++)
        {
            try
            {
                string name = $"pod-{writer}-{i}";
                UnitResult result = await store.CommitAsync(new Write.Create(Objects.Pod(name)));
                acknowledged[Assert.IsType<UnitResult.Committed>(result).Revision] = name;
            }
            catch (Exception error) when (error is StoreUnavailableException or CommitOutcomeUnknownException)
            {
                await Task.Delay(20, CancellationToken.None);
            }
        }
    }
}
