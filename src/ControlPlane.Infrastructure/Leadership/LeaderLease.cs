using ControlPlane.Infrastructure.Storage;
using ControlPlane.Infrastructure.Storage.Commits;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ControlPlane.Infrastructure.Leadership;

/// <summary>
/// The lease row. A new term begins under the revision lock, so that no commit of the term before can come after it.
/// </summary>
internal sealed class LeaderLease(Database database, IOptions<StoreOptions> options) : ILeaderLease
{
    private readonly string holder = options.Value.ReplicaId;

    public Task<long?> TryHoldAsync(CancellationToken cancellationToken) => database.AskAsync(
        async connection => await ExtendAsync(connection, cancellationToken) ?? await TakeAsync(connection, cancellationToken),
        cancellationToken);

    public Task ReleaseAsync(CancellationToken cancellationToken) => database.AskAsync(
        async connection =>
        {
            await using NpgsqlCommand release = new("UPDATE leader SET holder = '', expires_at = '-infinity' WHERE holder = $1", connection)
            {
                Parameters = { new() { Value = holder } },
            };
            return await release.ExecuteNonQueryAsync(cancellationToken);
        },
        cancellationToken);

    /// <summary>A lease that ran out and that nobody took in the meantime goes on in the same term.</summary>
    private async Task<long?> ExtendAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand extend = new("UPDATE leader SET expires_at = clock_timestamp() + $2 WHERE holder = $1 RETURNING epoch", connection)
        {
            Parameters = { new() { Value = holder }, new() { Value = options.Value.LeaseDuration } },
        };
        return await extend.ExecuteScalarAsync(cancellationToken) as long?;
    }

    private async Task<long?> TakeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using (NpgsqlCommand isFree = new("SELECT expires_at < clock_timestamp() FROM leader", connection))
        {
            if (await isFree.ExecuteScalarAsync(cancellationToken) is not true)
            {
                return null;
            }
        }

        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using NpgsqlCommand acquire = new(CommitStatements.Lock, connection, transaction);
        await acquire.ExecuteNonQueryAsync(cancellationToken);
        await using NpgsqlCommand take = new(
            """
            UPDATE leader SET epoch = epoch + 1, holder = $1, expires_at = clock_timestamp() + $2
            WHERE expires_at < clock_timestamp() RETURNING epoch
            """,
            connection,
            transaction)
        {
            Parameters = { new() { Value = holder }, new() { Value = options.Value.LeaseDuration } },
        };
        long? epoch = await take.ExecuteScalarAsync(cancellationToken) as long?;
        await transaction.CommitAsync(cancellationToken);
        return epoch;
    }
}
