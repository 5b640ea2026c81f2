using ControlPlane.Infrastructure.Storage.Commits;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ControlPlane.Infrastructure.Storage;

/// <summary>
/// Lets changes of a status alone be logged as that status once no replica has been connected for a while that cannot read this: such a one would stop at the first
/// of them (decision 0580).
/// </summary>
internal sealed class StatusEntries(Database database, IOptions<StoreOptions> options, TimeProvider time, ILogger<StatusEntries> logger)
{
    /// <remarks>Versions that cannot read them call their connections so; a pooler may add where they come from.</remarks>
    private const string Ask =
        """
        SELECT s.logs_status_alone, EXISTS (
            SELECT FROM pg_stat_activity a WHERE a.datname = current_database() AND a.application_name ~ '^controlplane(-commits)?( |$)')
        FROM store s
        """;

    private long lastOlder = time.GetTimestamp();

    /// <summary>Looks now and then until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        // The store may have been waited for since this was made.
        lastOlder = time.GetTimestamp();
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (Database.IsTrouble(error))
            {
                // Older replicas may have lost their connections, too.
                lastOlder = time.GetTimestamp();
                logger.OlderReplicasUnknown(error.Message);
            }

            await Task.Delay(options.Value.MaintenanceInterval, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// Looks who is connected, and begins with such entries where it is time. An older replica that runs has not met those that are there (it has been started again since), and would
    /// stop at the next: no more are written then.
    /// </summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        (bool areLogged, bool isOlderConnected) = await AskAsync(cancellationToken);
        if (isOlderConnected && areLogged)
        {
            await SetAsync(false, cancellationToken);
            logger.LogsWholeObjects();
        }
        else if (!isOlderConnected && !areLogged && time.GetElapsedTime(lastOlder) >= options.Value.OlderReplicasAwayFor)
        {
            await SetAsync(true, cancellationToken);
            logger.LogsStatusAlone();
        }

        // While they are written, too: whoever ends that by hand has the whole time again.
        if (isOlderConnected || areLogged)
        {
            lastOlder = time.GetTimestamp();
        }
    }

    private async Task<(bool AreLogged, bool IsOlderConnected)> AskAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.Source.OpenConnectionAsync(cancellationToken);
        await using NpgsqlCommand ask = new(Ask, connection);
        await using NpgsqlDataReader reader = await ask.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetBoolean(0), reader.GetBoolean(1));
    }

    /// <summary>Under the revision lock, for each commit reads under it what it shall write.</summary>
    private async Task SetAsync(bool areLogged, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.Source.OpenConnectionAsync(cancellationToken);
        await using NpgsqlBatch set = new(connection)
        {
            BatchCommands =
            {
                new("BEGIN"),
                new(CommitStatements.Lock),
                new("UPDATE store SET logs_status_alone = $1") { Parameters = { new() { Value = areLogged } } },
                new("COMMIT"),
            },
        };
        await set.ExecuteNonQueryAsync(cancellationToken);
    }
}
