using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Simulation.Storing;

namespace ControlPlane.Simulation.Planting;

/// <summary>Keeps from the reconciler that Nodes are deleted.</summary>
internal sealed class NodeDeletionPlant : Plant
{
    public override IResourceCache OnLeadersCache(IResourceCache cache) => new Cache(cache);

    private sealed class Cache(IResourceCache inner) : CacheDecorator(inner)
    {
        protected override ChangeSubscription Wrap(ChangeSubscription subscription) => new Subscription(subscription);
    }

    private sealed class Subscription(ChangeSubscription inner) : SubscriptionDecorator(inner)
    {
        public override async ValueTask<ChangeBatch> ReadAsync(CancellationToken cancellationToken)
        {
            ChangeBatch batch = await base.ReadAsync(cancellationToken);
            return batch with { Changes = [.. batch.Changes.Where(change => change is not { Object: Node, Operation: ChangeOperation.Deleted })] };
        }
    }
}
