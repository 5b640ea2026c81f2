using ControlPlane.Domain.Commits;
using ControlPlane.Infrastructure.Storage;
using ControlPlane.Infrastructure.Storage.Commits;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ControlPlane.Infrastructure.Leadership;

/// <summary>
/// The lease row, and beside it an advisory lock of the holder's session for its epoch. The lease ends when its time is up, or as soon as that session has: a killed process' connection breaks
/// at once, so its successor need not wait. A new term begins under the revision lock, so that no commit of the term before can come after it.
/// </summary>
internal sealed class LeaderLease(Database database, IOptions<StoreOptions> options) : ILeaderLease, IAsyncDisposable
{
    /// <summary>Tells these advisory locks from any others in the database: the first of their two numbers; the second is the epoch's.</summary>
    private const int LockClass = 0x4C45;

    private const string LockNumber = "(epoch % 2147483647)::int";

    /// <summary>Whether the lease may be taken. An advisory lock with two numbers shows in <c>pg_locks</c> as <c>classid</c> and <c>objid</c>, with <c>objsubid</c> 2.</summary>
    private static readonly string IsFree = $"""
        expires_at < clock_timestamp() OR NOT EXISTS (
            SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
            WHERE datname = current_database() AND locktype = 'advisory' AND granted AND objsubid = 2 AND classid = {LockClass} AND objid = {LockNumber}::oid)
        """;

    private readonly string holder = options.Value.ReplicaId;

    /// <summary>The connection is used by one at a time.</summary>
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly KeptConnection kept = new(database.Sessions);

    /// <summary>The session that has an epoch's lock; it ends with the session.</summary>
    private (NpgsqlConnection Session, long Epoch)? locked;

    public Task<long?> TryHoldAsync(CancellationToken cancellationToken) => AskAsync(
        async connection => await ExtendAsync(connection, cancellationToken) ?? await TakeAsync(connection, cancellationToken),
        cancellationToken);

    public Task ReleaseAsync(CancellationToken cancellationToken) => AskAsync(
        async connection =>
        {
            await using NpgsqlCommand release = new("UPDATE leader SET holder = '', expires_at = '-infinity' WHERE holder = $1", connection)
            {
                Parameters = { new() { Value = holder } },
            };
            return await release.ExecuteNonQueryAsync(cancellationToken);
        },
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await kept.DisposeAsync();
        turn.Dispose();
    }

    /// <summary>A lease that ran out and that nobody took in the meantime goes on in the same term.</summary>
    private async Task<long?> ExtendAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand extend = new("UPDATE leader SET expires_at = clock_timestamp() + $2 WHERE holder = $1 RETURNING epoch", connection)
        {
            Parameters = { new() { Value = holder }, new() { Value = options.Value.LeaseDuration } },
        };
        if (await extend.ExecuteScalarAsync(cancellationToken) is not long epoch)
        {
            return null;
        }

        if (locked != (connection, epoch))
        {
            // The session before this one may not have ended yet: then its lock still stands, and the next extension takes this one's.
            await using NpgsqlCommand relock = new($"SELECT pg_try_advisory_lock({LockClass}, {LockNumber}) FROM (SELECT $1 AS epoch) AS held", connection)
            {
                Parameters = { new() { Value = epoch } },
            };
            locked = await relock.ExecuteScalarAsync(cancellationToken) is true ? (connection, epoch) : null;
        }

        return epoch;
    }

    /// <summary>The new term's lock is there before anyone can see the term.</summary>
    private async Task<long?> TakeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using (NpgsqlCommand isFree = new($"SELECT {IsFree} FROM leader", connection))
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
            $"""
            WITH taken AS (UPDATE leader SET epoch = epoch + 1, holder = $1, expires_at = clock_timestamp() + $2 WHERE {IsFree} RETURNING epoch)
            SELECT epoch, pg_advisory_lock({LockClass}, {LockNumber}) FROM taken
            """,
            connection,
            transaction)
        {
            Parameters = { new() { Value = holder }, new() { Value = options.Value.LeaseDuration } },
        };
        long? epoch = await take.ExecuteScalarAsync(cancellationToken) as long?;
        await transaction.CommitAsync(cancellationToken);
        locked = epoch is { } taken ? (connection, taken) : null;
        return epoch;
    }

    /// <exception cref="StoreUnavailableException">The database could not be reached.</exception>
    private async Task<T> AskAsync<T>(Func<NpgsqlConnection, Task<T>> ask, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            return await kept.AskAsync(ask, cancellationToken);
        }
        finally
        {
            turn.Release();
        }
    }
}
