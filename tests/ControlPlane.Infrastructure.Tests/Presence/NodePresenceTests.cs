using System.Diagnostics;
using ControlPlane.Infrastructure.Storage;
using ControlPlane.Infrastructure.Tests.Storage;
using ControlPlane.Testing;

namespace ControlPlane.Infrastructure.Tests.Presence;

public class NodePresenceTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Seen_OnOneReplica_IsReadAsAnAgeOnTheOther_ThatGrowsUntilItIsSeenAgain()
    {
        await using TestStore hears = await TestStore.StartAsync(postgres.ConnectionString, Often);
        await using TestStore reads = await TestStore.StartAsync(postgres.ConnectionString, Often);
        Assert.DoesNotContain("node", await AgesAsync(reads));

        hears.Presence.Seen("node");

        await Wait.UntilAsync(async () => (await AgeAsync(reads) is not null, "no age"), "the node to be known");
        await Wait.UntilAsync(async () => (await AgeAsync(reads) > TimeSpan.FromSeconds(1), $"{await AgeAsync(reads)}"), "the age to grow");
        TimeSpan old = (await AgeAsync(reads))!.Value;
        hears.Presence.Seen("node");
        await Wait.UntilAsync(async () => (await AgeAsync(reads) < old, $"{await AgeAsync(reads)}"), "the age to fall");
        Assert.True(await AgeAsync(reads) >= TimeSpan.Zero);
    }

    [Fact]
    public async Task SignOfLifeThatIsStoredLate_CountsFromWhenItWasSeen()
    {
        await using TestStore store = await TestStore.StartAsync(postgres.ConnectionString, Often);
        await Wait.UntilAsync(() => store.Presence.StoredWithoutGapSince is not null, "the first store");
        TimeSpan hung;
        await using (await Sql.LockAsync(postgres.ConnectionString, "node_presence"))
        {
            store.Presence.Seen("late");
            long seen = Stopwatch.GetTimestamp();
            await Wait.UntilAsync(() => store.Presence.StoredWithoutGapSince is null, "storing to be overdue");
            hung = Stopwatch.GetElapsedTime(seen);
        }

        await Wait.UntilAsync(async () => (await AgeAsync(store, "late") is not null, "no age"), "the node to be known");
        TimeSpan? age = await AgeAsync(store, "late");

        // The way of the statement to the database is the only time that is lost; counted from when it was stored, the age would be next to nothing.
        Assert.True(age >= hung / 2, $"age {age}, storing hung for {hung}");
    }

    [Fact]
    public async Task StoredWithoutGapSince_IsNullWhileStoringHangs_AndBeginsAnewAfterwards()
    {
        await using TestStore store = await TestStore.StartAsync(postgres.ConnectionString, Often);
        await Wait.UntilAsync(() => store.Presence.StoredWithoutGapSince is not null, "the first store");
        long locked;
        await using (await Sql.LockAsync(postgres.ConnectionString, "node_presence"))
        {
            locked = Stopwatch.GetTimestamp();
            await Wait.UntilAsync(() => store.Presence.StoredWithoutGapSince is null, "storing to be overdue");
        }

        await Wait.UntilAsync(() => store.Presence.StoredWithoutGapSince is not null, "the first store after the gap");
        Assert.True(store.Presence.StoredWithoutGapSince > locked, $"{store.Presence.StoredWithoutGapSince} is before the gap at {locked}");
    }

    /// <summary>Overdue after 0.9 s.</summary>
    private static void Often(StoreOptions options) => options.PresenceInterval = TimeSpan.FromMilliseconds(300);

    private static Task<IReadOnlyDictionary<string, TimeSpan>> AgesAsync(TestStore store) => store.Presence.ReadAgesAsync(CancellationToken.None);

    private static async Task<TimeSpan?> AgeAsync(TestStore store, string node = "node") =>
        (await AgesAsync(store)).TryGetValue(node, out TimeSpan age) ? age : null;
}
