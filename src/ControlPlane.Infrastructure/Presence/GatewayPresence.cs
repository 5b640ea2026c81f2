using System.Collections.Concurrent;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using ControlPlane.Infrastructure.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace ControlPlane.Infrastructure.Presence;

/// <summary>Gateways' reports, the last of each, stored set-wise with the database's clock.</summary>
internal sealed class GatewayPresence(Database database, IOptions<StoreOptions> options, TimeProvider time, ILogger<GatewayPresence> logger) : IGatewayPresence
{
    /// <summary>Time between two flushes at least, so that the acknowledgements of many gateways share one.</summary>
    private static readonly TimeSpan FlushDelayMin = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<string, Noted> noted = new(StringComparer.Ordinal);
    private TaskCompletionSource news = NewSignal();

    private sealed record Noted(string Node, GatewayReport Report, long At);

    public void Note(string node, GatewayReport report)
    {
        Noted mine = new(node, report, time.GetTimestamp());
        noted.AddOrUpdate(report.Instance, mine, (_, known) => known.Report.Sequence > report.Sequence ? known : mine);
        Volatile.Read(ref news).TrySetResult();
    }

    public Task<IReadOnlyList<GatewayState>> ReadAsync(CancellationToken cancellationToken) => ReadAsync("traffic", cancellationToken);

    public Task<IReadOnlyList<GatewayState>> ReadWithoutTrafficAsync(CancellationToken cancellationToken) => ReadAsync("'[]'::jsonb", cancellationToken);

    private Task<IReadOnlyList<GatewayState>> ReadAsync(string traffic, CancellationToken cancellationToken) =>
        database.AskAsync<IReadOnlyList<GatewayState>>(
            async connection =>
            {
                await using NpgsqlCommand command = new(
                    $"SELECT instance, node, store, acknowledged, draining, clock_timestamp() - last_seen, {traffic} FROM gateway_presence ORDER BY node, instance", connection);
                await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
                List<GatewayState> gateways = [];
                while (await reader.ReadAsync(cancellationToken))
                {
                    gateways.Add(new GatewayState
                    {
                        Instance = reader.GetString(0),
                        Node = reader.GetString(1),
                        Store = reader.GetString(2),
                        Acknowledged = reader.GetInt64(3),
                        Draining = ResourceJson.Deserialize<ValueList<DrainingEndpoint>>(reader.GetString(4)),
                        Age = reader.GetTimeSpan(5),
                        Traffic = ResourceJson.Deserialize<ValueList<TrafficFigures>>(reader.GetString(6)),
                    });
                }

                return gateways;
            },
            cancellationToken);

    /// <summary>Stores what was noted, as it comes, until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await Volatile.Read(ref news).Task.WaitAsync(stopping);
                Interlocked.Exchange(ref news, NewSignal());
                await FlushAsync(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (StoreUnavailableException error)
            {
                logger.PresenceFailed(error.Message);
                await Task.Delay(options.Value.PresenceInterval, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Volatile.Read(ref news).TrySetResult();
            }

            await Task.Delay(FlushDelayMin, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        // Its own method, not a collection expression: that asks for the count first, and fails when one more comes before it copies.
        KeyValuePair<string, Noted>[] all = noted.ToArray();
        if (all.Length == 0)
        {
            return;
        }

        Noted[] living = [.. all.Select(entry => entry.Value).Where(entry => !entry.Report.IsLast)];
        string[] ended = [.. all.Select(entry => entry.Value).Where(entry => entry.Report.IsLast).Select(entry => entry.Report.Instance)];
        await database.AskAsync(
            async connection =>
            {
                await using NpgsqlBatch batch = new(connection) { BatchCommands = { Upsert(living), Remove(ended) } };
                return await batch.ExecuteNonQueryAsync(cancellationToken);
            },
            cancellationToken);
        foreach (KeyValuePair<string, Noted> stored in all)
        {
            // Unless it has reported again meanwhile.
            noted.TryRemove(stored);
        }
    }

    /// <summary>A report that comes late, through another replica, does not replace a later one.</summary>
    private NpgsqlBatchCommand Upsert(Noted[] living) => new(
        """
        INSERT INTO gateway_presence (instance, node, store, acknowledged, sequence, draining, traffic, last_seen)
        SELECT instance, node, store, acknowledged, sequence, draining, traffic, now() - make_interval(secs => age)
        FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::jsonb[], $7::jsonb[], $8::float8[])
            AS t(instance, node, store, acknowledged, sequence, draining, traffic, age)
        ON CONFLICT (instance) DO UPDATE SET
            node = EXCLUDED.node, store = EXCLUDED.store, acknowledged = EXCLUDED.acknowledged, sequence = EXCLUDED.sequence, draining = EXCLUDED.draining,
            traffic = EXCLUDED.traffic, last_seen = EXCLUDED.last_seen
        WHERE gateway_presence.sequence <= EXCLUDED.sequence
        """)
    {
        Parameters =
        {
            Array(NpgsqlDbType.Text, living.Select(entry => entry.Report.Instance)),
            Array(NpgsqlDbType.Text, living.Select(entry => entry.Node)),
            Array(NpgsqlDbType.Text, living.Select(entry => entry.Report.Store)),
            Array(NpgsqlDbType.Bigint, living.Select(entry => entry.Report.Acknowledged)),
            Array(NpgsqlDbType.Bigint, living.Select(entry => entry.Report.Sequence)),
            Array(NpgsqlDbType.Jsonb, living.Select(entry => ResourceJson.Serialize(entry.Report.Draining))),
            Array(NpgsqlDbType.Jsonb, living.Select(entry => ResourceJson.Serialize(entry.Report.Traffic))),
            Array(NpgsqlDbType.Double, living.Select(entry => time.GetElapsedTime(entry.At).TotalSeconds)),
        },
    };

    /// <summary>Those that have ended, and those that have been silent for so long that nobody waits for them.</summary>
    private static NpgsqlBatchCommand Remove(string[] ended) =>
        new("DELETE FROM gateway_presence WHERE instance = ANY($1) OR last_seen < now() - interval '10 minutes'")
        {
            Parameters = { Array(NpgsqlDbType.Text, ended) },
        };

    private static NpgsqlParameter Array<T>(NpgsqlDbType type, IEnumerable<T> values) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | type, Value = values.ToArray() };
}
