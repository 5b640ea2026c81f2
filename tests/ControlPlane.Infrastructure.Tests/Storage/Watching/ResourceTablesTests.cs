using System.Collections.Immutable;
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
            KindSnapshot read = Assert.Single(await tables.ReadAsync([new KindScope(kind, "")], CancellationToken.None));
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

        KindSnapshot read = Assert.Single(await store.Get<IResourceTables>().ReadAsync([new KindScope(ResourceKinds.Pod, "default")], CancellationToken.None));

        Assert.Equal(["default/here"], read.Objects.Keys.Select(key => key.ToString()));
    }

    /// <summary>A writer that puts one pod and one node into each unit: whoever sees n of the one sees n of the other.</summary>
    [Fact]
    public async Task SeveralKinds_AreReadAtOneRevision()
    {
        await using TestStore store = await TestStore.StartAsync(await PostgresFixture.CreateDatabaseAsync());
        IResourceTables tables = store.Get<IResourceTables>();
        Task writing = WriteAsync();
        do
        {
            ImmutableArray<KindSnapshot> read = await tables.ReadAsync([new KindScope(ResourceKinds.Pod, "default"), new KindScope(ResourceKinds.Node, "")], CancellationToken.None);
            Assert.Equal(read[0].Revision, read[1].Revision);
            Assert.Equal(read[0].Objects.Count, read[1].Objects.Count);
        }
        while (!writing.IsCompleted);
        await writing;

        async Task WriteAsync()
        {
            for (int i = 0; i < 50; i++)
            {
                await store.StoreAsync(new Write.Create(Objects.Pod($"pod-{i}")), new Write.Create(Sample(ResourceKinds.Node, $"{i}")));
            }
        }
    }

    private static Resource Sample(ResourceKind kind, string name)
    {
        Resource empty = (Resource)Activator.CreateInstance(kind.Type)!;
        return empty with { ApiVersion = kind.ApiVersion, Kind = kind.Kind, Metadata = Objects.Meta($"{kind.Plural}-{name}", $"{kind.Kind}-{name}") };
    }
}
