using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using Npgsql;
using NpgsqlTypes;

namespace ControlPlane.Infrastructure.Storage.Commits;

/// <summary>
/// One transaction of the commit door, in two round trips: lock the revision and read what the rules ask for; write what they accept and
/// commit. Everything is serialized before the lock is taken.
/// </summary>
internal static class CommitTransaction
{
    /// <summary>Commits a group of units, each on its own terms; the results are in the units' order.</summary>
    /// <exception cref="StoreUnavailableException">Nothing is stored.</exception>
    /// <exception cref="CommitOutcomeUnknownException">The commit was sent and its answer was lost.</exception>
    /// <exception cref="PostgresException">PostgreSQL refused a value; nothing is stored.</exception>
    public static async Task<CommitOutcome> RunAsync(NpgsqlConnection connection, IReadOnlyList<PreparedUnit> units, CancellationToken cancellationToken)
    {
        CommitUnit[] asked = [.. units.Select(unit => unit.Unit)];
        (CommitState state, bool logsStatusAlone) = await ReadAsync(connection, CommitReads.Of(asked), cancellationToken);
        CommitOutcome outcome = CommitRules.Evaluate(asked, state);
        if (outcome.IsEmpty)
        {
            await RollbackAsync(connection, cancellationToken);
            return outcome;
        }

        await WriteAsync(connection, units, state.Revision, logsStatusAlone, outcome, cancellationToken);
        return outcome;
    }

    public static async Task RollbackAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand rollback = new("ROLLBACK", connection);
        await rollback.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<(CommitState State, bool LogsStatusAlone)> ReadAsync(NpgsqlConnection connection, CommitReads reads, CancellationToken cancellationToken)
    {
        ILookup<string, ObjectKey> keysOf = reads.Rows.ToLookup(row => row.Kind, row => row.Key, StringComparer.Ordinal);
        ILookup<string, string> uidsOf = reads.Uids.ToLookup(uid => uid.Kind, uid => uid.Uid, StringComparer.Ordinal);
        string[] kinds = [.. keysOf.Select(keys => keys.Key).Order(StringComparer.Ordinal)];
        await using NpgsqlBatch batch = new(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("BEGIN"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(StorePlace.Query));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(CommitStatements.Lock));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT s.revision, l.epoch, s.home, s.timeline, s.logs_status_alone FROM store s CROSS JOIN leader l"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT node, session_id, sequence FROM agent_sessions WHERE node = ANY($1)")
        {
            Parameters = { Texts(reads.Nodes) },
        });
        foreach (string kind in kinds)
        {
            ObjectKey[] keys = [.. keysOf[kind]];
            batch.BatchCommands.Add(new NpgsqlBatchCommand(CommitStatements.Of(kind).Read)
            {
                Parameters =
                {
                    Texts(keys.Select(key => key.Namespace)),
                    Texts(keys.Select(key => key.Name)),
                    Texts(uidsOf[kind]),
                },
            });
        }

        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        StorePlace place = StorePlace.Read(reader);
        await reader.NextResultAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        if (reader.IsDBNull(2) || place != StorePlace.Read(reader, 2))
        {
            throw new StoreUnavailableException("The database was restored or has failed over; its history is being begun anew.");
        }

        CommitState state = new() { Revision = reader.GetInt64(0), LeaderEpoch = reader.GetInt64(1) };
        bool logsStatusAlone = reader.GetBoolean(4);
        await reader.NextResultAsync(cancellationToken);
        ImmutableDictionary<string, AgentSessionState>.Builder sessions = ImmutableDictionary.CreateBuilder<string, AgentSessionState>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            sessions[reader.GetString(0)] = new AgentSessionState(reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetInt64(2));
        }

        Dictionary<RowKey, RowState> rows = new(reads.Rows.Count);
        foreach (string kind in kinds)
        {
            await reader.NextResultAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                rows[new RowKey(kind, new ObjectKey(reader.GetString(0), reader.GetString(1)))] =
                    new RowState(reader.GetString(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetBoolean(5));
            }
        }

        return (state with { Rows = rows, Sessions = sessions.ToImmutable() }, logsStatusAlone);
    }

    private static async Task WriteAsync(
        NpgsqlConnection connection, IReadOnlyList<PreparedUnit> units, long revision, bool logsStatusAlone, CommitOutcome outcome, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = new(connection);
        foreach (IGrouping<string, AcceptedWrite> kind in outcome.Writes.GroupBy(write => write.Write.Kind.Kind, StringComparer.Ordinal))
        {
            CommitStatements statements = CommitStatements.Of(kind.Key);
            // Deletions first: a uid may leave one name and come back under another.
            AddUnlessEmpty(batch, statements.Delete, [.. kind.Where(write => write.Write is Write.Remove)], writes => DeleteParameters(writes, units));
            AddUnlessEmpty(batch, statements.Update, [.. kind.Where(write => write.Write is Write.Update && !IsOfStatusAlone(write))], writes => UpdateParameters(writes, units));
            string updateStatus = logsStatusAlone ? statements.UpdateStatus : statements.UpdateStatusInFull;
            AddUnlessEmpty(batch, updateStatus, [.. kind.Where(IsOfStatusAlone)], writes => UpdateStatusParameters(writes, units));
            AddUnlessEmpty(batch, statements.Insert, [.. kind.Where(write => write.Write is Write.Create)], writes => InsertParameters(writes, units));
        }

        if (!outcome.Sessions.IsEmpty)
        {
            batch.BatchCommands.Add(SetSessions(outcome.Sessions));
        }

        if (!outcome.Writes.IsEmpty)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(CommitStatements.Advance) { Parameters = { new() { Value = revision }, new() { Value = outcome.Revision } } });
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"SELECT pg_notify('{CommitStatements.ChangesChannel}', '')"));
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
        try
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException error) when (error is { SqlState: PostgresErrorCodes.NotNullViolation, TableName: "store" })
        {
            throw new InvalidOperationException("Rows were changed by somebody else than the store: not every accepted write found its row.", error);
        }
        catch (Exception error) when (error is not PostgresException { Severity: "ERROR" })
        {
            // PostgreSQL's own ERROR undoes the transaction; anything else may have come after the commit.
            throw new CommitOutcomeUnknownException("The connection to the database broke while committing.", error);
        }
    }

    private static void AddUnlessEmpty(NpgsqlBatch batch, string sql, AcceptedWrite[] writes, Func<AcceptedWrite[], NpgsqlParameter[]> parameters)
    {
        if (writes.Length > 0)
        {
            NpgsqlBatchCommand command = new(sql);
            command.Parameters.AddRange(parameters(writes));
            batch.BatchCommands.Add(command);
        }
    }

    private static NpgsqlParameter[] InsertParameters(AcceptedWrite[] writes, IReadOnlyList<PreparedUnit> units)
    {
        ResourceColumns[] columns = [.. writes.Select(write => units[write.Unit].Columns[write.Index]!)];
        return
        [
            Texts(writes.Select(write => ((Write.Create)write.Write).Object.Uid)),
            Texts(writes.Select(write => write.Write.Key.Namespace)),
            Texts(writes.Select(write => write.Write.Key.Name)),
            Array(NpgsqlDbType.Bigint, writes.Select(write => write.Revision)),
            .. Json(columns),
            Actors(writes, units),
        ];
    }

    private static NpgsqlParameter[] UpdateParameters(AcceptedWrite[] writes, IReadOnlyList<PreparedUnit> units)
    {
        ResourceColumns[] columns = [.. writes.Select(write => units[write.Unit].Columns[write.Index]!)];
        return
        [
            Texts(writes.Select(write => ((Write.Update)write.Write).Object.Uid)),
            Array(NpgsqlDbType.Bigint, writes.Select(write => write.Revision)),
            Array(NpgsqlDbType.Boolean, writes.Select(write => ((Write.Update)write.Write).Parts.HasFlag(ResourceParts.Status))),
            .. Json(columns),
            Actors(writes, units),
        ];
    }

    private static NpgsqlParameter[] UpdateStatusParameters(AcceptedWrite[] writes, IReadOnlyList<PreparedUnit> units) =>
    [
        Texts(writes.Select(write => ((Write.Update)write.Write).Object.Uid)),
        Array(NpgsqlDbType.Bigint, writes.Select(write => write.Revision)),
        Array(NpgsqlDbType.Jsonb, writes.Select(write => units[write.Unit].Columns[write.Index]!.Status)),
        Actors(writes, units),
    ];

    private static bool IsOfStatusAlone(AcceptedWrite write) => write.Write is Write.Update { Parts: ResourceParts.Status };

    private static NpgsqlParameter[] DeleteParameters(AcceptedWrite[] writes, IReadOnlyList<PreparedUnit> units) =>
    [
        Texts(writes.Select(write => ((Write.Remove)write.Write).Uid)),
        Array(NpgsqlDbType.Bigint, writes.Select(write => write.Revision)),
        Actors(writes, units),
    ];

    private static NpgsqlBatchCommand SetSessions(ImmutableDictionary<string, AgentSessionState> sessions) => new(
        """
        INSERT INTO agent_sessions (node, session_id, sequence) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
        ON CONFLICT (node) DO UPDATE SET session_id = EXCLUDED.session_id, sequence = EXCLUDED.sequence
        """)
    {
        Parameters =
        {
            Texts(sessions.Keys),
            Array(NpgsqlDbType.Text, sessions.Values.Select(session => session.SessionId)),
            Array(NpgsqlDbType.Bigint, sessions.Values.Select(session => session.Sequence)),
        },
    };

    private static NpgsqlParameter Actors(AcceptedWrite[] writes, IReadOnlyList<PreparedUnit> units) =>
        Texts(writes.Select(write => units[write.Unit].Unit.Actor));

    private static NpgsqlParameter[] Json(ResourceColumns[] columns) =>
    [
        Array(NpgsqlDbType.Jsonb, columns.Select(column => column.Metadata)),
        Array(NpgsqlDbType.Jsonb, columns.Select(column => column.Labels)),
        Array(NpgsqlDbType.Jsonb, columns.Select(column => column.Spec)),
        Array(NpgsqlDbType.Jsonb, columns.Select(column => column.Status)),
    ];

    private static NpgsqlParameter Texts(IEnumerable<string> values) => Array(NpgsqlDbType.Text, values);

    private static NpgsqlParameter Array<T>(NpgsqlDbType type, IEnumerable<T> values) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | type, Value = values.ToArray() };
}
