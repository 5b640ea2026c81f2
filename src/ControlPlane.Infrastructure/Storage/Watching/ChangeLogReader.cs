using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Npgsql;

namespace ControlPlane.Infrastructure.Storage.Watching;

/// <summary>All objects at one revision, and how it came to that lately.</summary>
internal sealed record LoadedStore(
    string Identity, ValueList<LostRevisions> Lost, long Revision, ImmutableDictionary<string, ImmutableSortedDictionary<ObjectKey, Resource>> Objects, RecentChanges Recent);

/// <summary>A part of the change log, read in one snapshot of the database.</summary>
/// <param name="HasMoved">The database is not where the store last was.</param>
/// <param name="StoreRevision">The store's revision in that snapshot.</param>
/// <param name="Compacted">Changes up to this revision may be missing from the log.</param>
/// <param name="IsFull">There may be more after the last of these changes.</param>
internal sealed record ReadChanges(string Identity, bool HasMoved, long StoreRevision, long Compacted, bool IsFull, ImmutableArray<LoggedChange> Changes)
{
    /// <summary>What has been read is complete up to this revision.</summary>
    public long Revision => IsFull ? Changes[^1].Revision : StoreRevision;
}

/// <summary>An entry of the change log.</summary>
/// <param name="Entry">The object as the entry holds it: as the change left it, or nothing of it but its status.</param>
/// <param name="IsOfStatusAlone">The entry holds the status alone: metadata and spec are as the change at its desired revision left them.</param>
/// <param name="Bytes">Of the entry's JSON.</param>
internal sealed record LoggedChange(ChangeOperation Operation, ResourceKind Kind, Resource Entry, bool IsOfStatusAlone, int Bytes)
{
    public long Revision { get; } = Entry.Metadata.Revision;

    public long DesiredRevision { get; } = Entry.Metadata.DesiredRevision;

    /// <summary>Whether an object has the metadata and the spec that the change left as they were.</summary>
    public bool IsOf([NotNullWhen(true)] Resource? known) =>
        known is not null && known.Uid == Entry.Uid && known.Metadata.DesiredRevision == DesiredRevision;

    /// <summary>The object as the change left it; null when the entry holds the status alone and belongs to another object than the known one.</summary>
    /// <param name="known">The object at any revision that has the change's metadata and spec; it shares them with the result.</param>
    public Resource? ResultOn(Resource? known)
    {
        if (!IsOfStatusAlone)
        {
            return Entry;
        }

        return IsOf(known) ? ResourceColumns.Stamped(ResourceColumns.WithStatusOf(known, Entry), Revision, DesiredRevision) : null;
    }
}

/// <summary>Reads tables and change log, each time in one snapshot of the database.</summary>
internal static class ChangeLogReader
{
    /// <summary>The columns of the change log that <see cref="ReadChange"/> reads.</summary>
    public const string LogColumns = "namespace, name, uid, revision, desired_revision, metadata, labels, spec, status, operation, kind";

    public const string BeginSnapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

    /// <summary>The columns of a kind's table that <see cref="ReadObject"/> reads.</summary>
    public const string Columns = "namespace, name, uid, resource_version, desired_revision, metadata, labels, spec, status";

    /// <summary>Reads all objects, and the recent changes within limits if they are asked for.</summary>
    public static async Task<LoadedStore> LoadAsync(NpgsqlConnection connection, RecentChangesLimits? recent, CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction snapshot = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        string identity;
        long revision;
        await using (NpgsqlCommand store = new("SELECT identity, revision FROM store", connection, snapshot))
        await using (NpgsqlDataReader reader = await store.ExecuteReaderAsync(cancellationToken))
        {
            await reader.ReadAsync(cancellationToken);
            identity = reader.GetGuid(0).ToString();
            revision = reader.GetInt64(1);
        }

        List<LostRevisions> lost = [];
        await using (NpgsqlCommand ranges = new("SELECT \"after\", \"before\" FROM lost_revisions ORDER BY 1", connection, snapshot))
        await using (NpgsqlDataReader reader = await ranges.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                lost.Add(new LostRevisions(reader.GetInt64(0), reader.GetInt64(1)));
            }
        }

        ImmutableDictionary<string, ImmutableSortedDictionary<ObjectKey, Resource>>.Builder objects =
            ImmutableDictionary.CreateBuilder<string, ImmutableSortedDictionary<ObjectKey, Resource>>(StringComparer.Ordinal);
        foreach (ResourceKind kind in ResourceKinds.All)
        {
            objects[kind.Kind] = await LoadAsync(connection, snapshot, kind, cancellationToken);
        }

        RecentChanges changes = recent is null ? RecentChanges.NoneBefore(revision) : await RecentChangesReader.ReadAsync(connection, recent, objects, cancellationToken);
        await snapshot.CommitAsync(cancellationToken);
        return new LoadedStore(identity, [.. lost], revision, objects.ToImmutable(), changes);
    }

    /// <summary>Reads the changes after a revision, in order and at most so many, in one round trip.</summary>
    public static async Task<ReadChanges> ReadAsync(NpgsqlConnection connection, long after, int max, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = new(connection)
        {
            BatchCommands =
            {
                new(BeginSnapshot),
                new(StorePlace.Query),
                new("SELECT identity, revision, compacted_revision, home, timeline FROM store"),
                new($"SELECT {LogColumns} FROM changes WHERE revision > $1 ORDER BY revision LIMIT $2")
                {
                    Parameters = { new() { Value = after }, new() { Value = (long)max } },
                },
                new("COMMIT"),
            },
        };
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        StorePlace place = StorePlace.Read(reader);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        string identity = reader.GetGuid(0).ToString();
        long revision = reader.GetInt64(1);
        long compacted = reader.GetInt64(2);
        bool hasMoved = reader.IsDBNull(3) || place != StorePlace.Read(reader, 3);
        await reader.NextResultAsync(cancellationToken);
        ImmutableArray<LoggedChange>.Builder changes = ImmutableArray.CreateBuilder<LoggedChange>();
        while (await reader.ReadAsync(cancellationToken))
        {
            changes.Add(ReadChange(reader));
        }

        return new ReadChanges(identity, hasMoved, revision, compacted, changes.Count == max, changes.ToImmutable());
    }

    /// <summary>Reads a row of <see cref="LogColumns"/>.</summary>
    /// <exception cref="InvalidOperationException">It holds what this version does not know. Whoever follows the log must not go on.</exception>
    public static LoggedChange ReadChange(NpgsqlDataReader reader)
    {
        (ChangeOperation operation, bool isOfStatusAlone) = reader.GetChar(9) switch
        {
            'A' => (ChangeOperation.Added, false),
            'M' => (ChangeOperation.Modified, false),
            'S' => (ChangeOperation.Modified, true),
            'D' => (ChangeOperation.Deleted, false),
            char other => throw new InvalidOperationException($"The change log holds the operation {other}."),
        };
        ResourceKind kind = ResourceKinds.Find(reader.GetString(10))
            ?? throw new InvalidOperationException($"The change log holds the kind {reader.GetString(10)}, which this version does not know.");
        ResourceColumns columns = isOfStatusAlone ? ResourceColumns.OfStatus(Optional(reader, 8)) : ReadColumns(reader);
        return new LoggedChange(operation, kind, ToResource(reader, kind, columns), isOfStatusAlone, columns.Length);
    }

    /// <summary>Reads a row of <see cref="Columns"/>.</summary>
    public static Resource ReadObject(NpgsqlDataReader reader, ResourceKind kind) => ToResource(reader, kind, ReadColumns(reader));

    /// <summary>Reads all rows of <see cref="Columns"/> of a result.</summary>
    public static async Task<ImmutableSortedDictionary<ObjectKey, Resource>> ReadObjectsAsync(NpgsqlDataReader reader, ResourceKind kind, CancellationToken cancellationToken)
    {
        ImmutableSortedDictionary<ObjectKey, Resource>.Builder objects = ImmutableSortedDictionary.CreateBuilder<ObjectKey, Resource>();
        while (await reader.ReadAsync(cancellationToken))
        {
            Resource resource = ReadObject(reader, kind);
            objects.Add(resource.Key, resource);
        }

        return objects.ToImmutable();
    }

    private static async Task<ImmutableSortedDictionary<ObjectKey, Resource>> LoadAsync(
        NpgsqlConnection connection, NpgsqlTransaction snapshot, ResourceKind kind, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new($"SELECT {Columns} FROM {kind.Plural}", connection, snapshot) { CommandTimeout = 0 };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await ReadObjectsAsync(reader, kind, cancellationToken);
    }

    private static Resource ToResource(NpgsqlDataReader reader, ResourceKind kind, ResourceColumns columns) => ResourceColumns.ToResource(
        kind, reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetInt64(4), columns);

    private static ResourceColumns ReadColumns(NpgsqlDataReader reader) =>
        new(reader.GetFieldValue<byte[]>(5), Optional(reader, 6), Optional(reader, 7), Optional(reader, 8));

    private static byte[]? Optional(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<byte[]>(column);
}
