using System.Collections.Immutable;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Infrastructure.EmbeddedPostgres;
using ControlPlane.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ControlPlane.Infrastructure.Tests.Storage;

/// <summary>A database that was restored, or has failed over, on a real PostgreSQL: no revision ever means two things.</summary>
public sealed class RestoreTests : IDisposable
{
    private readonly TemporaryFolder folder = new("restore");

    private string DumpFile => Path.Combine(folder.Path, "backup.dump");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Restore_IntoAnotherCluster_IsAnotherStore_AheadOfAllThatWasPublished()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        await using TestStore original = await TestStore.StartAsync(database);
        await original.StoreAsync(new Write.Create(Objects.Pod("kept")));
        await original.CommitAsync(new Write.SetAgentSession("node", "session"));
        await PostgresTools.DumpAsync(database, DumpFile);
        long published = await original.StoreAsync(new Write.Create(Objects.Pod("later")), new Write.Create(Objects.Pod("later-still")));
        long? epoch = await original.Lease.TryHoldAsync(CancellationToken.None);

        using TemporaryFolder other = new("restored");
        await using EmbeddedPostgresCluster cluster = await PostgresFixture.StartOwnClusterAsync(other);
        await PostgresTools.RestoreAsync(cluster.ConnectionString, DumpFile);
        await using TestStore restored = await TestStore.StartAsync(cluster.ConnectionString);

        Assert.NotEqual(original.Cache.StoreIdentity, restored.Cache.StoreIdentity);
        Assert.Equal([new ObjectKey("default", "kept")], restored.Cache.Snapshot(ResourceKinds.Pod).Objects.Keys);
        Assert.True(restored.Cache.Revision > published, $"{restored.Cache.Revision} is not ahead of {published}");
        Assert.Throws<RevisionCompactedException>(() => restored.Cache.SubscribeAfter(1));
        Assert.Throws<RevisionCompactedException>(() => restored.Cache.SubscribeAfter(published));
        Assert.True(await restored.Lease.TryHoldAsync(CancellationToken.None) > epoch, "the term of the old leader could come again");
        CommitUnit report = Objects.Unit() with { Preconditions = [new Precondition.AgentSession("node", "session", 1)] };
        Assert.Equal(RefusalReason.StaleSession, Assert.IsType<UnitResult.Refused>(await restored.CommitAsync(report)).Reason);
        long next = restored.Cache.Revision + 1;
        Assert.Equal(next, await restored.StoreAsync(new Write.Create(Objects.Pod("new"))));
        Assert.Equal(0L, await Sql.ScalarAsync(cluster.ConnectionString, "SELECT count(*) FROM changes_default"));
    }

    /// <summary>A status after the restore belongs to metadata and a spec from before the dump.</summary>
    [Fact]
    public async Task Restore_ThenAStatus_IsWholeForWhoReadsItAndForWhoStartsLater()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        Pod pod = Objects.Pod("kept");
        await using (TestStore original = await TestStore.StartAsync(database))
        {
            await original.StoreAsync(new Write.Create(pod));
            await original.StoreAsync(new Write.Update(pod with { Status = new PodStatus { Phase = "Pending" } }, ResourceParts.Status));
        }

        await PostgresTools.DumpAsync(database, DumpFile);
        string elsewhere = await PostgresFixture.CreateDatabaseAsync();
        await PostgresTools.RestoreAsync(elsewhere, DumpFile);
        await using TestStore restored = await TestStore.StartAsync(elsewhere);
        await using TestStore reader = await TestStore.StartAsync(elsewhere);
        long begun = restored.Cache.Revision;
        using ChangeSubscription subscription = reader.Cache.SubscribeFromNow();

        long running = await restored.StoreAsync(new Write.Update(pod with { Status = new PodStatus { Phase = "Running" } }, ResourceParts.Status));

        Change change = Assert.Single(await subscription.ReadUntilAsync(running));
        Assert.Equal(("Pending", "Running", pod.Spec), (((Pod)change.Previous!).Status?.Phase, ((Pod)change.Object).Status?.Phase, ((Pod)change.Object).Spec));
        await using TestStore later = await TestStore.StartAsync(elsewhere);
        using ChangeSubscription remembered = later.Cache.SubscribeAfter(begun);
        Assert.Equal(change, Assert.Single(await remembered.ReadUntilAsync(running)));
        Assert.Equal(restored.Find<Pod>(pod.Key), later.Find<Pod>(pod.Key));
    }

    [Fact]
    public async Task Restore_UnderARunningReplica_EndsItsWatches_AndStoresNothingBefore()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        await using TestStore store = await TestStore.StartAsync(database, options => options.PollInterval = TimeSpan.FromMilliseconds(50));
        await store.StoreAsync(new Write.Create(Objects.Pod("kept")));
        await PostgresTools.DumpAsync(database, DumpFile);
        long published = await store.StoreAsync(new Write.Create(Objects.Pod("later")));
        string before = store.Cache.StoreIdentity;
        using ChangeSubscription subscription = store.Cache.SubscribeFromNow();

        string restored = await PostgresFixture.CreateDatabaseAsync();
        await PostgresTools.RestoreAsync(restored, DumpFile);
        await TakePlaceAsync(database, restored);

        long first = await CommitWhenPossibleAsync(store);
        Assert.True(first > published + 1, $"the revision {first} could be taken for one that was published before");
        await Wait.UntilAsync(() => store.Cache.StoreIdentity != before, "the new identity");
        await Assert.ThrowsAsync<RevisionCompactedException>(async () => await subscription.ReadAsync(CancellationToken.None));
        Assert.Throws<RevisionCompactedException>(() => store.Cache.SubscribeAfter(published));
        Assert.Null(store.Cache.Find(ResourceKinds.Pod, new ObjectKey("default", "later")));
    }

    [Fact]
    public async Task Start_OnTheSameDatabase_GoesOnWhereItWas()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        string identity;
        await using (TestStore first = await TestStore.StartAsync(database))
        {
            identity = first.Cache.StoreIdentity;
            await first.StoreAsync(new Write.Create(Objects.Pod("kept")));
        }

        await using TestStore second = await TestStore.StartAsync(database);

        Assert.Equal((identity, 1), (second.Cache.StoreIdentity, second.Cache.Revision));
        Assert.Empty(second.Cache.SubscribeFromNow().LostRevisions);
    }

    [Fact]
    public async Task AnotherTimeline_IsTheSameStore_ThatKnowsWhichRevisionsItMayHaveLost()
    {
        EmbeddedPostgresOptions options = new()
        {
            DataFolder = folder.Path,
            IsDurable = false,
            Settings = ImmutableSortedDictionary<string, string>.Empty.Add("wal_level", "replica"),
        };
        string identity;
        await using (EmbeddedPostgresCluster primary = await EmbeddedPostgresCluster.StartAsync(options, NullLogger.Instance, CancellationToken.None))
        {
            await using TestStore store = await TestStore.StartAsync(primary.ConnectionString);
            identity = store.Cache.StoreIdentity;
            await store.StoreAsync(new Write.Create(Objects.Pod("kept")));
            await File.WriteAllTextAsync(Path.Combine(primary.Folder, "data", "recovery.signal"), "");
        }

        // The end of a recovery begins a new timeline, as the promotion of a standby does.
        await using EmbeddedPostgresCluster promoted = await EmbeddedPostgresCluster.StartAsync(
            options with { Settings = options.Settings.Add("restore_command", "'/bin/false'") }, NullLogger.Instance, CancellationToken.None);
        await using TestStore after = await TestStore.StartAsync(promoted.ConnectionString);

        Assert.Equal(identity, after.Cache.StoreIdentity);
        Assert.Equal([new LostRevisions(1, after.Cache.Revision)], after.Cache.SubscribeFromNow().LostRevisions);
        Assert.Throws<RevisionCompactedException>(() => after.Cache.SubscribeAfter(1));
        Assert.Equal(after.Cache.Revision + 1, await after.StoreAsync(new Write.Create(Objects.Pod("new"))));
    }

    /// <summary>Gives one database the name of another, as an administrator does who puts a backup in its place.</summary>
    private static async Task TakePlaceAsync(string database, string restored)
    {
        string place = new NpgsqlConnectionStringBuilder(database).Database!;
        string maintenance = new NpgsqlConnectionStringBuilder(database) { Database = "postgres" }.ConnectionString;
        NpgsqlConnection.ClearAllPools();
        await Sql.ExecuteAsync(maintenance, $"ALTER DATABASE {place} ALLOW_CONNECTIONS false");
        await Wait.UntilAsync(
            async () => await Sql.ScalarAsync(maintenance, $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{place}'") is long left
                ? (left == 0, $"{left} connections")
                : (false, "no count"),
            "the end of all connections");
        await Sql.ExecuteAsync(maintenance, $"ALTER DATABASE {place} RENAME TO {place}_before");
        await Sql.ExecuteAsync(maintenance, $"ALTER DATABASE {new NpgsqlConnectionStringBuilder(restored).Database} RENAME TO {place}");
    }

    /// <summary>The first revision that is stored; until the history has begun anew nothing is.</summary>
    private static async Task<long> CommitWhenPossibleAsync(TestStore store)
    {
        using CancellationTokenSource bound = new(TimeSpan.FromSeconds(20));
        while (true)
        {
            try
            {
                return Assert.IsType<UnitResult.Committed>(await store.CommitAsync(new Write.Create(Objects.Pod("new")))).Revision;
            }
            catch (StoreUnavailableException) when (!bound.IsCancellationRequested)
            {
                await Task.Delay(20);
            }
        }
    }
}
