using System.Net.Sockets;
using ControlPlane.Domain.Commits;
using Npgsql;

namespace ControlPlane.Infrastructure.Storage;

/// <summary>Connections to the database, and which errors mean that it cannot be reached now.</summary>
internal sealed class Database : IAsyncDisposable
{
    /// <summary>
    /// What PostgreSQL lists this version's connections as. The number is that of what it can read: 2 is a status alone in the change log. Versions from before have none
    /// (<see cref="StatusEntries"/>).
    /// </summary>
    private const string ApplicationName = "controlplane/2";

    public Database(StoreOptions options)
    {
        NpgsqlConnectionStringBuilder connection = new(options.ConnectionString)
        {
            ApplicationName = ApplicationName,
            MaxAutoPrepare = 100,
            AutoPrepareMinUsages = 2,
            Timeout = 5,
            CommandTimeout = 15,
        };
        Address = $"{connection.Host}:{connection.Port}/{connection.Database}";
        Source = NpgsqlDataSource.Create(connection);

        connection.Pooling = false;
        Sessions = NpgsqlDataSource.Create(connection);
        connection.Pooling = true;

        // A commit finds its rows by key, 1,000 of 150,000 perhaps: always through the index, however the tables' statistics look.
        connection.ApplicationName = $"{ApplicationName}-commits";
        connection.Options = $"{connection.Options} -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off -c plan_cache_mode=force_generic_plan".Trim();
        Commits = NpgsqlDataSource.Create(connection);
    }

    /// <summary>Says where the database is, without credentials.</summary>
    public string Address { get; }

    public NpgsqlDataSource Source { get; }

    /// <summary>Connections whose sessions end when they are closed, with the locks that they hold.</summary>
    public NpgsqlDataSource Sessions { get; }

    /// <summary>The committer's connection, with its own settings.</summary>
    public NpgsqlDataSource Commits { get; }

    /// <summary>Whether an error is about reaching the database rather than about what was asked.</summary>
    public static bool IsTrouble(Exception error) => error switch
    {
        // Connection exceptions, out of resources, stopped or starting by an operator, locks and deadlocks, the database's own failures; a standby that is
        // not promoted yet.
        PostgresException refusal => refusal.Severity is "FATAL" or "PANIC" || refusal.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction
            || refusal.SqlState[..2] is "08" or "40" or "53" or "55" or "57" or "58" or "XX",
        _ => error is NpgsqlException or SocketException or IOException or TimeoutException,
    };

    /// <summary>Runs a statement.</summary>
    /// <exception cref="StoreUnavailableException">The database could not be reached.</exception>
    public async Task<T> AskAsync<T>(Func<NpgsqlConnection, Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            await using NpgsqlConnection connection = await Source.OpenConnectionAsync(cancellationToken);
            return await ask(connection);
        }
        catch (Exception error) when (IsTrouble(error))
        {
            throw new StoreUnavailableException($"The database cannot be reached: {error.Message}", error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Commits.DisposeAsync();
        await Sessions.DisposeAsync();
        await Source.DisposeAsync();
    }
}
