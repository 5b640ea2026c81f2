using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Infrastructure.Storage.Commits;
using ControlPlane.Infrastructure.Storage.Watching;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ControlPlane.Infrastructure.Storage;

/// <summary>
/// The one door for writes: units queue up, and one loop commits them in groups, so that the revision lock is taken once for many.
/// </summary>
internal sealed class ResourceStore(Database database, OwnCommits own, ChangeSignal changes, IOptions<StoreOptions> options, ILogger<ResourceStore> logger)
    : IResourceStore, IAsyncDisposable
{
    /// <summary>
    /// A pod's row is longer than the 2 KB from which PostgreSQL compresses (manual, "TOAST"): with lz4, where it was built with it, that takes a fraction of the time of its default.
    /// </summary>
    private const string FastCompression =
        "SELECT set_config(name, 'lz4', false) FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)";

    private readonly CommitQueue queue = new(options.Value.WaitingUnitsMax);
    private NpgsqlConnection? connection;

    public async Task<ImmutableArray<UnitResult>> CommitAsync(IReadOnlyList<CommitUnit> units, CancellationToken cancellationToken)
    {
        CommitCall call = new(cancellationToken);
        PreparedUnit[] prepared = [.. units.Select(unit => new PreparedUnit(unit, call))];
        queue.Add(prepared);
        return [.. await Task.WhenAll(prepared.Select(unit => unit.Result)).WaitAsync(cancellationToken)];
    }

    /// <summary>Commits until it is told to stop; what still waits then is refused as unavailable.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                await queue.WaitAsync(stopping);
                List<PreparedUnit> group = queue.TakeGroup(options.Value.UnitsPerTransactionMax, options.Value.RowsPerTransactionMax);
                if (group.Count > 0)
                {
                    await CommitAsync(group);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
        finally
        {
            Fail(queue.Close(), new StoreUnavailableException("The store is being stopped."));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await DropConnectionAsync();
        queue.Dispose();
    }

    /// <summary>Commits a group and tells each unit what became of it. A commit that has begun is not cancelled.</summary>
    private async Task CommitAsync(List<PreparedUnit> group)
    {
        try
        {
            connection ??= await OpenConnectionAsync();
            CommitOutcome outcome = await CommitTransaction.RunAsync(connection, group, CancellationToken.None);
            if (!outcome.Writes.IsEmpty)
            {
                own.Add(new OwnCommit(group, outcome.Writes[0].Revision - 1, outcome));
                changes.Wake();
            }

            foreach ((PreparedUnit unit, UnitResult result) in group.Zip(outcome.Results))
            {
                unit.Complete(result);
            }
        }
        catch (PostgresException error) when (error.Severity == "ERROR" && IsAboutAValue(error))
        {
            await DropConnectionAsync();
            await IsolateAsync(group, error);
        }
        catch (Exception error)
        {
            await DropConnectionAsync();
            Fail(group, Explain(error, group.Count));
        }
    }

    /// <summary>
    /// A value that PostgreSQL does not take spoils the transaction of its whole group. The guilty unit is found by halves, which commit apart: one
    /// among 256 costs 16 more transactions, of which 8 are stored.
    /// </summary>
    private async Task IsolateAsync(List<PreparedUnit> group, PostgresException error)
    {
        if (group.Count == 1)
        {
            logger.UnitRefused(group[0].Unit.Actor, error.MessageText, error.SqlState);
            group[0].Refuse(error.MessageText);
            return;
        }

        int middle = group.Count / 2;
        foreach (List<PreparedUnit> half in new[] { group[..middle], group[middle..] })
        {
            half.RemoveAll(unit => unit.IsGivenUp());
            if (half.Count > 0)
            {
                await CommitAsync(half);
            }
        }
    }

    private Exception Explain(Exception error, int units)
    {
        if (error is CommitOutcomeUnknownException)
        {
            logger.CommitFailed(units, error.InnerException?.Message ?? error.Message);
            return error;
        }

        if (error is StoreUnavailableException)
        {
            logger.CommitFailed(units, error.Message);
            // Whoever follows the log begins the history anew.
            changes.Wake();
            return error;
        }

        if (Database.IsTrouble(error))
        {
            logger.CommitFailed(units, error.Message);
            return new StoreUnavailableException($"The database cannot be reached: {error.Message}", error);
        }

        logger.CommitBroke(units, error);
        return error;
    }

    /// <summary>Data exceptions, broken constraints, and values beyond a limit (SQLSTATE classes 22, 23 and 54; PostgreSQL's manual, appendix A).</summary>
    private static bool IsAboutAValue(PostgresException error) => error.SqlState[..2] is "22" or "23" or "54";

    private static void Fail(IEnumerable<PreparedUnit> units, Exception error)
    {
        foreach (PreparedUnit unit in units)
        {
            unit.Fail(error);
        }
    }

    private async Task<NpgsqlConnection> OpenConnectionAsync()
    {
        NpgsqlConnection opened = await database.Commits.OpenConnectionAsync(CancellationToken.None);
        try
        {
            await using NpgsqlCommand compress = new(FastCompression, opened);
            await compress.ExecuteNonQueryAsync();
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }

        own.ProcessId = opened.ProcessID;
        return opened;
    }

    private async Task DropConnectionAsync()
    {
        if (connection is { } broken)
        {
            connection = null;
            // Closing undoes a transaction that is still open.
            await broken.DisposeAsync();
        }
    }
}
