using System.Globalization;
using ControlPlane.Infrastructure.Storage.Commits;
using ControlPlane.Infrastructure.Storage.Watching;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ControlPlane.Infrastructure.Storage;

/// <summary>
/// Makes the change log's partitions ahead of need and drops old ones whole, never row by row. A default partition catches what would
/// otherwise fail; its use is an error in the log.
/// </summary>
internal sealed class ChangeLogPartitions(
    Database database, WatchCache cache, IOptions<StoreOptions> options, TimeProvider time, ILogger<ChangeLogPartitions> logger)
{
    private const int PartitionsAhead = 2;
    private const string LockNotAvailable = "55P03";
    private static readonly TimeSpan AheadCheckInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a partition's drop may hold up commits and reads by waiting for its lock.</summary>
    private const string ShortLockTimeout = "SET LOCAL lock_timeout = '200ms'";

    private long madeUpTo;

    /// <summary>Looks after the partitions until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        long lastDrop = time.GetTimestamp();
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (cache.Revision + (PartitionsAhead * options.Value.RevisionsPerPartition) > madeUpTo)
                {
                    await MakeAheadAsync(stopping);
                }

                if (time.GetElapsedTime(lastDrop) > options.Value.MaintenanceInterval)
                {
                    await DropOldAsync(stopping);
                    lastDrop = time.GetTimestamp();
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (Database.IsTrouble(error))
            {
                logger.MaintenanceFailed(error.Message);
                await Task.Delay(options.Value.PollInterval, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await Task.Delay(AheadCheckInterval, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Makes partitions until the one in use is followed by two more. No commit runs meanwhile.</summary>
    public async Task MakeAheadAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.Source.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, CommitStatements.Lock, cancellationToken);
        long revision = (long)(await ScalarAsync(connection, "SELECT revision FROM store", cancellationToken))!;
        long inDefault = (long)(await ScalarAsync(connection, "SELECT count(*) FROM changes_default", cancellationToken))!;
        long end = Math.Max((await ListAsync(connection, cancellationToken)).Select(partition => partition.To).DefaultIfEmpty(1).Max(), 1);
        if (inDefault > 0)
        {
            logger.DefaultPartitionUsed(inDefault);
        }

        // What is in the default partition stays there; the next partition begins after it, and after revisions that were passed over.
        end = inDefault > 0 || end <= revision ? Math.Max(end, revision + 1) : end;

        while (revision + (PartitionsAhead * options.Value.RevisionsPerPartition) >= end)
        {
            long to = end + options.Value.RevisionsPerPartition;
            string name = string.Create(CultureInfo.InvariantCulture, $"changes_{end}");
            await ExecuteAsync(connection, $"CREATE TABLE {name} PARTITION OF changes FOR VALUES FROM ({end}) TO ({to})", cancellationToken);
            logger.MadePartition(name, end, to - 1);
            end = to;
        }

        await transaction.CommitAsync(cancellationToken);
        madeUpTo = end;
    }

    /// <summary>Drops full partitions that are older than the retention, and the oldest ones of a log that is too large. One that is in use at the moment stays until the next time, with those that follow it.</summary>
    public async Task DropOldAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.Source.OpenConnectionAsync(cancellationToken);
        long revision = (long)(await ScalarAsync(connection, "SELECT revision FROM store", cancellationToken))!;
        List<Partition> partitions = await ListAsync(connection, cancellationToken);
        long bytes = partitions.Sum(partition => partition.Bytes);
        foreach (Partition partition in partitions.Where(partition => partition.To <= revision + 1))
        {
            if (bytes <= options.Value.ChangeLogBytesMax && !await IsOldAsync(connection, partition, cancellationToken))
            {
                return;
            }

            if (!await DropAsync(connection, partition, cancellationToken))
            {
                return;
            }

            bytes -= partition.Bytes;
        }
    }

    /// <summary>False when somebody uses it.</summary>
    private async Task<bool> DropAsync(NpgsqlConnection connection, Partition partition, CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, ShortLockTimeout, cancellationToken);
        try
        {
            await ExecuteAsync(connection, $"DROP TABLE IF EXISTS {partition.Name}", cancellationToken);
            await ExecuteAsync(connection, $"DELETE FROM changes_default WHERE revision < {partition.To}", cancellationToken);
            await ExecuteAsync(connection, $"UPDATE store SET compacted_revision = greatest(compacted_revision, {partition.To - 1})", cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            logger.DroppedPartition(partition.Name, partition.To - 1);
            return true;
        }
        catch (PostgresException error) when (error.SqlState == LockNotAvailable)
        {
            logger.MaintenanceFailed($"{partition.Name} is in use");
            return false;
        }
    }

    private async Task<bool> IsOldAsync(NpgsqlConnection connection, Partition partition, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(
            $"SELECT coalesce((SELECT at < now() - $1 FROM {partition.Name} ORDER BY revision DESC LIMIT 1), true)", connection)
        {
            Parameters = { new() { Value = options.Value.ChangeRetention } },
        };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>The partitions by their first revision, which is in their name: <c>changes_1</c>, <c>changes_100001</c>.</summary>
    private static async Task<List<Partition>> ListAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(
            """
            SELECT c.relname, substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''?(\d+)')::bigint, pg_total_relation_size(c.oid)
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'changes'::regclass AND c.relname <> 'changes_default' ORDER BY 2
            """,
            connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Partition> partitions = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            partitions.Add(new Partition(reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2)));
        }

        return partitions;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <param name="To">The first revision after the partition's.</param>
    private sealed record Partition(string Name, long To, long Bytes);
}
