using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Simulation.Networking;

namespace ControlPlane.Simulation.Storing;

/// <summary>A replica's reads of the database itself.</summary>
internal sealed class SimulatedTables(SimulatedDatabase database, DatabaseLink link) : IResourceTables
{
    public Task<StoredObject> FindAsync(ResourceKind kind, ObjectKey key, CancellationToken cancellationToken) =>
        link.CallAsync(() => new StoredObject(database.Revision, database.All(kind).GetValueOrDefault(key)), cancellationToken);

    public Task<ImmutableArray<KindSnapshot>> ReadAsync(IReadOnlyList<KindScope> scopes, CancellationToken cancellationToken) =>
        link.CallAsync(() => scopes.Select(Read).ToImmutableArray(), cancellationToken);

    private KindSnapshot Read(KindScope scope) => new(
        database.Revision,
        database.All(scope.Kind).Where(item => scope.Namespace.Length == 0 || item.Key.Namespace == scope.Namespace).ToImmutableSortedDictionary(item => item.Key, item => item.Value));
}
