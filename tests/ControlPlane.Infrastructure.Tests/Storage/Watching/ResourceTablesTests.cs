using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Testing;

namespace ControlPlane.Infrastructure.Tests.Storage.Watching;

public class ResourceTablesTests
{
    [Fact]
    public async Task EachKind_IsReadAsTheCacheHasIt()
    {
        await using TestStore store = await TestStore.StartAsync(await PostgresFixture.CreateDatabaseAsync());
        await store.StoreAsync([.. ResourceKinds.All.Select(kind => new Write.Create(Sample(kind, "one"))), .. ResourceKinds.All.Select(kind => new Write.Create(Sample(kind, "two")))]);
        IResourceTables tables = store.Get<IResourceTables>();

        foreach (ResourceKind kind in ResourceKinds.All)
        {
            KindSnapshot cached = store.Cache.Snapshot(kind);
            KindSnapshot read = await tables.ReadAsync(kind, "", CancellationToken.None);
            Assert.Equal(cached.Revision, read.Revision);
            Assert.Equal(cached.Objects.Values, read.Objects.Values);
            Resource first = cached.Objects.Values.First();
            Assert.Equal(new StoredObject(cached.Revision, first), await tables.FindAsync(kind, first.Key, CancellationToken.None));
            Assert.Equal(new StoredObject(cached.Revision, null), await tables.FindAsync(kind, new ObjectKey(first.Namespace, "none"), CancellationToken.None));
        }
    }

    [Fact]
    public async Task ANamespace_IsReadAlone()
    {
        await using TestStore store = await TestStore.StartAsync(await PostgresFixture.CreateDatabaseAsync());
        Pod elsewhere = Objects.Pod("elsewhere");
        await store.StoreAsync(new Write.Create(Objects.Pod("here")), new Write.Create(elsewhere with { Metadata = elsewhere.Metadata with { Namespace = "other" } }));

        KindSnapshot read = await store.Get<IResourceTables>().ReadAsync(ResourceKinds.Pod, "default", CancellationToken.None);

        Assert.Equal(["default/here"], read.Objects.Keys.Select(key => key.ToString()));
    }

    private static Resource Sample(ResourceKind kind, string name)
    {
        Resource empty = (Resource)Activator.CreateInstance(kind.Type)!;
        return empty with { ApiVersion = kind.ApiVersion, Kind = kind.Kind, Metadata = Objects.Meta($"{kind.Plural}-{name}", $"{kind.Kind}-{name}") };
    }
}
