using System.Globalization;
using ControlPlane.Infrastructure.Storage.Commits;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ControlPlane.Infrastructure.Storage;

/// <summary>Where a store is: what a restore and what a failover change.</summary>
/// <param name="Home">The cluster's system identifier, the database's and the table's oid: others after a restore, by whatever way.</param>
/// <param name="Timeline">The cluster's timeline: another one after a failover and a recovery to a point in time.</param>
internal sealed record StorePlace(string Home, string Timeline)
{
    /// <summary>Reads the place; fails on a standby, where nothing can be written anyway.</summary>
    public const string Query =
        """
        SELECT concat_ws('/', c.system_identifier, (SELECT oid FROM pg_database WHERE datname = current_database()), 'store'::regclass::oid),
            substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) FROM pg_control_system() c
        """;

    public static StorePlace Read(NpgsqlDataReader reader, int firstColumn = 0) => new(reader.GetString(firstColumn), reader.GetString(firstColumn + 1));
}

/// <summary>
/// Keeps revisions from meaning two things. A restored or promoted database goes on from an older revision than others have seen, so its history
/// begins anew from a revision ahead of anything ever published: the microseconds since 1970, which no store reaches by counting, for that would take more
/// than a million changes a second. Watches from before get 410.
/// </summary>
/// <remarks>
/// A restore is another store: its identity changes, and no container is stopped until a person confirms. A failover goes on as the same store,
/// but containers born at the revisions it may have lost count as another's. Either ends the leader's term and all agents' sessions, so that what was
/// acknowledged and lost is planned, and reported, again.
/// </remarks>
internal sealed class StoreHistory(ILogger<StoreHistory> logger)
{
    private const string AheadOfAll = "greatest(revision + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)";

    private const string Settle = "UPDATE store SET home = $1, timeline = $2";

    private const string EndTerms =
        """
        UPDATE leader SET epoch = greatest(epoch + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint), holder = '', expires_at = '-infinity';
        UPDATE agent_sessions SET session_id = NULL;
        """;

    private const string BeginAfterRestore =
        $"""
        DELETE FROM lost_revisions;
        UPDATE store SET identity = gen_random_uuid(), revision = {AheadOfAll};
        UPDATE store SET compacted_revision = revision;
        """;

    private const string BeginAfterFailover =
        $"""
        INSERT INTO lost_revisions ("after", "before") SELECT revision, {AheadOfAll} FROM store;
        UPDATE store SET revision = (SELECT max("before") FROM lost_revisions);
        UPDATE store SET compacted_revision = revision;
        """;

    /// <summary>Notes where the store is; where that is not where it last was, begins its history anew. Replicas may do it at the same time.</summary>
    public async Task SettleAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, CommitStatements.Lock, cancellationToken);
        (StorePlace now, StorePlace? noted, long revision) = await ReadAsync(connection, cancellationToken);
        if (now == noted)
        {
            return;
        }

        if (noted is not null)
        {
            bool isRestore = now.Home != noted.Home;
            await ExecuteAsync(connection, isRestore ? BeginAfterRestore : BeginAfterFailover, cancellationToken);
            await ExecuteAsync(connection, EndTerms, cancellationToken);
            logger.HistoryBeginsAnew(isRestore ? "was restored" : "has failed over", revision, $"{noted.Home} {noted.Timeline}", $"{now.Home} {now.Timeline}");
        }

        await using NpgsqlCommand settle = new(Settle, connection) { Parameters = { new() { Value = now.Home }, new() { Value = now.Timeline } } };
        await settle.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<(StorePlace Now, StorePlace? Noted, long Revision)> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand read = new(
            string.Create(CultureInfo.InvariantCulture, $"SELECT p.*, s.home, s.timeline, s.revision FROM ({StorePlace.Query}) AS p(home, timeline) CROSS JOIN store s"),
            connection);
        await using NpgsqlDataReader reader = await read.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (StorePlace.Read(reader), reader.IsDBNull(2) ? null : StorePlace.Read(reader, 2), reader.GetInt64(4));
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
