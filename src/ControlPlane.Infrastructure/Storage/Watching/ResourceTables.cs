using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using Npgsql;

namespace ControlPlane.Infrastructure.Storage.Watching;

/// <summary>Reads the kinds' tables, each time in one snapshot of the database.</summary>
internal sealed class ResourceTables(Database database) : IResourceTables
{
    public Task<StoredObject> FindAsync(ResourceKind kind, ObjectKey key, CancellationToken cancellationToken) => database.AskAsync(
        async connection =>
        {
            await using NpgsqlCommand find = new(
                $"SELECT {ChangeLogReader.Columns}, store.revision FROM store LEFT JOIN {kind.Plural} ON namespace = $1 AND name = $2", connection)
            {
                Parameters = { new() { Value = key.Namespace }, new() { Value = key.Name } },
            };
            await using NpgsqlDataReader reader = await find.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            return new StoredObject(reader.GetInt64(reader.FieldCount - 1), reader.IsDBNull(0) ? null : ChangeLogReader.ReadObject(reader, kind));
        },
        cancellationToken);

    public Task<ImmutableArray<KindSnapshot>> ReadAsync(IReadOnlyList<KindScope> scopes, CancellationToken cancellationToken) => database.AskAsync(
        async connection =>
        {
            await using NpgsqlBatch batch = new(connection) { BatchCommands = { new(ChangeLogReader.BeginSnapshot), new("SELECT revision FROM store") } };
            foreach (KindScope scope in scopes)
            {
                batch.BatchCommands.Add(new($"SELECT {ChangeLogReader.Columns} FROM {scope.Kind.Plural} WHERE $1 IN ('', namespace)")
                {
                    Parameters = { new() { Value = scope.Namespace } },
                });
            }

            batch.BatchCommands.Add(new("COMMIT"));
            await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            long revision = reader.GetInt64(0);
            ImmutableArray<KindSnapshot>.Builder snapshots = ImmutableArray.CreateBuilder<KindSnapshot>(scopes.Count);
            foreach (KindScope scope in scopes)
            {
                await reader.NextResultAsync(cancellationToken);
                snapshots.Add(new KindSnapshot(revision, await ChangeLogReader.ReadObjectsAsync(reader, scope.Kind, cancellationToken)));
            }

            return snapshots.MoveToImmutable();
        },
        cancellationToken);
}
