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

    public Task<KindSnapshot> ReadAsync(ResourceKind kind, string @namespace, CancellationToken cancellationToken) => link.CallAsync(
        () => new KindSnapshot(
            database.Revision,
            database.All(kind).Where(item => @namespace.Length == 0 || item.Key.Namespace == @namespace).ToImmutableSortedDictionary(item => item.Key, item => item.Value)),
        cancellationToken);
}
