using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Resources;
using MediatR;

namespace ControlPlane.Api.Requests;

/// <summary>Reads where a Deployment's rollout stands.</summary>
/// <param name="Key">Which Deployment.</param>
/// <param name="Wait">How long to wait for the rollout to be complete or to have failed; null: not at all.</param>
internal sealed record GetRollout(ObjectKey Key, TimeSpan? Wait) : IRequest<RolloutView>;

internal sealed class GetRolloutHandler(CacheReader reader, WorkloadSnapshots snapshots, TimeProvider time, IHostApplicationLifetime lifetime)
    : IRequestHandler<GetRollout, RolloutView>
{
    public async Task<RolloutView> Handle(GetRollout request, CancellationToken cancellationToken)
    {
        ReadWorkload read = await snapshots.ReadAsync(request.Key, cancellationToken);
        if (request.Wait is { } wait && !RolloutPhase.Of(read.Deployment, read.Snapshot.ReplicaSets).IsSettled)
        {
            await WaitUntilSettledAsync(read, wait, cancellationToken);
            read = await snapshots.ReadAsync(request.Key, cancellationToken);
        }

        return RolloutViews.Of(read.Snapshot);
    }

    /// <summary>
    /// Returns once the rollout is over, or when the time is up or the server stops. It is followed through the changes as they come in; a request that has
    /// fallen too far behind them begins anew.
    /// </summary>
    private async Task WaitUntilSettledAsync(ReadWorkload read, TimeSpan wait, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(wait, time);
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token, lifetime.ApplicationStopping);
        while (true)
        {
            try
            {
                ending.Token.ThrowIfCancellationRequested();
                await FollowAsync(read, ending.Token);
                return;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (RevisionCompactedException)
            {
                read = await snapshots.ReadAsync(read.Deployment.Key, cancellationToken);
            }
        }
    }

    private async Task FollowAsync(ReadWorkload read, CancellationToken cancellationToken)
    {
        using ChangeSubscription changes = await reader.SubscribeAfterAsync(read.Revision, cancellationToken);
        Deployment deployment = read.Deployment;
        Dictionary<ObjectKey, ReplicaSet> replicaSets = read.Snapshot.ReplicaSets.ToDictionary(item => item.Key);
        while (!RolloutPhase.Of(deployment, replicaSets.Values).IsSettled)
        {
            ChangeBatch batch = await changes.ReadAsync(cancellationToken);
            deployment = Latest(deployment, batch);
            Follow(replicaSets, deployment, batch);
        }
    }

    private static Deployment Latest(Deployment deployment, ChangeBatch batch)
    {
        foreach (Change change in batch.Changes)
        {
            if (change.Object is Deployment changed && changed.Key == deployment.Key)
            {
                deployment = change.Operation == ChangeOperation.Deleted ? throw StatusError.NotFound(ResourceKinds.Deployment, deployment.Name) : changed;
            }
        }

        return deployment;
    }

    private static void Follow(Dictionary<ObjectKey, ReplicaSet> replicaSets, Deployment deployment, ChangeBatch batch)
    {
        foreach (Change change in batch.Changes)
        {
            if (change.Object is not ReplicaSet changed)
            {
                continue;
            }

            if (change.Operation != ChangeOperation.Deleted && changed.Metadata.Controller?.Uid == deployment.Uid)
            {
                replicaSets[changed.Key] = changed;
            }
            else
            {
                replicaSets.Remove(changed.Key);
            }
        }
    }
}
