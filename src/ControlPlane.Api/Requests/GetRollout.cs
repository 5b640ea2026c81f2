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
        await reader.WaitForLatestAsync(cancellationToken);
        Deployment deployment = Found(reader.Find<Deployment>(request.Key), request.Key);
        if (request.Wait is { } wait && !RolloutPhase.Of(deployment).IsSettled)
        {
            deployment = await SettledAsync(deployment, wait, cancellationToken);
        }

        return RolloutViews.Of(snapshots.Of(deployment));
    }

    /// <summary>
    /// The Deployment once its rollout is over, or as it is when the time is up or the server stops. It is followed through the changes as they come in;
    /// a request that has fallen too far behind them begins anew.
    /// </summary>
    private async Task<Deployment> SettledAsync(Deployment deployment, TimeSpan wait, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(wait, time);
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token, lifetime.ApplicationStopping);
        while (true)
        {
            using ChangeSubscription changes = reader.Cache.SubscribeFromNow();
            deployment = Found(changes.SnapshotAtStart(ResourceKinds.Deployment).Objects.GetValueOrDefault(deployment.Key) as Deployment, deployment.Key);
            try
            {
                while (!RolloutPhase.Of(deployment).IsSettled)
                {
                    deployment = Latest(deployment, await changes.ReadAsync(ending.Token));
                }

                return deployment;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return deployment;
            }
            catch (RevisionCompactedException)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private static Deployment Latest(Deployment deployment, ChangeBatch batch)
    {
        foreach (Change change in batch.Changes)
        {
            if (change.Object is Deployment changed && changed.Key == deployment.Key)
            {
                deployment = change.Operation == ChangeOperation.Deleted ? Found(null, deployment.Key) : changed;
            }
        }

        return deployment;
    }

    private static Deployment Found(Deployment? deployment, ObjectKey key) => deployment ?? throw StatusError.NotFound(ResourceKinds.Deployment, key.Name);
}
