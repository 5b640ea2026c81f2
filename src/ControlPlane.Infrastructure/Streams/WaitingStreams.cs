using System.Text.Json;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Infrastructure.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace ControlPlane.Infrastructure.Streams;

/// <summary>Waiting streams in a table. Its clock is the database's; a notification is a hint, polling is the guarantee.</summary>
internal sealed class WaitingStreams(Database database, IOptions<StoreOptions> options, TimeProvider time, ILogger<WaitingStreams> logger) : IWaitingStreams
{
    /// <summary>The most streams that wait at a time, those of all replicas together.</summary>
    public const int StreamsMax = 1_000;

    private const string Channel = "controlplane_streams";

    private const string RemoveExpired = "DELETE FROM waiting_streams WHERE expires_at <= now()";

    private const string Remove = "DELETE FROM waiting_streams WHERE id = $1";

    private const string Read = "SELECT node, request FROM waiting_streams WHERE expires_at > now() ORDER BY expires_at";

    private static readonly string Add = $"""
        INSERT INTO waiting_streams (id, node, request, expires_at)
        SELECT $1, $2, $3, now() + $4 WHERE (SELECT count(*) FROM waiting_streams) < {StreamsMax}
        """;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(3);

    public Task<bool> AddAsync(WaitingStream stream, TimeSpan lifetime, CancellationToken cancellationToken) => database.AskAsync(
        async connection =>
        {
            await using NpgsqlCommand expired = new(RemoveExpired, connection);
            await expired.ExecuteNonQueryAsync(cancellationToken);
            await using NpgsqlCommand add = new(Add, connection)
            {
                Parameters =
                {
                    new() { Value = stream.Request.Id },
                    new() { Value = stream.Node },
                    new() { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = ResourceJson.Serialize(stream.Request) },
                    new() { Value = lifetime },
                },
            };
            bool isAdded = await add.ExecuteNonQueryAsync(cancellationToken) == 1;
            await using NpgsqlCommand notify = new($"NOTIFY {Channel}", connection);
            await notify.ExecuteNonQueryAsync(cancellationToken);
            return isAdded;
        },
        cancellationToken);

    public Task RemoveAsync(string id, CancellationToken cancellationToken) => database.AskAsync(
        async connection =>
        {
            await using NpgsqlCommand remove = new(Remove, connection) { Parameters = { new() { Value = id } } };
            return await remove.ExecuteNonQueryAsync(cancellationToken);
        },
        cancellationToken);

    public async Task FollowAsync(Action<ValueList<WaitingStream>> seen, CancellationToken stopping)
    {
        Backoff backoff = new(FirstRetry, LongestRetry);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await FollowOnceAsync(seen, backoff, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (Database.IsTrouble(error))
            {
                logger.StreamsInterrupted(error.Message);
                await Task.Delay(backoff.Next(), time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>One connection listens and reads: what was notified while it read is taken up by the wait after it.</summary>
    private async Task FollowOnceAsync(Action<ValueList<WaitingStream>> seen, Backoff backoff, CancellationToken stopping)
    {
        await using NpgsqlConnection connection = await database.Source.OpenConnectionAsync(stopping);
        await using NpgsqlCommand listen = new($"LISTEN {Channel}", connection);
        await listen.ExecuteNonQueryAsync(stopping);
        while (true)
        {
            seen(await ReadAsync(connection, stopping));
            backoff.Reset();
            await connection.WaitAsync(options.Value.PollInterval, stopping);
        }
    }

    private static async Task<ValueList<WaitingStream>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(Read, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<WaitingStream> streams = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            StreamRequest request = JsonSerializer.Deserialize<StreamRequest>(reader.GetString(1), ResourceJson.Options)
                ?? throw new JsonException("null is no stream");
            streams.Add(new WaitingStream(reader.GetString(0), request));
        }

        return streams.ToValueList();
    }
}
