using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using Npgsql;

namespace ControlPlane.Infrastructure.Storage.Watching;

/// <summary>How many changes are recent, how large they may be together, and for how long.</summary>
internal sealed record RecentChangesLimits(int CountMax, long BytesMax, TimeSpan Retention)
{
    public static RecentChangesLimits Of(StoreOptions options) => new(options.RecentChangesMax, options.RecentChangesBytesMax, options.ChangeRetention);
}

/// <summary>Every change after a revision, in order.</summary>
internal sealed record RecentChanges(long After, ImmutableArray<SizedChange> Changes)
{
    public static RecentChanges NoneBefore(long revision) => new(revision, []);
}

/// <summary>
/// Reads the end of the change log as the cache of a process that runs on would remember it. The log holds objects as they are after a
/// change; what they were before is found in the changes before. Where that is compacted, what is read begins after it, for a watch that
/// selects by label could not tell whether the object came, stayed or went. The same holds for a status whose metadata and spec are nowhere any more:
/// neither in the changes read, nor in the present object, nor in the log.
/// </summary>
internal static class RecentChangesReader
{
    /// <remarks>Revisions have no gaps, so the last so many changes are those of the last so many revisions.</remarks>
    private const string FindStart =
        """
        SELECT greatest(
            s.compacted_revision,
            s.revision - $1,
            (SELECT coalesce(max(c.revision), 0) FROM changes c WHERE c.at < now() - $2),
            (SELECT coalesce(max(w.revision), 0) FROM (
                SELECT c.revision, sum(length(concat(c.metadata, c.labels, c.spec, c.status))) OVER (ORDER BY c.revision DESC) AS bytes
                FROM changes c WHERE c.revision > s.revision - $1) w
                WHERE w.bytes > $3 AND w.revision < s.revision))
        FROM store s
        """;

    private const string ReadAfter = $"SELECT {ChangeLogReader.LogColumns} FROM changes WHERE revision > $1 ORDER BY revision";

    private const string ReadLastBefore =
        $"""
        SELECT DISTINCT ON (kind, uid) {ChangeLogReader.LogColumns} FROM changes
        WHERE revision <= $1 AND uid = ANY($2) ORDER BY kind, uid, revision DESC
        """;

    private const string ReadAt = $"SELECT {ChangeLogReader.LogColumns} FROM changes WHERE revision = ANY($1)";

    /// <summary>Reads in the transaction that is open on the connection.</summary>
    /// <param name="connection">To the database.</param>
    /// <param name="limits">How much is read.</param>
    /// <param name="present">All objects, by kind, as they are in that transaction.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<RecentChanges> ReadAsync(
        NpgsqlConnection connection,
        RecentChangesLimits limits,
        IReadOnlyDictionary<string, ImmutableSortedDictionary<ObjectKey, Resource>> present,
        CancellationToken cancellationToken)
    {
        await using NpgsqlCommand findStart = new(FindStart, connection) { Parameters = { new() { Value = (long)limits.CountMax }, new() { Value = limits.Retention }, new() { Value = limits.BytesMax } } };
        long after = (long)(await findStart.ExecuteScalarAsync(cancellationToken))!;
        List<LoggedChange> logged = await ReadAsync(new NpgsqlCommand(ReadAfter, connection) { Parameters = { new() { Value = after } } }, cancellationToken);
        string[] unknown = [.. logged.DistinctBy(Key).Where(change => change.Operation != ChangeOperation.Added).Select(change => change.Entry.Uid)];
        List<LoggedChange> before = await ReadAsync(
            new NpgsqlCommand(ReadLastBefore, connection) { Parameters = { new() { Value = after }, new() { Value = unknown } } }, cancellationToken);
        long[] bases = [.. before.Concat(logged)
            .Where(change => change.IsOfStatusAlone && change.DesiredRevision <= after && !change.IsOf(Present(change)))
            .Select(change => change.DesiredRevision).Distinct()];
        List<LoggedChange> desired = await ReadAsync(new NpgsqlCommand(ReadAt, connection) { Parameters = { new() { Value = bases } } }, cancellationToken);
        Dictionary<long, Resource> desiredAt = desired.ToDictionary(change => change.Revision, change => change.Entry);
        foreach (LoggedChange whole in before.Concat(logged).Where(change => !change.IsOfStatusAlone))
        {
            desiredAt.TryAdd(whole.DesiredRevision, whole.Entry); // a deletion has them as well, and so has a status that was logged whole
        }

        return Connect(
            after,
            before,
            logged,
            (change, known) => change.ResultOn(known) ?? change.ResultOn(Present(change)) ?? change.ResultOn(desiredAt.GetValueOrDefault(change.DesiredRevision)));

        Resource? Present(LoggedChange change) => present[change.Kind.Kind].GetValueOrDefault(change.Entry.Key);
    }

    /// <param name="resultOf">The object as a change left it, by what it was before; null when that is nowhere.</param>
    private static RecentChanges Connect(long after, List<LoggedChange> before, List<LoggedChange> logged, Func<LoggedChange, Resource?, Resource?> resultOf)
    {
        Dictionary<(string, string), Resource?> known = before.ToDictionary(Key, change => resultOf(change, null));
        List<SizedChange> changes = new(logged.Count);
        foreach (LoggedChange change in logged)
        {
            Resource? previous = change.Operation == ChangeOperation.Added ? null : known.GetValueOrDefault(Key(change));
            Resource? result = resultOf(change, previous);
            if (result is null || (previous is null && change.Operation != ChangeOperation.Added))
            {
                changes.Clear();
                after = change.Revision;
            }
            else
            {
                changes.Add(new SizedChange(new Change(change.Revision, change.Operation, result, previous), change.Bytes));
            }

            known[Key(change)] = result;
        }

        return new RecentChanges(after, [.. changes]);
    }

    private static (string Kind, string Uid) Key(LoggedChange change) => (change.Kind.Kind, change.Entry.Uid);

    private static async Task<List<LoggedChange>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using (command)
        {
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
            List<LoggedChange> changes = [];
            while (await reader.ReadAsync(cancellationToken))
            {
                changes.Add(ChangeLogReader.ReadChange(reader));
            }

            return changes;
        }
    }
}
