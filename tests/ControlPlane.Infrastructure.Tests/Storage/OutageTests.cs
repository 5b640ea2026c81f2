using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Infrastructure.EmbeddedPostgres;
using ControlPlane.Infrastructure.Tokens;
using ControlPlane.Testing;
using Microsoft.Extensions.Hosting;

namespace ControlPlane.Infrastructure.Tests.Storage;

public class OutageTests
{
    [Fact]
    public async Task PostgresStoppedAndStartedAgain_NothingCrashes_AndAllRecovers()
    {
        using TemporaryFolder folder = new("stopped");
        EmbeddedPostgresCluster cluster = await PostgresFixture.StartOwnClusterAsync(folder);
        await using TestStore store = await TestStore.StartAsync(cluster.ConnectionString, options => options.PresenceInterval = TimeSpan.FromMilliseconds(300));
        using ChangeSubscription subscription = store.Cache.SubscribeFromNow();
        Pod before = Objects.Pod("before");
        await store.StoreAsync(new Write.Create(before));
        await store.Tokens.PutAsync("admin", TokenRole.Admin, "secret", CancellationToken.None);
        Assert.NotNull(await store.Tokens.AuthenticateAsync("secret", CancellationToken.None));
        long epoch = Assert.NotNull(await store.Lease.TryHoldAsync(CancellationToken.None));
        await Wait.UntilAsync(() => store.Presence.StoredWithoutGapSince is not null, "signs of life to be stored");
        long storedSince = store.Presence.StoredWithoutGapSince!.Value;

        await cluster.DisposeAsync();

        await Wait.UntilAsync(() => store.Presence.StoredWithoutGapSince is null, "the gap to be noticed");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.CommitAsync(new Write.Create(Objects.Pod("during"))));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.Cache.WaitForLatestAsync(CancellationToken.None));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.Lease.TryHoldAsync(CancellationToken.None));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.Presence.ReadAgesAsync(CancellationToken.None));
        Assert.NotNull(await store.Tokens.AuthenticateAsync("secret", CancellationToken.None));
        Assert.NotNull(store.Cache.Find(ResourceKinds.Pod, before.Key));

        await using EmbeddedPostgresCluster again = await PostgresFixture.StartOwnClusterAsync(folder);

        await Wait.UntilAsync(() => store.Presence.StoredWithoutGapSince > storedSince, "signs of life to be stored again");
        Assert.Equal(epoch, await store.Lease.TryHoldAsync(CancellationToken.None));
        long revision = await store.StoreAsync(new Write.Create(Objects.Pod("after")));
        await store.Cache.WaitForLatestAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
        ImmutableArray<Change> changes = await subscription.ReadUntilAsync(revision);
        Assert.Equal([(1L, "before"), (2L, "after")], changes.Select(change => (change.Revision, change.Object.Name)));
        Assert.All(store.Get<IEnumerable<IHostedService>>().OfType<BackgroundService>(), service => Assert.False(service.ExecuteTask!.IsCompleted));
    }
}
