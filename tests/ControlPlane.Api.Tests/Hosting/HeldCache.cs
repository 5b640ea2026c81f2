using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Tests.Hosting;

/// <summary>A replica's cache that can be held back: it shows what it had then, as when the database's changes do not arrive.</summary>
internal sealed class HeldCache(IResourceCache inner) : IResourceCache
{
    private Moment? held;
    private volatile bool isCompacted;

    public string StoreIdentity => inner.StoreIdentity;

    public long Revision => held?.Revision ?? inner.Revision;

    /// <summary>Holds the cache where it is, until the result is disposed of.</summary>
    public IDisposable Hold()
    {
        held = new Moment(inner.Revision, ResourceKinds.All.ToDictionary(kind => kind, inner.Snapshot));
        return new Release(this);
    }

    /// <summary>Until the result is disposed of, no change is kept: who asks for those after a revision is told so, and who follows them from now is cut off.</summary>
    public IDisposable Compact()
    {
        isCompacted = true;
        return new Keeping(this);
    }

    public KindSnapshot Snapshot(ResourceKind kind) => held?.Objects[kind] ?? inner.Snapshot(kind);

    public Resource? Find(ResourceKind kind, ObjectKey key) => Snapshot(kind).Objects.GetValueOrDefault(key);

    public Task WaitForRevisionAsync(long revision, CancellationToken cancellationToken) =>
        held is { } moment && moment.Revision < revision ? Task.Delay(Timeout.Infinite, cancellationToken) : inner.WaitForRevisionAsync(revision, cancellationToken);

    public Task<long> AskLatestAsync(CancellationToken cancellationToken) => inner.AskLatestAsync(cancellationToken);

    public async Task WaitForLatestAsync(CancellationToken cancellationToken) =>
        await WaitForRevisionAsync(await AskLatestAsync(cancellationToken), cancellationToken);

    public ChangeSubscription SubscribeFromNow() => isCompacted ? new CutOff(inner.SubscribeFromNow()) : inner.SubscribeFromNow();

    public ChangeSubscription SubscribeAfter(long revision) => isCompacted
        ? throw new RevisionCompactedException($"changes after {revision} are no longer kept")
        : inner.SubscribeAfter(revision);

    private sealed record Moment(long Revision, Dictionary<ResourceKind, KindSnapshot> Objects);

    private sealed class Release(HeldCache cache) : IDisposable
    {
        public void Dispose() => cache.held = null;
    }

    private sealed class Keeping(HeldCache cache) : IDisposable
    {
        public void Dispose() => cache.isCompacted = false;
    }

    private sealed class CutOff(ChangeSubscription inner) : ChangeSubscription
    {
        public override string StoreIdentity => inner.StoreIdentity;

        public override long StartRevision => inner.StartRevision;

        public override KindSnapshot SnapshotAtStart(ResourceKind kind) => inner.SnapshotAtStart(kind);

        public override ValueTask<ChangeBatch> ReadAsync(CancellationToken cancellationToken) =>
            ValueTask.FromException<ChangeBatch>(new RevisionCompactedException("the subscriber was too slow"));

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
