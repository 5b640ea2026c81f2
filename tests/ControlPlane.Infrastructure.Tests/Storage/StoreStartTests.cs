using ControlPlane.Domain.Commits;
using ControlPlane.Testing;

namespace ControlPlane.Infrastructure.Tests.Storage;

public class StoreStartTests
{
    [Fact]
    public async Task ReplicasThatStartTogetherOnAnEmptyDatabase_AgreeOnOneStore()
    {
        string database = await PostgresFixture.CreateDatabaseAsync();

        TestStore[] replicas = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => TestStore.StartAsync(database)));

        try
        {
            Assert.Single(replicas.Select(replica => replica.Cache.StoreIdentity).Distinct());
            Assert.Equal(1L, await Sql.ScalarAsync(database, "SELECT count(*) FROM store"));
            long[] revisions = await Task.WhenAll(replicas.Select((replica, i) => replica.StoreAsync(new Write.Create(Objects.Pod($"pod-{i}")))));
            Assert.Equal([1, 2, 3, 4], revisions.Order());
        }
        finally
        {
            foreach (TestStore replica in replicas)
            {
                await replica.DisposeAsync();
            }
        }
    }
}
