using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Follows the objects of a kind.</summary>
/// <param name="Scope">Which objects.</param>
/// <param name="Options">
/// From where: a <c>resourceVersion</c> N gives every change after N; unset, 0 or <c>sendInitialEvents</c> give what is there first, as ADDED.
/// </param>
internal sealed record Watch<T>(ListScope Scope, ListOptions Options) : IRequest<WatchSession>
    where T : Resource;

internal sealed class WatchHandler<T>(CacheReader reader, TimeProvider time) : IRequestHandler<Watch<T>, WatchSession>
    where T : Resource
{
    /// <summary>When a client names no timeout, a watch ends after this long and up to twice as long, so that not all return together.</summary>
    private static readonly TimeSpan DefaultTimeoutMin = TimeSpan.FromMinutes(30);

    /// <summary>The longest watch that a client can ask for.</summary>
    private static readonly TimeSpan TimeoutMax = TimeSpan.FromDays(1);

    private static readonly ResourceKind Kind = ResourceKinds.Of<T>();

    public async Task<WatchSession> Handle(Watch<T> request, CancellationToken cancellationToken)
    {
        ListOptions options = request.Options;
        bool sendsInitial = options.SendInitialEvents == true;
        (ChangeSubscription subscription, KindSnapshot? initial) = !sendsInitial && options.ResourceVersion is > 0 and var revision
            ? (await SubscribeAfterAsync(revision, cancellationToken), null)
            : await BeginAsync(request, cancellationToken);
        return new WatchSession(subscription, time, Kind, request.Scope)
        {
            Initial = options.SendInitialEvents != false ? initial : null,
            EndsInitialEvents = sendsInitial,
            Bookmarks = options.AllowWatchBookmarks,
            Timeout = TimeoutOf(options),
        };
    }

    /// <summary>What is there, and every change after it. Where memory is late, what is there comes from the database, and the changes once memory has them.</summary>
    private async ValueTask<(ChangeSubscription Subscription, KindSnapshot? Initial)> BeginAsync(Watch<T> request, CancellationToken cancellationToken)
    {
        ReadSnapshot read = await reader.SnapshotAsync(Kind, request.Scope.Namespace, request.Options.ResourceVersion, cancellationToken);
        if (read.IsFromDatabase)
        {
            return (await SubscribeAfterAsync(read.Snapshot.Revision, cancellationToken), read.Snapshot);
        }

        ChangeSubscription subscription = reader.Cache.SubscribeFromNow();
        return (subscription, subscription.SnapshotAtStart(Kind));
    }

    private static TimeSpan TimeoutOf(ListOptions options)
    {
        TimeSpan wanted = options.Timeout ?? DefaultTimeoutMin * (1 + Random.Shared.NextDouble());
        return wanted < TimeoutMax ? wanted : TimeoutMax;
    }

    private async ValueTask<ChangeSubscription> SubscribeAfterAsync(long revision, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.SubscribeAfterAsync(revision, cancellationToken);
        }
        catch (RevisionCompactedException)
        {
            throw StatusError.Expired(revision, reader.Cache.Revision);
        }
    }
}
