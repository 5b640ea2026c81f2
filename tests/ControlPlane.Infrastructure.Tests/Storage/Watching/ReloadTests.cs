using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Testing;
using Microsoft.Extensions.Hosting;

namespace ControlPlane.Infrastructure.Tests.Storage.Watching;

/// <summary>The database goes on from elsewhere, as after a restore, under a running replica.</summary>
public sealed class ReloadTests : IAsyncLifetime
{
    private string database = "";
    private TestStore store = null!;
    private ChangeSubscription subscription = null!;

    public async Task InitializeAsync()
    {
        database = await PostgresFixture.CreateDatabaseAsync();
        store = await TestStore.StartAsync(database, options => options.PollInterval = TimeSpan.FromMilliseconds(50));
        await store.StoreAsync(new Write.Create(Objects.Pod("kept")));
        await store.StoreAsync(new Write.Create(Objects.Pod("lost")));
        subscription = store.Cache.SubscribeFromNow();
    }

    public async Task DisposeAsync()
    {
        subscription.Dispose();
        await store.DisposeAsync();
    }

    [Fact]
    public async Task AnotherIdentity_LoadsEverythingAnew_AndEndsSubscriptions()
    {
        string before = store.Cache.StoreIdentity;

        await Sql.ExecuteAsync(database, "UPDATE store SET identity = gen_random_uuid()");

        await Wait.UntilAsync(() => store.Cache.StoreIdentity != before, "the new identity");
        Assert.Equal($"{await Sql.ScalarAsync(database, "SELECT identity FROM store")}", store.Cache.StoreIdentity);
        await Assert.ThrowsAsync<RevisionCompactedException>(async () => await subscription.ReadAsync(CancellationToken.None));
        Assert.Throws<RevisionCompactedException>(() => store.Cache.SubscribeAfter(1));
    }

    [Fact]
    public async Task ARevisionThatWentBack_LoadsEverythingAnew_AndEndsSubscriptions()
    {
        await Sql.ExecuteAsync(
            database, "BEGIN; DELETE FROM pods WHERE name = 'lost'; DELETE FROM changes WHERE revision > 1; UPDATE store SET revision = 1; COMMIT");

        await Wait.UntilAsync(() => store.Cache.Revision == 1, "revision 1");
        Assert.Equal([new ObjectKey("default", "kept")], store.Cache.Snapshot(ResourceKinds.Pod).Objects.Keys);
        await Assert.ThrowsAsync<RevisionCompactedException>(async () => await subscription.ReadAsync(CancellationToken.None));
        Assert.Throws<RevisionCompactedException>(() => store.Cache.SubscribeAfter(0));
        Assert.Equal(2, await store.StoreAsync(new Write.Create(Objects.Pod("new"))));
    }

    [Theory]
    [InlineData("uid", "desired_revision + 1")]
    [InlineData("'another'", "desired_revision")]
    public async Task AStatusOfWhatIsNotKnown_LoadsEverythingAnew_AndEndsSubscriptions(string uid, string desiredRevision)
    {
        await Sql.ExecuteAsync(
            database,
            $$"""
            BEGIN;
            UPDATE pods SET resource_version = 3, status = '{"phase":"Running"}' WHERE name = 'kept';
            INSERT INTO changes (revision, kind, namespace, name, uid, operation, desired_revision, status, actor)
            SELECT 3, 'Pod', namespace, name, {{uid}}, 'S', {{desiredRevision}}, status, 'test' FROM pods WHERE name = 'kept';
            UPDATE store SET revision = 3;
            COMMIT
            """);

        await Wait.UntilAsync(() => store.Cache.Revision == 3, "revision 3");
        Pod found = store.Find<Pod>(new ObjectKey("default", "kept"));
        Assert.Equal(("Running", 1), (found.Status?.Phase, found.Spec.Containers.Count));
        await Assert.ThrowsAsync<RevisionCompactedException>(async () => await subscription.ReadAsync(CancellationToken.None));
    }

    /// <summary>As a version would write it that is newer than this one: whoever cannot read it must not go on as if it were not there.</summary>
    [Fact]
    public async Task AnOperationThatIsNotKnown_EndsTheReplica_AndNoneStarts()
    {
        await Sql.ExecuteAsync(
            database,
            """
            BEGIN;
            INSERT INTO changes (revision, kind, namespace, name, uid, operation, desired_revision, status, actor)
            SELECT 3, 'Pod', namespace, name, uid, 'X', 1, status, 'test' FROM pods WHERE name = 'kept';
            UPDATE store SET revision = 3;
            COMMIT
            """);

        await Wait.UntilAsync(() => store.Get<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested, "the replica's end");
        Assert.Equal(2, store.Cache.Revision);
        await Assert.ThrowsAsync<InvalidOperationException>(() => TestStore.StartAsync(database));
    }

    [Fact]
    public async Task AGapInTheLog_LoadsEverythingAnew_AndEndsSubscriptions()
    {
        await Sql.ExecuteAsync(
            database, "BEGIN; DELETE FROM pods WHERE name = 'lost'; UPDATE store SET revision = 9, compacted_revision = 8; COMMIT");

        await Wait.UntilAsync(() => store.Cache.Revision == 9, "revision 9");
        Assert.Equal([new ObjectKey("default", "kept")], store.Cache.Snapshot(ResourceKinds.Pod).Objects.Keys);
        await Assert.ThrowsAsync<RevisionCompactedException>(async () => await subscription.ReadAsync(CancellationToken.None));
    }
}
