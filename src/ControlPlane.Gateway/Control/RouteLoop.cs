using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Forwarding;
using ControlPlane.Gateway.Hosting;
using ControlPlane.Gateway.Listening;
using ControlPlane.Gateway.Names;
using ControlPlane.Gateway.Traffic;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Control;

/// <summary>Follows the routes: applies each newer table, keeps it on disk, and only then has it acknowledged. While the control plane is away the last one stays.</summary>
internal sealed class RouteLoop(
    GatewayOptions options,
    ControlPlaneClient controlPlane,
    TableFile file,
    ClientsFile clients,
    NodeNetworks networks,
    Router router,
    Listeners listeners,
    MetricsPage metrics,
    Acknowledged acknowledged,
    DrainState drain,
    TimeProvider time,
    ILogger<RouteLoop> log) : BackgroundService
{
    /// <summary>A server that answers at once again and again is not asked more often than this.</summary>
    private static readonly TimeSpan ShortestRound = TimeSpan.FromMilliseconds(20);

    /// <summary>How soon a port that could not be listened on is tried again.</summary>
    private static readonly TimeSpan ListenAgainAfter = TimeSpan.FromSeconds(5);

    /// <summary>How soon the control plane is asked again at a start.</summary>
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(100);

    private readonly RetryDelay delay = new(Random.Shared.NextDouble);
    private IReadOnlyList<ListenAddress> listening = [];
    private bool listensOnAll = true;
    private NodeNetwork? listensFor;
    private bool begunWithNews;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        router.Drained = acknowledged.Report;
        router.Restore(await clients.LoadAsync(cancellationToken));
        if (await file.LoadAsync(cancellationToken) is { } known)
        {
            await BeginAsync(known, cancellationToken);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // From 0, not from what was on disk: the first answer shall come at once. What the start has taken is an answer.
        (long after, string store) = begunWithNews ? (acknowledged.Table.Revision, acknowledged.Table.Store) : (0L, "");
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                RouteTable? table = await NextAsync(after, store, stoppingToken);
                delay.Reset();
                if (table is not null)
                {
                    await TakeAsync(table, acknowledged.Table, stoppingToken);
                    (after, store) = (acknowledged.Table.Revision, acknowledged.Table.Store);
                }

                await Task.Delay(ShortestRound, time, stoppingToken);
            }
            catch (ControlPlaneException exception)
            {
                log.RoutesFailed(exception.Message);
                await Task.Delay(delay.Next(), time, stoppingToken);
            }

            if (networks.Current != listensFor && !acknowledged.First.IsCompleted)
            {
                // Without a table there is nothing to listen on anew, and what was inherited is kept until there is one.
                listensFor = networks.Current;
            }
            else if (networks.Current != listensFor)
            {
                await ApplyAsync(acknowledged.Table, isNew: false, stoppingToken);
            }
            else if (!listensOnAll)
            {
                listensOnAll = await listeners.ApplyAsync(listening, stoppingToken);
            }
        }
    }

    /// <summary>The next table, or null for no news; asked for a short while only when a port is to be tried again, and until the containers' network is another.</summary>
    private async Task<RouteTable?> NextAsync(long after, string store, CancellationToken stop)
    {
        CancellationToken otherNetwork = networks.Changed;
        if (networks.Current != listensFor)
        {
            return null;
        }

        using CancellationTokenSource again = new(listensOnAll ? Timeout.InfiniteTimeSpan : ListenAgainAfter, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(again.Token, otherNetwork, stop);
        try
        {
            return await controlPlane.GetRoutesAsync(after, store, either.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>
    /// Begins with what the control plane says now, and only without it with what was on disk: while this gateway was away nobody waited for its word, so pods of that table may have been stopped, and their ports may be other Services' pods' by now.
    /// </summary>
    private async Task BeginAsync(RouteTable known, CancellationToken cancellationToken)
    {
        begunWithNews = await NewsAsync(cancellationToken) is { } table && await TakeAsync(table, known, cancellationToken);
        if (!begunWithNews)
        {
            await ApplyAsync(known, isNew: false, cancellationToken);
        }
    }

    /// <summary>What the control plane says at a start; null when it has not answered within <see cref="GatewayOptions.NewsPatience"/>.</summary>
    private async Task<RouteTable?> NewsAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(options.NewsPatience, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        string reason = "it is silent";
        try
        {
            while (true)
            {
                try
                {
                    return await controlPlane.GetRoutesAsync(after: 0, store: "", either.Token);
                }
                catch (ControlPlaneException exception)
                {
                    reason = exception.Message;
                    await Task.Delay(AskAgainAfter, time, either.Token);
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            log.RoutesFailed(reason);
            return null;
        }
    }

    /// <summary>Acts on a table, unless it is older than the one that is known.</summary>
    private async Task<bool> TakeAsync(RouteTable table, RouteTable known, CancellationToken stop)
    {
        if (table.Store == known.Store && table.Revision < known.Revision)
        {
            log.StaleRoutes(table.Revision, known.Revision);
            return false;
        }

        RouteTable next = KeptRoutes.Carry(known, table, options.NodeName);
        if (next.Kept.Count > 0 && known.Store != next.Store)
        {
            log.RoutesKept(next.Store, known.Store, next.Kept.Count);
        }

        await ApplyAsync(next, isNew: true, stop);
        return true;
    }

    /// <summary>Acknowledged once it is on disk, too: a gateway that starts from there must not send requests to a pod that has been stopped on this one's word.</summary>
    private async Task ApplyAsync(RouteTable table, bool isNew, CancellationToken cancellationToken)
    {
        listensFor = networks.Current;
        listening = [.. router.Apply(table), .. metrics.Listening];
        listensOnAll = await listeners.ApplyAsync(listening, cancellationToken);
        if (isNew && !drain.IsDraining)
        {
            await file.SaveAsync(table, cancellationToken);
        }

        acknowledged.Set(table);
    }
}
