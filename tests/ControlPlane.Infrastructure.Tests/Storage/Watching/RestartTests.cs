using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Testing;

namespace ControlPlane.Infrastructure.Tests.Storage.Watching;

/// <summary>A process that starts remembers the end of the change log, so that watches go on over its restart.</summary>
public class RestartTests
{
    private static readonly Pod First = Objects.Pod("first");
    private static readonly Pod Second = Objects.Pod("second");

    [Fact]
    public async Task AfterARestart_ASubscriptionSeesTheChangesAsOneThatWasThereAllAlong()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        ImmutableArray<Change> live;
        await using (TestStore store = await TestStore.StartAsync(database))
        {
            using ChangeSubscription subscription = store.Cache.SubscribeFromNow();
            live = await subscription.ReadUntilAsync(await MakeHistoryAsync(store));
        }

        await using TestStore again = await TestStore.StartAsync(database);

        using ChangeSubscription all = again.Cache.SubscribeAfter(0);
        Assert.Equal<Change[]>([.. live], [.. await all.ReadUntilAsync(6)]);
        Assert.Equal([null, 1L, null, 2L, 3L, null], live.Select(change => change.Previous?.Metadata.Revision));
        using ChangeSubscription resumed = again.Cache.SubscribeAfter(4);
        long next = await again.StoreAsync(new Write.Create(Objects.Pod("next")));
        Assert.Equal([5, 6, next], (await resumed.ReadUntilAsync(next)).Select(change => change.Revision));
    }

    [Fact]
    public async Task AfterARestart_AsManyChangesAsTheRingTakesAreRemembered_WithWhatWasBeforeThem()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        await MakeHistoryAsync(database);

        await using TestStore again = await TestStore.StartAsync(database, options => options.RecentChangesMax = 3);

        Assert.Throws<RevisionCompactedException>(() => again.Cache.SubscribeAfter(2));
        using ChangeSubscription subscription = again.Cache.SubscribeAfter(3);
        Assert.Equal([(4L, 2L), (5L, 3L), (6L, null)], await RevisionsAsync(subscription, 6));
    }

    [Fact]
    public async Task AfterARestart_ChangesBeyondTheSizeAreForgotten_ButTheNewest()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        await MakeHistoryAsync(database);
        long lastTwo = (long)(await Sql.ScalarAsync(database, "SELECT sum(length(concat(metadata, labels, spec, status))) FROM changes WHERE revision >= 5"))!;

        await using (TestStore again = await TestStore.StartAsync(database, options => options.RecentChangesBytesMax = lastTwo))
        {
            Assert.Throws<RevisionCompactedException>(() => again.Cache.SubscribeAfter(3));
            using ChangeSubscription subscription = again.Cache.SubscribeAfter(4);
            Assert.Equal([(5L, 3L), (6L, null)], await RevisionsAsync(subscription, 6));
        }

        await using TestStore small = await TestStore.StartAsync(database, options => options.RecentChangesBytesMax = 1);
        using ChangeSubscription newest = small.Cache.SubscribeAfter(5);
        Assert.Equal([(6L, null)], await RevisionsAsync(newest, 6));
    }

    [Fact]
    public async Task AfterARestart_ChangesBeyondTheRetentionAreForgotten()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        await MakeHistoryAsync(database);
        await Sql.ExecuteAsync(database, "UPDATE changes SET at = now() - interval '6 minutes' WHERE revision <= 4");

        await using TestStore again = await TestStore.StartAsync(database);

        Assert.Throws<RevisionCompactedException>(() => again.Cache.SubscribeAfter(3));
        using ChangeSubscription subscription = again.Cache.SubscribeAfter(4);
        Assert.Equal([(5L, 3L), (6L, null)], await RevisionsAsync(subscription, 6));
    }

    [Fact]
    public async Task AfterARestart_WhereWhatWasBeforeAChangeIsCompacted_TheRingBeginsAfterThatChange()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        await MakeHistoryAsync(database);
        await Sql.ExecuteAsync(database, "DELETE FROM changes WHERE revision <= 3; UPDATE store SET compacted_revision = 3");

        await using TestStore again = await TestStore.StartAsync(database);

        Assert.Throws<RevisionCompactedException>(() => again.Cache.SubscribeAfter(4));
        using ChangeSubscription subscription = again.Cache.SubscribeAfter(5);
        Assert.Equal([(6L, null)], await RevisionsAsync(subscription, 6));
    }

    /// <summary>Of a status alone the log holds nothing else. What it belongs to is an earlier change, the object as it is now, or an entry further back.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AfterARestart_ChangesOfAStatusAloneAreWhole_WhereverTheRingBegins(bool isRemoved)
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        ImmutableArray<Change> live;
        await using (TestStore store = await TestStore.StartAsync(database))
        {
            using ChangeSubscription subscription = store.Cache.SubscribeFromNow();
            live = await subscription.ReadUntilAsync(await MakeStatusesAsync(store, isRemoved));
        }

        for (int count = 1; count <= live.Length; count++)
        {
            await using TestStore again = await TestStore.StartAsync(database, options => options.RecentChangesMax = count);

            using ChangeSubscription subscription = again.Cache.SubscribeAfter(live.Length - count);
            Assert.Equal<Change[]>([.. live[^count..]], [.. await subscription.ReadUntilAsync(live.Length)]);
        }
    }

    [Theory]
    [InlineData(false, 4)]
    [InlineData(true, 6)]
    public async Task AfterARestart_WhereWhatAStatusBelongsToIsCompacted_AndIsNotThereAnyMore_TheRingBeginsAfterIt(bool hasMovedOn, long floor)
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        ImmutableArray<Change> live;
        await using (TestStore store = await TestStore.StartAsync(database))
        {
            using ChangeSubscription subscription = store.Cache.SubscribeFromNow();
            await store.StoreAsync(new Write.Create(First));
            await store.StoreAsync(new Write.Create(Second));
            await store.StoreAsync(Status(First, "Pending"));
            await store.StoreAsync(Status(First, "Running"));
            await store.StoreAsync(Status(First, "Failed"));
            await store.StoreAsync(hasMovedOn ? new Write.Update(Objects.Pod("first", First.Uid, "hello:2"), ResourceParts.Desired) : Status(First, "Failed"));
            live = await subscription.ReadUntilAsync(await store.StoreAsync(Status(First, "Pending")));
        }

        await Sql.ExecuteAsync(database, "DELETE FROM changes WHERE revision <= 3; UPDATE store SET compacted_revision = 3");

        await using TestStore again = await TestStore.StartAsync(database);

        Assert.Throws<RevisionCompactedException>(() => again.Cache.SubscribeAfter(floor - 1));
        using ChangeSubscription rest = again.Cache.SubscribeAfter(floor);
        Assert.Equal<Change[]>([.. live[(int)floor..]], [.. await rest.ReadUntilAsync(7)]);
    }

    /// <summary>A deletion is logged whole: it says what the statuses before it belonged to, so the ring begins no later than where it would if they were whole, too.</summary>
    [Fact]
    public async Task AfterARestart_WhatAStatusBelongsToIsFoundAtItsObjectsDeletion()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        ImmutableArray<Change> live;
        await using (TestStore store = await TestStore.StartAsync(database))
        {
            using ChangeSubscription subscription = store.Cache.SubscribeFromNow();
            await store.StoreAsync(new Write.Create(First));
            await store.StoreAsync(Status(First, "Pending"));
            await store.StoreAsync(Status(First, "Running"));
            live = await subscription.ReadUntilAsync(await store.StoreAsync(Write.Remove.Of(First)));
        }

        await Sql.ExecuteAsync(database, "DELETE FROM changes WHERE revision <= 2; UPDATE store SET compacted_revision = 2");

        await using TestStore again = await TestStore.StartAsync(database);

        using ChangeSubscription rest = again.Cache.SubscribeAfter(3);
        Assert.Equal<Change[]>([live[3]], [.. await rest.ReadUntilAsync(4)]);
    }

    private static Write.Update Status(Pod pod, string phase) => new(pod with { Status = new PodStatus { Phase = phase } }, ResourceParts.Status);

    /// <summary>Statuses before and after a change of the spec; at last the object goes, or gets another status.</summary>
    private static async Task<long> MakeStatusesAsync(TestStore store, bool isRemoved)
    {
        await store.StoreAsync(new Write.Create(First));
        await store.StoreAsync(Status(First, "Pending"));
        await store.StoreAsync(Status(First, "Running"));
        await store.StoreAsync(new Write.Update(Objects.Pod("first", First.Uid, "hello:2"), ResourceParts.Desired));
        await store.StoreAsync(Status(First, "Pending"));
        await store.StoreAsync(Status(First, "Running"));
        return await store.StoreAsync(isRemoved ? Write.Remove.Of(First) : Status(First, "Failed"));
    }

    private static async Task MakeHistoryAsync(string database)
    {
        await using TestStore store = await TestStore.StartAsync(database);
        await MakeHistoryAsync(store);
    }

    /// <summary>Revisions 1 to 6: first made and changed, second made, first deleted, second changed, first made again.</summary>
    private static async Task<long> MakeHistoryAsync(TestStore store)
    {
        await store.StoreAsync(new Write.Create(First));
        await store.StoreAsync(new Write.Update(First with { Status = new PodStatus { Phase = "Running" } }, ResourceParts.Status));
        await store.StoreAsync(new Write.Create(Second));
        await store.StoreAsync(Write.Remove.Of(First));
        await store.StoreAsync(new Write.Update(Objects.Pod("second", Second.Uid, "hello:2"), ResourceParts.Desired));
        return await store.StoreAsync(new Write.Create(Objects.Pod("first")));
    }

    private static async Task<IEnumerable<(long Revision, long? Before)>> RevisionsAsync(ChangeSubscription subscription, long until) =>
        (await subscription.ReadUntilAsync(until)).Select(change => (change.Revision, change.Previous?.Metadata.Revision));
}
