using ControlPlane.Domain.Commits;
using ControlPlane.Infrastructure.Tests.Storage;
using ControlPlane.Testing;

namespace ControlPlane.Infrastructure.Tests.Leadership;

public class LeaderLeaseTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const string IsExpired = "SELECT expires_at < clock_timestamp() FROM leader";

    [Fact]
    public async Task LeaseThatRanOut_IsTakenOverInANewTerm_AndTheTermBeforeCommitsNothing()
    {
        await using TestStore first = await TestStore.StartAsync(postgres.ConnectionString, options => options.LeaseDuration = TimeSpan.FromMilliseconds(200));
        await using TestStore second = await TestStore.StartAsync(postgres.ConnectionString);
        long epoch = await HoldAsync(first);
        await WaitUntilExpiredAsync();

        Assert.Equal(epoch + 1, await second.Lease.TryHoldAsync(CancellationToken.None));
        Assert.Null(await first.Lease.TryHoldAsync(CancellationToken.None));

        Assert.Equal(RefusalReason.StaleEpoch, Assert.IsType<UnitResult.Refused>(await CommitAsync(first, epoch)).Reason);
        Assert.IsType<UnitResult.Committed>(await CommitAsync(first, epoch + 1));
        await second.Lease.ReleaseAsync(CancellationToken.None);
    }

    /// <summary>As when the holder's process is killed: the database sees its connection end.</summary>
    [Fact]
    public async Task HoldersSessionThatEnds_FreesTheLeaseAtOnce()
    {
        await using TestStore first = await TestStore.StartAsync(postgres.ConnectionString);
        await using TestStore second = await TestStore.StartAsync(postgres.ConnectionString);
        long epoch = await HoldAsync(first);
        Assert.Null(await second.Lease.TryHoldAsync(CancellationToken.None));

        await EndHoldersSessionAsync();

        await Wait.UntilAsync(async () => (await second.Lease.TryHoldAsync(CancellationToken.None) == epoch + 1, "it does not hold"), "the other to hold");
        Assert.Null(await first.Lease.TryHoldAsync(CancellationToken.None));
        Assert.Equal(RefusalReason.StaleEpoch, Assert.IsType<UnitResult.Refused>(await CommitAsync(first, epoch)).Reason);
        await second.Lease.ReleaseAsync(CancellationToken.None);
    }

    [Fact]
    public async Task HoldersSessionThatEnds_IsFollowedByAnotherInTheSameTerm_WhenNobodyWasQuicker()
    {
        await using TestStore first = await TestStore.StartAsync(postgres.ConnectionString);
        await using TestStore second = await TestStore.StartAsync(postgres.ConnectionString);
        long epoch = await HoldAsync(first);

        await EndHoldersSessionAsync();

        await Wait.UntilAsync(async () => (await LocksAsync() == 0, "its lock is there"), "the session to end");
        Assert.Equal(epoch, await first.Lease.TryHoldAsync(CancellationToken.None));
        Assert.Equal(1, await LocksAsync());
        Assert.Null(await second.Lease.TryHoldAsync(CancellationToken.None));
        await first.Lease.ReleaseAsync(CancellationToken.None);
    }

    [Fact]
    public async Task LeaseThatRanOutAndNobodyTook_GoesOnInTheSameTerm()
    {
        await using TestStore store = await TestStore.StartAsync(postgres.ConnectionString, options => options.LeaseDuration = TimeSpan.FromMilliseconds(1));
        long epoch = await HoldAsync(store);
        await WaitUntilExpiredAsync();

        Assert.Equal(epoch, await store.Lease.TryHoldAsync(CancellationToken.None));
        Assert.IsType<UnitResult.Committed>(await CommitAsync(store, epoch));
        await store.Lease.ReleaseAsync(CancellationToken.None);
    }

    [Fact]
    public async Task ManyWhoTryAtOnce_OnlyOneHolds()
    {
        await using TestStore first = await TestStore.StartAsync(postgres.ConnectionString);
        await using TestStore second = await TestStore.StartAsync(postgres.ConnectionString);

        long?[] held = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => (i % 2 == 0 ? first : second).Lease.TryHoldAsync(CancellationToken.None)));

        long?[] ofFirst = [.. held.Where((_, i) => i % 2 == 0)];
        long?[] ofSecond = [.. held.Where((_, i) => i % 2 == 1)];
        Assert.True(ofFirst.Any(epoch => epoch is not null) != ofSecond.Any(epoch => epoch is not null), $"held: {string.Join(' ', held)}");
        Assert.Single(held.Where(epoch => epoch is not null).Distinct());
        await first.Lease.ReleaseAsync(CancellationToken.None);
        await second.Lease.ReleaseAsync(CancellationToken.None);
    }

    private async Task EndHoldersSessionAsync() =>
        Assert.Equal(true, await Sql.ScalarAsync(postgres.ConnectionString, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2"));

    private async Task<long> LocksAsync() =>
        (long)(await Sql.ScalarAsync(postgres.ConnectionString, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2"))!;

    private static async Task<long> HoldAsync(TestStore store) => Assert.NotNull(await store.Lease.TryHoldAsync(CancellationToken.None));

    private static Task<UnitResult> CommitAsync(TestStore store, long epoch) => store.CommitAsync(
        Objects.Unit(new Write.Create(Objects.Pod($"pod-{Guid.NewGuid():N}"))) with { Preconditions = [new Precondition.LeaderEpoch(epoch)] });

    private Task WaitUntilExpiredAsync() => Wait.UntilAsync(
        async () => (await Sql.ScalarAsync(postgres.ConnectionString, IsExpired) is true, "it still holds"), "the lease to run out");
}
