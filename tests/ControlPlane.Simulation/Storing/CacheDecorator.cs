using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Simulation.Storing;

/// <summary>Passes everything on; subscriptions by way of <see cref="Wrap"/>.</summary>
internal abstract class CacheDecorator(IResourceCache inner) : IResourceCache
{
    public string StoreIdentity => inner.StoreIdentity;

    public long Revision => inner.Revision;

    public virtual KindSnapshot Snapshot(ResourceKind kind) => inner.Snapshot(kind);

    public virtual Resource? Find(ResourceKind kind, ObjectKey key) => inner.Find(kind, key);

    public Task WaitForRevisionAsync(long revision, CancellationToken cancellationToken) => inner.WaitForRevisionAsync(revision, cancellationToken);

    public virtual Task<long> AskLatestAsync(CancellationToken cancellationToken) => inner.AskLatestAsync(cancellationToken);

    public virtual Task WaitForLatestAsync(CancellationToken cancellationToken) => inner.WaitForLatestAsync(cancellationToken);

    public ChangeSubscription SubscribeFromNow() => Wrap(inner.SubscribeFromNow());

    public ChangeSubscription SubscribeAfter(long revision) => Wrap(inner.SubscribeAfter(revision));

    protected abstract ChangeSubscription Wrap(ChangeSubscription subscription);
}

/// <summary>Passes everything on.</summary>
internal abstract class SubscriptionDecorator(ChangeSubscription inner) : ChangeSubscription
{
    public override string StoreIdentity => inner.StoreIdentity;

    public override long StartRevision => inner.StartRevision;

    public override KindSnapshot SnapshotAtStart(ResourceKind kind) => inner.SnapshotAtStart(kind);

    public override ValueTask<ChangeBatch> ReadAsync(CancellationToken cancellationToken) => inner.ReadAsync(cancellationToken);
}
