using System.Diagnostics;
using Npgsql;

namespace ControlPlane.Bench.Limits;

/// <summary>
/// What PostgreSQL alone needs for the rows that a phase wrote: the pods' rows and the change entries, as they are, copied in again, 1,000 rows a
/// transaction, over one connection, on the same server. Nothing is planned, checked or serialized.
/// </summary>
internal sealed class RowWrites(string connectionString)
{
    /// <summary>Rows of one transaction, as the store's own bound.</summary>
    private const int RowsPerTransaction = 1_000;

    /// <summary>The store's revision: where the change log stands.</summary>
    public Task<long> RevisionAsync(CancellationToken cancellationToken) => ReadNumberAsync("SELECT revision FROM store", cancellationToken);

    /// <summary>Where the write-ahead log stands, in bytes since its beginning.</summary>
    public Task<long> WalAsync(CancellationToken cancellationToken) => ReadNumberAsync("SELECT (pg_current_wal_lsn() - '0/0')::bigint", cancellationToken);

    /// <summary>The bytes of the change log's entries after a revision, as they are stored.</summary>
    public Task<long> LogBytesAsync(long after, CancellationToken cancellationToken) =>
        ReadNumberAsync($"SELECT coalesce(sum(pg_column_size(c.*)), 0)::bigint FROM changes c WHERE c.revision > {after}", cancellationToken);

    /// <summary>All tables and indexes, in MB (10^6).</summary>
    public async Task<double> MegabytesAsync(CancellationToken cancellationToken) =>
        await ReadNumberAsync("SELECT pg_database_size(current_database())", cancellationToken) / 1e6;

    /// <summary>Writes again what was written after a revision, and returns the seconds that took.</summary>
    public async Task<double> RepeatAsync(long after, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = new(connectionString);
        await connection.OpenAsync(cancellationToken);
        await ExecuteAsync(
            connection,
            "SELECT set_config(name, 'lz4', false) FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)", // as the product does
            cancellationToken);
        string[] entries = await ReadAsync(connection, $"COPY (SELECT * FROM changes WHERE revision > {after} ORDER BY revision) TO STDOUT", cancellationToken);

        // A pod is inserted once and updated at each later change; a row's insertion costs about as much as its update, and both are timed as insertions.
        // A row is written whole also where its status alone changes, and the entry with the rest of it has perhaps been dropped.
        string[] rows = await ReadAsync(
            connection,
            $"""
            COPY (
                SELECT c.revision, c.uid, c.namespace, c.name, coalesce(d.metadata, p.metadata), coalesce(d.labels, p.labels), coalesce(d.spec, p.spec), c.status FROM changes c
                LEFT JOIN pods p ON p.uid = c.uid
                LEFT JOIN changes d ON d.revision = CASE c.operation WHEN 'S' THEN c.desired_revision ELSE c.revision END
                WHERE c.revision > {after} AND c.kind = 'Pod' AND c.operation <> 'D') TO STDOUT
            """,
            cancellationToken);
        await ExecuteAsync(
            connection,
            """
            CREATE TABLE bench_changes (LIKE changes INCLUDING INDEXES);
            CREATE TABLE bench_rows AS SELECT revision, uid, namespace, name, metadata, labels, spec, status FROM changes WITH NO DATA;
            ALTER TABLE bench_rows ADD PRIMARY KEY (revision);
            CREATE UNIQUE INDEX ON bench_rows (namespace, name, revision);
            """,
            cancellationToken);
        try
        {
            long start = Stopwatch.GetTimestamp();
            await WriteAsync(connection, "bench_changes", entries, cancellationToken);
            await WriteAsync(connection, "bench_rows", rows, cancellationToken);
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        finally
        {
            await ExecuteAsync(connection, "DROP TABLE bench_changes, bench_rows", CancellationToken.None);
        }
    }

    private async Task<long> ReadNumberAsync(string query, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = new(connectionString);
        await connection.OpenAsync(cancellationToken);
        await using NpgsqlCommand command = new(query, connection);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<string[]> ReadAsync(NpgsqlConnection connection, string copy, CancellationToken cancellationToken)
    {
        using TextReader reader = await connection.BeginTextExportAsync(copy, cancellationToken);
        string all = await reader.ReadToEndAsync(cancellationToken);
        return all.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task WriteAsync(NpgsqlConnection connection, string table, string[] rows, CancellationToken cancellationToken)
    {
        foreach (string[] part in rows.Chunk(RowsPerTransaction))
        {
            await using TextWriter writer = await connection.BeginTextImportAsync($"COPY {table} FROM STDIN", cancellationToken);
            await writer.WriteAsync(string.Join('\n', part).AsMemory(), cancellationToken);
            await writer.WriteAsync("\n".AsMemory(), cancellationToken);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
