using ControlPlane.Infrastructure.Presence;
using ControlPlane.Infrastructure.Storage.Watching;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Infrastructure.Storage;

/// <summary>
/// Starts the store, migrations first, then the cache, and runs its loops. The process counts as started once the cache is loaded; a
/// database that is not there yet is waited for. A loop that ends by an error stops the host.
/// </summary>
internal sealed class StoreService(
    Database database,
    StoreMigrator migrator,
    ChangeLogPartitions partitions,
    StatusEntries statusEntries,
    ResourceStore store,
    ChangeLogTail tail,
    LatestRevision latest,
    NodePresence presence,
    GatewayPresence gateways,
    TimeProvider time,
    ILogger<StoreService> logger) : BackgroundService
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(5);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        Backoff backoff = new(FirstRetry, LongestRetry);
        while (!await TryPrepareAsync(cancellationToken))
        {
            await Task.Delay(backoff.Next(), time, cancellationToken);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using CancellationTokenSource anyEnded = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        Func<CancellationToken, Task>[] loops =
            [store.RunAsync, tail.RunAsync, tail.ListenAsync, latest.RunAsync, partitions.RunAsync, statusEntries.RunAsync, presence.RunAsync, gateways.RunAsync];
        Task[] running = [.. loops.Select(loop => loop(anyEnded.Token))];
        await Task.WhenAny(running);
        // One that has ended by an error ends the others, and then the host.
        await anyEnded.CancelAsync();
        await Task.WhenAll(running);
    }

    private async Task<bool> TryPrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            await migrator.MigrateAsync(cancellationToken);
            await tail.SettleAsync(cancellationToken);
            await tail.LoadAsync(cancellationToken);
            return true;
        }
        catch (Exception error) when (Database.IsTrouble(error))
        {
            logger.WaitingForDatabase(database.Address, error.Message);
            return false;
        }
    }
}
