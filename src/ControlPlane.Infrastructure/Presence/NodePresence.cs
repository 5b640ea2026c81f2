using System.Collections.Concurrent;
using ControlPlane.Domain.Commits;
using ControlPlane.Infrastructure.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace ControlPlane.Infrastructure.Presence;

/// <summary>Signs of life, noted in memory and stored together once a second, with the database's clock.</summary>
internal sealed class NodePresence(Database database, IOptions<StoreOptions> options, TimeProvider time, ILogger<NodePresence> logger) : INodePresence
{
    private readonly ConcurrentDictionary<string, long> seen = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private long? storedSince;
    private long lastStored;

    /// <summary>Null, too, when storing hangs: a flush that is overdue counts as a gap.</summary>
    public long? StoredWithoutGapSince
    {
        get
        {
            lock (gate)
            {
                return time.GetElapsedTime(lastStored) < options.Value.PresenceInterval * 3 ? storedSince : null;
            }
        }
    }

    public void Seen(string node) => seen[node] = time.GetTimestamp();

    public Task<IReadOnlyDictionary<string, TimeSpan>> ReadAgesAsync(CancellationToken cancellationToken) =>
        database.AskAsync<IReadOnlyDictionary<string, TimeSpan>>(
            async connection =>
            {
                await using NpgsqlCommand command = new("SELECT node, clock_timestamp() - last_seen FROM node_presence", connection);
                await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
                Dictionary<string, TimeSpan> ages = new(StringComparer.Ordinal);
                while (await reader.ReadAsync(cancellationToken))
                {
                    ages[reader.GetString(0)] = reader.GetTimeSpan(1);
                }

                return ages;
            },
            cancellationToken);

    /// <summary>Stores what was noted, each interval, until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await FlushAsync(stopping);
                NoteStored();
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (StoreUnavailableException error)
            {
                NoteGap(error);
            }

            await Task.Delay(options.Value.PresenceInterval, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Asks the database even when nothing was noted: whether signs of life could be stored is itself the news.</summary>
    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        // Its own method, not a collection expression: that asks for the count first, and fails when one more comes before it copies.
        KeyValuePair<string, long>[] noted = seen.ToArray();
        await database.AskAsync(
            async connection =>
            {
                double[] ages = [.. noted.Select(node => time.GetElapsedTime(node.Value).TotalSeconds)];
                // The ages are as of the statement's arrival, which now() is; clock_timestamp() would add the time that it waits for a lock.
                await using NpgsqlCommand command = new(
                    """
                    INSERT INTO node_presence (node, last_seen)
                    SELECT node, now() - make_interval(secs => age) FROM unnest($1::text[], $2::float8[]) AS t(node, age)
                    ON CONFLICT (node) DO UPDATE SET last_seen = greatest(node_presence.last_seen, EXCLUDED.last_seen)
                    """,
                    connection)
                {
                    Parameters =
                    {
                        new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, Value = noted.Select(node => node.Key).ToArray() },
                        new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Double, Value = ages },
                    },
                };
                return await command.ExecuteNonQueryAsync(cancellationToken);
            },
            cancellationToken);
        foreach (KeyValuePair<string, long> stored in noted)
        {
            // Unless it was seen again meanwhile.
            seen.TryRemove(stored);
        }
    }

    private void NoteStored()
    {
        lock (gate)
        {
            bool hadGap = storedSince is null || time.GetElapsedTime(lastStored) >= options.Value.PresenceInterval * 3;
            storedSince = hadGap ? time.GetTimestamp() : storedSince;
            lastStored = time.GetTimestamp();
        }
    }

    private void NoteGap(StoreUnavailableException error)
    {
        lock (gate)
        {
            if (storedSince is null)
            {
                return;
            }

            storedSince = null;
        }

        logger.PresenceFailed(error.Message);
    }
}
