using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ControlPlane.Infrastructure.Storage.Watching;

/// <summary>
/// Feeds the cache from the change log. It reads when a notification says that there is something, and every poll interval anyway; this process' own commits
/// are handed to it and not read back. While the database is away the cache keeps serving what it has.
/// </summary>
internal sealed class ChangeLogTail(
    Database database, StoreHistory history, ChangeLogPartitions partitions, WatchCache cache, OwnCommits own, ChangeSignal signal, IOptions<StoreOptions> options, TimeProvider time, ILogger<ChangeLogTail> logger)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ListenerCheckInterval = TimeSpan.FromSeconds(30);

    /// <summary>Sees to it that revisions go on after any that were ever published, and that there is room for them.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.Source.OpenConnectionAsync(cancellationToken);
        await SettleAsync(connection, cancellationToken);
    }

    /// <summary>Loads everything, with the recent changes, so that watches go on where they were before this process started.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.Source.OpenConnectionAsync(cancellationToken);
        await LoadAsync(connection, RecentChangesLimits.Of(options.Value), cancellationToken);
    }

    /// <summary>Follows the log until it is told to stop.</summary>
    public Task RunAsync(CancellationToken stopping) => RetryAsync(
        FollowAsync,
        (error, delay) => logger.TailInterrupted(error.Message, delay),
        stopping);

    /// <summary>Passes notifications on until it is told to stop.</summary>
    public Task ListenAsync(CancellationToken stopping) => RetryAsync(
        ListenOnceAsync,
        (error, _) => logger.ListenerInterrupted(error.Message),
        stopping);

    private async Task RetryAsync(Func<Backoff, CancellationToken, Task> run, Action<Exception, TimeSpan> report, CancellationToken stopping)
    {
        Backoff backoff = new(FirstRetry, LongestRetry);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await run(backoff, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (Database.IsTrouble(error))
            {
                TimeSpan delay = backoff.Next();
                report(error, delay);
                await Task.Delay(delay, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task FollowAsync(Backoff backoff, CancellationToken stopping)
    {
        await using NpgsqlConnection connection = await database.Source.OpenConnectionAsync(stopping);
        logger.TailResumed(cache.Revision);
        while (true)
        {
            if (own.TryTakeAfter(cache.Revision, out OwnCommit? commit) && cache.TryApply(commit))
            {
                continue;
            }

            ReadChanges read = await ChangeLogReader.ReadAsync(connection, cache.Revision, options.Value.ChangesPerRead, stopping);
            backoff.Reset();
            if (read.HasMoved)
            {
                await SettleAsync(connection, stopping);
                continue;
            }

            if (read.Identity != cache.StoreIdentity || read.StoreRevision < cache.Revision || read.Compacted > cache.Revision || !cache.TryApply(read))
            {
                logger.Reloading(cache.Revision, cache.StoreIdentity);
                // Without recent changes: another history may have given the same revisions another meaning.
                await LoadAsync(connection, recent: null, stopping);
                continue;
            }

            if (!read.IsFull)
            {
                await signal.WaitAsync(options.Value.PollInterval, stopping);
            }
        }
    }

    private async Task SettleAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await history.SettleAsync(connection, cancellationToken);
        await partitions.MakeAheadAsync(cancellationToken);
    }

    private async Task ListenOnceAsync(Backoff backoff, CancellationToken stopping)
    {
        await using NpgsqlConnection connection = await database.Source.OpenConnectionAsync(stopping);
        connection.Notification += (_, notification) =>
        {
            if (notification.PID != own.ProcessId)
            {
                signal.Wake();
            }
        };
        await using NpgsqlCommand listen = new($"LISTEN {Commits.CommitStatements.ChangesChannel}", connection);
        await listen.ExecuteNonQueryAsync(stopping);
        backoff.Reset();
        while (true)
        {
            if (!await connection.WaitAsync(ListenerCheckInterval, stopping))
            {
                // A connection that died without a word is found out by asking.
                await listen.ExecuteNonQueryAsync(stopping);
            }
        }
    }

    private async Task LoadAsync(NpgsqlConnection connection, RecentChangesLimits? recent, CancellationToken cancellationToken)
    {
        LoadedStore loaded = await ChangeLogReader.LoadAsync(connection, recent, cancellationToken);
        cache.Load(loaded);
        logger.Loaded(loaded.Identity, loaded.Objects.Sum(kind => kind.Value.Count), loaded.Revision, loaded.Recent.After);
    }
}
