using ControlPlane.Domain.Commits;
using ControlPlane.Simulation.Networking;
using ControlPlane.Simulation.Storing;

namespace ControlPlane.Simulation.Replicas;

/// <summary>The cache as the reconciler reads it, which notes how far: whoever asks for the next changes has applied the ones before, and plans on no less.</summary>
internal sealed class LeadersCache(IResourceCache inner, DatabaseLink link) : CacheDecorator(inner)
{
    protected override ChangeSubscription Wrap(ChangeSubscription subscription) => new Subscription(subscription, link);

    private sealed class Subscription(ChangeSubscription inner, DatabaseLink link) : SubscriptionDecorator(inner)
    {
        private long read = inner.StartRevision;

        public override async ValueTask<ChangeBatch> ReadAsync(CancellationToken cancellationToken)
        {
            link.Known = read;
            ChangeBatch batch = await base.ReadAsync(cancellationToken);
            read = batch.Revision;
            return batch;
        }
    }
}
