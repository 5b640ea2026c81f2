using ControlPlane.Domain.Commits;
using ControlPlane.Infrastructure.Storage.Watching;
using ControlPlane.Testing;

namespace ControlPlane.Infrastructure.Tests.Storage.Watching;

public class ChangeRingTests
{
    [Theory]
    [InlineData(100, 1_000, new long[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData(4, 1_000, new long[] { 3, 4, 5, 6 })]
    [InlineData(100, 30, new long[] { 4, 5, 6 })]
    [InlineData(100, 29, new long[] { 5, 6 })]
    [InlineData(100, 1, new long[] { 6 })]
    public void Add_BeyondABound_DropsTheOldestUntilItFits(int countMax, long bytesMax, long[] kept)
    {
        ChangeRing ring = Ring(countMax, bytesMax);
        for (long revision = 1; revision <= 6; revision++)
        {
            ring.Add(Change(revision, bytes: 10));
        }

        Assert.Equal(kept, ring.After(ring.Floor, 100).Select(change => change.Revision));
        Assert.Equal(kept[0] - 1, ring.Floor);
    }

    [Fact]
    public void Add_OfOneLargeChange_DropsAsManySmallOnes_AndRoomIsThereAgainAfterIt()
    {
        ChangeRing ring = Ring(countMax: 100, bytesMax: 50);
        ring.Add(Change(1, bytes: 10));
        ring.Add(Change(2, bytes: 10));
        ring.Add(Change(3, bytes: 45));
        Assert.Equal(2, ring.Floor);

        ring.Add(Change(4, bytes: 20));
        ring.Add(Change(5, bytes: 30));
        Assert.Equal([4L, 5L], ring.After(3, 100).Select(change => change.Revision));
        ring.Clear(floor: 5);
        ring.Add(Change(6, bytes: 50));
        Assert.Equal([6L], ring.After(5, 100).Select(change => change.Revision));
    }

    /// <summary>Its watch ends with 410, and the client lists again.</summary>
    [Fact]
    public async Task SubscriberBehindTheBytes_IsCutOff()
    {
        await using TestStore store = await TestStore.StartAsync(await PostgresFixture.CreateDatabaseAsync(), options => options.RecentChangesBytesMax = 2_000);
        using ChangeSubscription behind = store.Cache.SubscribeFromNow();
        for (int i = 0; i < 20; i++)
        {
            await store.StoreAsync(new Write.Create(Objects.Pod($"large-{i}", image: new string('x', 400))));
        }

        await Assert.ThrowsAsync<RevisionCompactedException>(async () => await behind.ReadAsync(CancellationToken.None));
        using ChangeSubscription current = store.Cache.SubscribeAfter(19);
        Assert.Equal([20L], (await current.ReadUntilAsync(20)).Select(change => change.Revision));
    }

    private static ChangeRing Ring(int countMax, long bytesMax) => new(countMax, bytesMax, TimeSpan.FromMinutes(5), TimeProvider.System);

    private static SizedChange Change(long revision, int bytes) => new(new Change(revision, ChangeOperation.Added, Objects.Pod($"pod-{revision}"), null), bytes);
}
