using ControlPlane.Infrastructure.Idempotency;
using ControlPlane.Infrastructure.Tests.Storage;
using ControlPlane.Testing;

namespace ControlPlane.Infrastructure.Tests.Idempotency;

public sealed class IdempotentResultsTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private readonly string key = Guid.NewGuid().ToString();
    private TestStore store = null!;
    private TestStore other = null!;

    private IIdempotentResults Results => store.Get<IIdempotentResults>();

    private IIdempotentResults OfOtherReplica => other.Get<IIdempotentResults>();

    public async Task InitializeAsync()
    {
        store = await TestStore.StartAsync(postgres.ConnectionString);
        other = await TestStore.StartAsync(postgres.ConnectionString);
    }

    public async Task DisposeAsync()
    {
        await store.DisposeAsync();
        await other.DisposeAsync();
    }

    [Fact]
    public async Task Claim_OfAKnownKey_GivesTheFirstResultOnEachReplica()
    {
        KeyClaim.Taken claim = await TakeAsync("ci", "body");
        await Results.CompleteAsync(claim, "first", CancellationToken.None);

        Assert.Equal(new KeyClaim.Known("first"), await Results.ClaimAsync("ci", key, "body", CancellationToken.None));
        Assert.Equal(new KeyClaim.Known("first"), await OfOtherReplica.ClaimAsync("ci", key, "body", CancellationToken.None));
    }

    [Fact]
    public async Task Claim_OfManyAtOnce_IsTakenByOne()
    {
        KeyClaim[] claims = await Task.WhenAll(Enumerable.Range(0, 16).Select(
            i => (i % 2 == 0 ? Results : OfOtherReplica).ClaimAsync("ci", key, "body", CancellationToken.None)));

        Assert.Single(claims.OfType<KeyClaim.Taken>());
        Assert.Equal(15, claims.OfType<KeyClaim.Busy>().Count());
    }

    [Fact]
    public async Task Claim_WithAnotherRequest_IsAMismatch_AndOfAnotherCallerItsOwn()
    {
        await TakeAsync("ci", "body");

        Assert.IsType<KeyClaim.Mismatch>(await OfOtherReplica.ClaimAsync("ci", key, "other body", CancellationToken.None));
        Assert.IsType<KeyClaim.Taken>(await OfOtherReplica.ClaimAsync("someone else", key, "other body", CancellationToken.None));
    }

    [Fact]
    public async Task Release_GivesTheKeyBack_ButNeverAResult()
    {
        KeyClaim.Taken first = await TakeAsync("ci", "body");
        await Results.ReleaseAsync(first, CancellationToken.None);
        KeyClaim.Taken second = await TakeAsync("ci", "another body");
        await Results.CompleteAsync(second, "kept", CancellationToken.None);

        await Results.ReleaseAsync(second, CancellationToken.None);

        Assert.Equal(new KeyClaim.Known("kept"), await Results.ClaimAsync("ci", key, "another body", CancellationToken.None));
    }

    [Theory]
    [InlineData("59 seconds", false)]
    [InlineData("61 seconds", true)]
    public async Task Claim_OfAReplicaThatDied_HoldsForAMinute(string ago, bool isFree)
    {
        KeyClaim.Taken dead = await TakeAsync("ci", "body");
        await AgeAsync(ago);

        KeyClaim next = await OfOtherReplica.ClaimAsync("ci", key, "body", CancellationToken.None);

        Assert.Equal(isFree, next is KeyClaim.Taken);
        await Results.CompleteAsync(dead, "too late", CancellationToken.None);
        Assert.Equal(!isFree, await Results.ClaimAsync("ci", key, "body", CancellationToken.None) is KeyClaim.Known);
    }

    [Theory]
    [InlineData("23 hours", false)]
    [InlineData("25 hours", true)]
    public async Task Result_IsKeptForADay(string ago, bool isForgotten)
    {
        await Results.CompleteAsync(await TakeAsync("ci", "body"), "old", CancellationToken.None);
        await AgeAsync(ago);

        await Results.ClaimAsync("ci", Guid.NewGuid().ToString(), "body", CancellationToken.None);

        Assert.Equal(isForgotten ? 0L : 1L, await Sql.ScalarAsync(postgres.ConnectionString, $"SELECT count(*) FROM idempotent_results WHERE key = '{key}'"));
    }

    [Fact]
    public async Task Claim_BeyondTheMostKeysKept_ForgetsTheOldest()
    {
        await Results.CompleteAsync(await TakeAsync("ci", "body"), "oldest", CancellationToken.None);
        await AgeAsync("1 hour");
        await Sql.ExecuteAsync(
            postgres.ConnectionString,
            "INSERT INTO idempotent_results (actor, key, fingerprint, claim, claimed_at) SELECT 'many', n::text, '', gen_random_uuid(), now() FROM generate_series(1, 10000) n");

        await Results.ClaimAsync("ci", Guid.NewGuid().ToString(), "body", CancellationToken.None);

        Assert.Equal(0L, await Sql.ScalarAsync(postgres.ConnectionString, $"SELECT count(*) FROM idempotent_results WHERE key = '{key}'"));
        await Sql.ExecuteAsync(postgres.ConnectionString, "DELETE FROM idempotent_results");
    }

    private async Task<KeyClaim.Taken> TakeAsync(string actor, string fingerprint) =>
        Assert.IsType<KeyClaim.Taken>(await Results.ClaimAsync(actor, key, fingerprint, CancellationToken.None));

    private Task AgeAsync(string ago) =>
        Sql.ExecuteAsync(postgres.ConnectionString, $"UPDATE idempotent_results SET claimed_at = now() - interval '{ago}' WHERE key = '{key}'");
}
