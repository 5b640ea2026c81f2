using ControlPlane.Infrastructure.Storage;
using Npgsql;

namespace ControlPlane.Infrastructure.Idempotency;

/// <summary>Keys and results in a table. Its clock is the database's, so that replicas need not agree on the time.</summary>
internal sealed class IdempotentResults(Database database) : IIdempotentResults
{
    /// <summary>How long a result is kept.</summary>
    public const int RetentionHours = 24;

    /// <summary>How long a claim without a result holds: that of a replica that died; no request takes longer.</summary>
    public const int ClaimSeconds = 60;

    /// <summary>The most keys kept; beyond them the oldest are forgotten.</summary>
    public const int KeysMax = 10_000;

    /// <summary>How many keys one claim forgets at most, so that none takes long.</summary>
    private const int ForgetMax = 100;

    private static readonly string Forget = $"""
        DELETE FROM idempotent_results WHERE (actor, key) IN (
            (SELECT actor, key FROM idempotent_results WHERE claimed_at < now() - interval '{RetentionHours} hours' LIMIT {ForgetMax})
            UNION ALL
            (SELECT actor, key FROM idempotent_results ORDER BY claimed_at DESC OFFSET {KeysMax} LIMIT {ForgetMax}))
        """;

    private static readonly string Claim = $"""
        INSERT INTO idempotent_results AS known (actor, key, fingerprint, claim, claimed_at) VALUES ($1, $2, $3, $4, now())
        ON CONFLICT (actor, key) DO UPDATE SET fingerprint = EXCLUDED.fingerprint, claim = EXCLUDED.claim, claimed_at = EXCLUDED.claimed_at, result = NULL
        WHERE known.claimed_at < now() - interval '{RetentionHours} hours'
            OR (known.result IS NULL AND known.claimed_at < now() - interval '{ClaimSeconds} seconds')
        """;

    private const string Read = "SELECT fingerprint, result FROM idempotent_results WHERE actor = $1 AND key = $2";
    private const string Complete = "UPDATE idempotent_results SET result = $4 WHERE actor = $1 AND key = $2 AND claim = $3";
    private const string Release = "DELETE FROM idempotent_results WHERE actor = $1 AND key = $2 AND claim = $3 AND result IS NULL";

    public Task<KeyClaim> ClaimAsync(string actor, string key, string fingerprint, CancellationToken cancellationToken) => database.AskAsync(
        async connection =>
        {
            await ExecuteAsync(connection, Forget, [], cancellationToken);
            KeyClaim.Taken taken = new(actor, key, Guid.NewGuid());
            return await ExecuteAsync(connection, Claim, [actor, key, fingerprint, taken.Id], cancellationToken) == 1
                ? taken
                : await ReadAsync(connection, actor, key, fingerprint, cancellationToken);
        },
        cancellationToken);

    public Task CompleteAsync(KeyClaim.Taken claim, string result, CancellationToken cancellationToken) => database.AskAsync(
        connection => ExecuteAsync(connection, Complete, [claim.Actor, claim.Key, claim.Id, result], cancellationToken), cancellationToken);

    public Task ReleaseAsync(KeyClaim.Taken claim, CancellationToken cancellationToken) => database.AskAsync(
        connection => ExecuteAsync(connection, Release, [claim.Actor, claim.Key, claim.Id], cancellationToken), cancellationToken);

    /// <summary>A key that was given back just now counts as busy: the client tries again.</summary>
    private static async Task<KeyClaim> ReadAsync(NpgsqlConnection connection, string actor, string key, string fingerprint, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = CommandFor(connection, Read, [actor, key]);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return new KeyClaim.Busy();
        }

        return reader.GetString(0) != fingerprint ? new KeyClaim.Mismatch()
            : await reader.IsDBNullAsync(1, cancellationToken) ? new KeyClaim.Busy()
            : new KeyClaim.Known(reader.GetString(1));
    }

    private static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql, object[] values, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = CommandFor(connection, sql, values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlCommand CommandFor(NpgsqlConnection connection, string sql, object[] values)
    {
        NpgsqlCommand command = new(sql, connection);
        foreach (object value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }
}
