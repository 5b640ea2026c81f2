using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Testing;

namespace ControlPlane.Infrastructure.Tests.Storage.Watching;

public class WaitForLatestTests
{
    [Fact]
    public async Task WhatOneReplicaAcknowledged_TheOtherShowsAfterTheWait()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        await using TestStore writer = await TestStore.StartAsync(database);
        await using TestStore reader = await TestStore.StartAsync(database);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async lane =>
        {
            for (int i = 0; i < 20; i++)
            {
                Pod pod = Objects.Pod($"pod-{lane}-{i}");
                Assert.IsType<UnitResult.Committed>(await writer.CommitAsync(new Write.Create(pod)));
                await reader.Cache.WaitForLatestAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
                Assert.True(reader.Cache.Find(ResourceKinds.Pod, pod.Key) is not null, $"{pod.Name} is not there at revision {reader.Cache.Revision}");
            }
        }));
    }

    [Fact]
    public async Task ManyWaits_ShareOneQuestion_AndNoneEndsBeforeItsAnswer()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();
        await using TestStore store = await TestStore.StartAsync(database);
        Task[] waits;
        await using (await Sql.LockAsync(database, "store"))
        {
            waits = [.. Enumerable.Range(0, 100).Select(_ => store.Cache.WaitForLatestAsync(CancellationToken.None))];
            await Wait.UntilAsync(async () => (await CountQuestionsAsync(database) > 0, "no question"), "a question that waits for the lock");
            waits = [.. waits, .. Enumerable.Range(0, 100).Select(_ => store.Cache.WaitForLatestAsync(CancellationToken.None))];

            Assert.Equal(1L, await CountQuestionsAsync(database));
            Assert.DoesNotContain(waits, wait => wait.IsCompleted);
        }

        await Task.WhenAll(waits).WaitAsync(TimeSpan.FromSeconds(60));
    }

    private static async Task<long> CountQuestionsAsync(string database) => (long)(await Sql.ScalarAsync(
        database,
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = 'SELECT revision FROM store' AND wait_event_type = 'Lock'"))!;
}
