using ControlPlane.Domain.Commits;
using ControlPlane.Infrastructure.Leadership;
using ControlPlane.Infrastructure.Presence;
using ControlPlane.Reconciler.Passes;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Reconciler;

/// <summary>
/// Stands for election, leads while it holds the lease, and drops everything when it does not. A crash of the loop is logged and
/// followed by a new start, for a control plane that has silently stopped controlling is the worst of all.
/// </summary>
internal sealed class LeaderLoop(
    IResourceStore store,
    IResourceCache cache,
    ILeaderLease lease,
    INodePresence presence,
    IGatewayPresence gateways,
    TimeProvider time,
    ReconcilerOptions options,
    ILogger logger)
{
    private static readonly TimeSpan RestartDelayMax = TimeSpan.FromMinutes(1);

    private readonly SeedSource seeds = new(options.Seed);
    private int crashesInARow;
    private bool hasToRelease;

    /// <summary>What the loop counts of itself.</summary>
    public ReconcilerFigures Figures { get; } = new();

    /// <summary>Runs until told to stop; never ends by itself.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                long epoch = await WinAsync(stoppingToken);
                await LeadAsync(epoch, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (StoreUnavailableException exception)
            {
                ReconcilerLog.StoreUnavailable(logger, exception.Message);
                await PauseAsync(options.LeaseInterval, stoppingToken);
            }
            catch (Exception exception)
            {
                TimeSpan delay = NextRestartDelay();
                ReconcilerLog.Crashed(logger, exception, delay);
                await PauseAsync(delay, stoppingToken);
            }
        }

        await ReleaseAsync();
    }

    /// <summary>
    /// Tries until this process is the leader. After a term that ended in doubt the lease is given up first, so that the next term has a new epoch,
    /// which refuses what may still be under way.
    /// </summary>
    private async Task<long> WinAsync(CancellationToken cancellationToken)
    {
        if (hasToRelease)
        {
            await lease.ReleaseAsync(cancellationToken);
            hasToRelease = false;
        }

        while (true)
        {
            if (await lease.TryHoldAsync(cancellationToken) is { } epoch)
            {
                return epoch;
            }

            await Task.Delay(options.LeaseInterval, time, cancellationToken);
        }
    }

    private async Task LeadAsync(long epoch, CancellationToken stoppingToken)
    {
        using CancellationTokenSource term = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        Task<string> keeping = KeepAsync(epoch, term);
        Figures.BeginTerm();
        try
        {
            await new Term(epoch, store, cache, presence, gateways, options, time, seeds, Figures, logger).RunAsync(term.Token);
        }
        catch (LeadershipLostException exception)
        {
            ReconcilerLog.LostLeadership(logger, epoch, exception.Message);
            hasToRelease = true;
        }
        catch (OperationCanceledException) when (term.IsCancellationRequested && !stoppingToken.IsCancellationRequested)
        {
            ReconcilerLog.LostLeadership(logger, epoch, await keeping);
        }
        finally
        {
            Figures.EndTerm();
            term.Cancel();
            await keeping;
        }
    }

    /// <summary>
    /// Extends the lease until the term ends, and ends the term when the lease has gone to another. While the database cannot be reached the term
    /// goes on: nothing can be committed then, and the epoch refuses what comes too late.
    /// </summary>
    private async Task<string> KeepAsync(long epoch, CancellationTokenSource term)
    {
        try
        {
            while (true)
            {
                await Task.Delay(options.LeaseInterval, time, term.Token);
                try
                {
                    if (await lease.TryHoldAsync(term.Token) != epoch)
                    {
                        return "the lease has gone to another";
                    }

                    crashesInARow = 0;
                }
                catch (StoreUnavailableException exception)
                {
                    ReconcilerLog.StoreUnavailable(logger, exception.Message);
                }
            }
        }
        catch (OperationCanceledException) when (term.IsCancellationRequested)
        {
            return "it was given up";
        }
        finally
        {
            term.Cancel();
        }
    }

    private TimeSpan NextRestartDelay()
    {
        double factor = Math.Pow(2, Math.Min(crashesInARow++, 10));
        TimeSpan delay = options.RestartDelay * factor;
        return delay < RestartDelayMax ? delay : RestartDelayMax;
    }

    /// <summary>Waits; the loop itself sees when it is to stop.</summary>
    private async Task PauseAsync(TimeSpan delay, CancellationToken stoppingToken) =>
        await Task.Delay(delay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    private async Task ReleaseAsync()
    {
        try
        {
            using CancellationTokenSource bound = new(options.LeaseInterval, time);
            await lease.ReleaseAsync(bound.Token);
        }
        catch (Exception exception) when (exception is StoreUnavailableException or OperationCanceledException)
        {
            ReconcilerLog.ReleaseFailed(logger, exception.Message);
        }
    }
}
