using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Resources;
using ControlPlane.Infrastructure.Presence;
using ControlPlane.Reconciler.Passes;
using ControlPlane.Reconciler.Queue;
using ControlPlane.Reconciler.Worlds;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Reconciler;

/// <summary>What a leader holds while it leads: a world, a queue, and the loop of passes between them. Dropped whole when the term ends.</summary>
internal sealed class Term(
    long epoch,
    IResourceStore store,
    IResourceCache cache,
    INodePresence presence,
    IGatewayPresence gateways,
    ReconcilerOptions options,
    TimeProvider time,
    SeedSource seeds,
    ReconcilerFigures figures,
    ILogger logger)
{
    /// <summary>How long the loop rests when the store cannot be reached; its keys keep their place.</summary>
    private static readonly TimeSpan StoreRetryDelay = TimeSpan.FromMilliseconds(500);

    private readonly WorkQueue queue = new(time, seeds.NextRandom());
    private readonly Pacing pacing = new();
    private readonly PassPlanner planner = new(presence, gateways, options, time, seeds.Next, figures, logger);

    /// <summary>Runs until cancelled, or until the term is over.</summary>
    /// <exception cref="LeadershipLostException">Another process leads, or may already do so.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await cache.WaitForLatestAsync(cancellationToken);
        using ChangeSubscription subscription = cache.SubscribeFromNow();
        World world = World.At(subscription, time);
        ReconcilerLog.Leading(logger, epoch, ResourceKinds.All.Sum(kind => world.AllOf(kind).Count), world.Revision);
        EnqueueAll(world);
        using CancellationTokenSource reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Feed feed = new(subscription, world, change => EnqueueConcerned(world, change), reading.Token);
        try
        {
            await LoopAsync(world, feed, cancellationToken);
        }
        finally
        {
            reading.Cancel();
            await feed.EndAsync();
        }
    }

    private async Task LoopAsync(World world, Feed feed, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await feed.ApplyReadyAsync();
            WorkKey[] keys = TakeDue(world);
            if (keys.Length == 0)
            {
                await WaitForWorkAsync(feed);
                continue;
            }

            long began = time.GetTimestamp();
            UnitMaker maker = new(world, epoch, planner.Now, new IdSource(seeds.Next()));
            try
            {
                long revision = await new Pass(world, queue, pacing, planner, maker, store, time, figures, logger).RunAsync(keys, cancellationToken);
                await feed.ReachAsync(revision);
                figures.AddPass(time.GetElapsedTime(began), queue.Count);
            }
            catch (StoreUnavailableException exception)
            {
                ReconcilerLog.StoreUnavailable(logger, exception.Message);
                await CatchUpAsync(feed, cancellationToken);
            }
        }
    }

    /// <summary>Rests until the store answers and the world has all of it: units that went into an earlier transaction may be stored.</summary>
    private async Task CatchUpAsync(Feed feed, CancellationToken cancellationToken)
    {
        for (bool isCurrent = false; !isCurrent;)
        {
            await Task.Delay(StoreRetryDelay, time, cancellationToken);
            try
            {
                await cache.WaitForLatestAsync(cancellationToken);
                await feed.ReachAsync(cache.Revision);
                isCurrent = true;
            }
            catch (StoreUnavailableException exception)
            {
                ReconcilerLog.StoreUnavailable(logger, exception.Message);
            }
        }
    }

    /// <summary>
    /// The keys of a pass. Pods that wait choose first among what has become free, before new ones, however many keys are due before theirs: of 100 Deployments a pass takes 64.
    /// </summary>
    private WorkKey[] TakeDue(World world)
    {
        List<WorkKey> keys = queue.TryTake(WorkKey.PendingPods) ? [WorkKey.PendingPods] : [];
        while (keys.Count < options.KeysPerPass && queue.TryTake(out WorkKey key))
        {
            if (key.Kind == WorkKind.Resync)
            {
                EnqueueAll(world);
            }
            else
            {
                keys.Add(key);
            }
        }

        // It may have become due in this moment.
        return [.. keys.OrderBy(key => key != WorkKey.PendingPods)];
    }

    private void EnqueueAll(World world)
    {
        foreach (WorkKey key in Triggers.All(world))
        {
            queue.Add(key);
        }

        queue.AddAfter(WorkKey.Resync, options.ResyncInterval);
    }

    private void EnqueueConcerned(World world, Change change)
    {
        foreach (WorkKey key in Triggers.KeysOf(world, change))
        {
            queue.AddAfter(key, DelayOf(key, change));
        }
    }

    private TimeSpan DelayOf(WorkKey key, Change change) => key.Kind switch
    {
        WorkKind.Endpoints or WorkKind.Quota => pacing.DelayOf(key) is var paced && paced > options.EndpointsDelay ? paced : options.EndpointsDelay,
        WorkKind.Deployment or WorkKind.ReplicaSet when change.Object is Pod => pacing.DelayOf(key),
        _ => TimeSpan.Zero,
    };

    /// <summary>
    /// Waits for a change or for the next key that is due by the clock. The end of the term ends the feed, and with it the wait; a timer that ended with the
    /// term would complete the wait on a thread of the pool, out of a simulation's sight.
    /// </summary>
    private async Task WaitForWorkAsync(Feed feed)
    {
        TimeSpan untilDue = queue.UntilNextDue ?? options.ResyncInterval;
        using CancellationTokenSource waiting = new();
        Task due = Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(untilDue.TotalMilliseconds)), time, waiting.Token);
        await Task.WhenAny(feed.Next, due);
        waiting.Cancel();
    }
}
