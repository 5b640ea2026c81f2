using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Simulation.Networking;

namespace ControlPlane.Simulation.Replicas;

/// <summary>The cache as the reconciler reads it, which notes how far: whoever asks for the next changes has applied the ones before, and plans on no less.</summary>
internal sealed class LeadersCache(IResourceCache inner, DatabaseLink link) : IResourceCache
{
    public string StoreIdentity => inner.StoreIdentity;

    public long Revision => inner.Revision;

    public KindSnapshot Snapshot(ResourceKind kind) => inner.Snapshot(kind);

    public Resource? Find(ResourceKind kind, ObjectKey key) => inner.Find(kind, key);

    public Task WaitForRevisionAsync(long revision, CancellationToken cancellationToken) => inner.WaitForRevisionAsync(revision, cancellationToken);

    public Task<long> AskLatestAsync(CancellationToken cancellationToken) => inner.AskLatestAsync(cancellationToken);

    public Task WaitForLatestAsync(CancellationToken cancellationToken) => inner.WaitForLatestAsync(cancellationToken);

    public ChangeSubscription SubscribeFromNow() => new Subscription(inner.SubscribeFromNow(), link);

    public ChangeSubscription SubscribeAfter(long revision) => new Subscription(inner.SubscribeAfter(revision), link);

    private sealed class Subscription(ChangeSubscription inner, DatabaseLink link) : ChangeSubscription
    {
        private long read = inner.StartRevision;

        public override string StoreIdentity => inner.StoreIdentity;

        public override long StartRevision => inner.StartRevision;

        public override KindSnapshot SnapshotAtStart(ResourceKind kind) => inner.SnapshotAtStart(kind);

        public override async ValueTask<ChangeBatch> ReadAsync(CancellationToken cancellationToken)
        {
            link.Known = read;
            ChangeBatch batch = await inner.ReadAsync(cancellationToken);
            read = batch.Revision;
            return batch;
        }
    }
}
