using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Infrastructure.Storage;
using ControlPlane.Testing;

namespace ControlPlane.Infrastructure.Tests.Storage;

/// <summary>Ten revisions a partition; 25 revisions fill two and begin the third.</summary>
public sealed class ChangeLogPartitionsTests : IAsyncLifetime
{
    private string database = "";
    private TestStore store = null!;
    private StoreOptions options = null!;

    public async Task InitializeAsync()
    {
        database = await PostgresFixture.CreateDatabaseAsync();
        // Dropped by the tests alone.
        store = await TestStore.StartAsync(database, configured =>
        {
            (configured.RevisionsPerPartition, configured.MaintenanceInterval) = (10, TimeSpan.FromHours(1));
            options = configured;
        });
    }

    public async Task DisposeAsync() => await store.DisposeAsync();

    [Fact]
    public async Task DropOld_DropsFullPartitionsThatAreOld_AndSaysWhatIsCompacted()
    {
        await FillAsync(15);
        await FillAsync(10);
        options.ChangeRetention = TimeSpan.Zero;

        await DropUntilAsync(20);

        Assert.Equal("changes_21 changes_31 changes_41", await ListAsync());
        Assert.Equal((20L, 5L), (await CompactedAsync(), await CountAsync("changes")));
        Assert.Equal(25, store.Cache.Snapshot(ResourceKinds.Pod).Objects.Count);
        await using TestStore other = await TestStore.StartAsync(database);
        Assert.Throws<RevisionCompactedException>(() => other.Cache.SubscribeAfter(19));
        using ChangeSubscription subscription = other.Cache.SubscribeAfter(20);
        Assert.Equal([21, 22, 23, 24, 25], (await subscription.ReadUntilAsync(25)).Select(change => change.Revision));
    }

    [Fact]
    public async Task DropOld_WithYoungPartitionsWithinTheSize_DropsNothing()
    {
        await FillAsync(15);
        await FillAsync(10);

        await Partitions.DropOldAsync(CancellationToken.None);

        Assert.Equal("changes_1 changes_11 changes_21 changes_31 changes_41", await ListAsync());
        Assert.Equal(0, await CompactedAsync());
    }

    [Fact]
    public async Task DropOld_OfALogThatIsTooLarge_DropsTheOldestHoweverYoung()
    {
        await FillAsync(15);
        await FillAsync(10);
        options.ChangeLogBytesMax = (long)(await Sql.ScalarAsync(
            database, "SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits WHERE inhparent = 'changes'::regclass AND inhrelid <> 'changes_default'::regclass"))! - 1;

        await DropUntilAsync(10);
        Assert.Equal("changes_11 changes_21 changes_31 changes_41", await ListAsync());
        Assert.Equal(10, await CompactedAsync());

        options.ChangeLogBytesMax = 1;
        await DropUntilAsync(20);
        // The one in use stays, whatever its size.
        Assert.Equal("changes_21 changes_31 changes_41", await ListAsync());
        Assert.Equal(20, await CompactedAsync());
    }

    [Fact]
    public async Task DropOld_OfAPartitionThatIsBeingRead_GivesUpAndSucceedsLater()
    {
        await FillAsync(15);
        options.ChangeRetention = TimeSpan.Zero;
        await using (await Sql.LockAsync(database, "changes_1", "ACCESS SHARE"))
        {
            // A drop that waited for the reader would hold up everyone behind it.
            await Partitions.DropOldAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
            Assert.Equal(0, await CompactedAsync());
        }

        await DropUntilAsync(10);
        Assert.Equal(10, await CompactedAsync());
    }

    [Fact]
    public async Task ChangesBeyondThePartitions_GoToTheDefaultOne_AreReadInOrder_AndAreDroppedWithWhatFollows()
    {
        using ChangeSubscription subscription = store.Cache.SubscribeFromNow();

        // Partitions are there for revisions 1 to 20.
        await FillAsync(100);

        Assert.Equal(80, await CountAsync("changes_default"));
        Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), (await subscription.ReadUntilAsync(100)).Select(change => change.Revision));
        await FillAsync(10);
        Assert.Equal("changes_1 changes_11 changes_101 changes_111 changes_121", await ListAsync());
        Assert.Equal((80L, 10L), (await CountAsync("changes_default"), await CountAsync("changes_101")));

        options.ChangeRetention = TimeSpan.Zero;
        await DropUntilAsync(110);
        Assert.Equal((0L, 0L, 110L), (await CountAsync("changes_default"), await CountAsync("changes"), await CompactedAsync()));
    }

    private ChangeLogPartitions Partitions => store.Get<ChangeLogPartitions>();

    /// <summary>As the maintenance does it, again and again: what somebody uses at the moment, PostgreSQL's own autovacuum for one, is dropped the next time.</summary>
    private async Task DropUntilAsync(long revision)
    {
        for (int attempt = 0; attempt < 100 && await CompactedAsync() < revision; attempt++)
        {
            await Partitions.DropOldAsync(CancellationToken.None);
        }
    }

    private async Task FillAsync(int changes)
    {
        await store.StoreAsync([.. Enumerable.Range(0, changes).Select(_ => new Write.Create(Objects.Pod($"pod-{Guid.NewGuid():N}")))]);
        await Partitions.MakeAheadAsync(CancellationToken.None);
    }

    private async Task<string> ListAsync() => (string)(await Sql.ScalarAsync(
        database,
        """
        SELECT string_agg(relname, ' ' ORDER BY substring(relname from 9)::int)
        FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = 'changes'::regclass AND relname <> 'changes_default'
        """))!;

    private async Task<long> CountAsync(string table) => (long)(await Sql.ScalarAsync(database, $"SELECT count(*) FROM {table}"))!;

    private async Task<long> CompactedAsync() => (long)(await Sql.ScalarAsync(database, "SELECT compacted_revision FROM store"))!;
}
