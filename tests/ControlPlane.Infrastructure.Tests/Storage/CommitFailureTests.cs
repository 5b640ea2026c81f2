using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Testing;

namespace ControlPlane.Infrastructure.Tests.Storage;

/// <summary>Commits that fail half-way, by triggers that a test adds to the database.</summary>
public sealed class CommitFailureTests : IAsyncLifetime
{
    private string database = "";
    private TestStore store = null!;

    public async Task InitializeAsync()
    {
        database = await PostgresFixture.CreateDatabaseAsync();
        store = await TestStore.StartAsync(database);
    }

    public async Task DisposeAsync() => await store.DisposeAsync();

    [Fact]
    public async Task ConnectionThatBreaksInALaterTransactionOfTheCall_IsAnUnknownOutcome_AndWhatCameBeforeIsStored()
    {
        await Sql.ExecuteAsync(
            database,
            """
            CREATE FUNCTION break_connection() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
            CREATE CONSTRAINT TRIGGER break AFTER INSERT ON pods DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (NEW.name = 'breaks') EXECUTE FUNCTION break_connection();
            """);
        Pod pod = Objects.Pod("twice", image: "hello:1");
        Pod bad = Objects.Pod("bad") with { Spec = new PodSpec { Overhead = new Domain.Resources.Values.RawJson("""{"a":"\ud800"}""") } };

        // The second update waits for a transaction of its own, and so does all that follows it.
        ImmutableArray<CommitUnit> units =
        [
            Objects.Unit(new Write.Create(pod)),
            Objects.Unit(new Write.Create(bad)),
            Objects.Unit(new Write.Update(Objects.Pod("twice", pod.Uid, "hello:2"), ResourceParts.Desired)),
            Objects.Unit(new Write.Create(Objects.Pod("breaks"))),
            Objects.Unit(new Write.Update(Objects.Pod("twice", pod.Uid, "hello:3"), ResourceParts.Desired)),
        ];
        await Assert.ThrowsAsync<CommitOutcomeUnknownException>(() => store.Store.CommitAsync(units, CancellationToken.None));

        await store.Cache.WaitForLatestAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("hello:1", store.Find<Pod>(pod.Key).Spec.Containers[0].Image);
        Assert.Equal(1, store.Cache.Revision);
        Assert.Equal(2, await store.StoreAsync(new Write.Create(Objects.Pod("after"))));
    }

    [Fact]
    public async Task WriteThatDoesNotFindItsRow_UndoesTheTransaction()
    {
        Pod pod = Objects.Pod("stubborn");
        await store.StoreAsync(new Write.Create(pod));
        await Sql.ExecuteAsync(
            database,
            """
            CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
            CREATE TRIGGER skip BEFORE UPDATE ON pods FOR EACH ROW EXECUTE FUNCTION skip();
            """);

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => store.CommitAsync(new Write.Create(Objects.Pod("beside")), new Write.Update(pod, ResourceParts.Status)));

        Assert.Contains("somebody else than the store", error.Message, StringComparison.Ordinal);
        Assert.Equal(1L, await Sql.ScalarAsync(database, "SELECT revision FROM store"));
        Assert.Equal(0L, await Sql.ScalarAsync(database, "SELECT count(*) FROM pods WHERE name = 'beside'"));
        Assert.Equal(2, await store.StoreAsync(new Write.Create(Objects.Pod("after"))));
    }
}
