using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Simulation.Networking;
using ControlPlane.Simulation.Scheduling;

namespace ControlPlane.Simulation.Storing;

/// <summary>A replica's memory of the database: it follows the change log with a lag that the dice choose.</summary>
internal sealed class ReplicaCache : IResourceCache
{
    private readonly SimulatedDatabase database;
    private readonly DatabaseLink link;
    private readonly List<TaskCompletionSource> waiting = [];
    private readonly List<Change> recent = [];
    private DatabaseState state;

    public ReplicaCache(SimulatedDatabase database, SimulatedProcess process, Scheduler scheduler, DatabaseLink link)
    {
        this.database = database;
        this.link = link;
        state = database.Backup();
        StoreIdentity = database.Identity;
        database.Committed += transaction =>
        {
            if (!process.IsDead && database.Identity == StoreIdentity)
            {
                scheduler.After(link.Lag(), () => process.Post(_ => CatchUp(transaction.After), null));
            }
        };
    }

    public string StoreIdentity { get; }

    public long Revision => state.Revision;

    public KindSnapshot Snapshot(ResourceKind kind) => new(Revision, state.Of(kind));

    public Resource? Find(ResourceKind kind, ObjectKey key) => state.Of(kind).GetValueOrDefault(key);

    public async Task WaitForRevisionAsync(long revision, CancellationToken cancellationToken)
    {
        while (Revision < revision)
        {
            await ProgressAsync(cancellationToken);
        }
    }

    public Task<long> AskLatestAsync(CancellationToken cancellationToken) => link.CallAsync(() => database.Revision, cancellationToken);

    public async Task WaitForLatestAsync(CancellationToken cancellationToken) =>
        await WaitForRevisionAsync(await AskLatestAsync(cancellationToken), cancellationToken);

    public ChangeSubscription SubscribeFromNow() => new Subscription(this, Revision, state);

    public ChangeSubscription SubscribeAfter(long revision) => new Subscription(this, revision, state);

    /// <summary>States are immutable, so what the changes up to a revision lead to is what the database was then, and is not worked out again.</summary>
    private void CatchUp(DatabaseState reached)
    {
        if (reached.Revision <= Revision || database.Identity != StoreIdentity)
        {
            return;
        }

        recent.AddRange(database.Changes(Revision, reached.Revision));
        state = reached;
        TaskCompletionSource[] woken = [.. waiting];
        waiting.Clear();
        foreach (TaskCompletionSource source in woken)
        {
            source.TrySetResult();
        }
    }

    private async Task ProgressAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource source = new();
        waiting.Add(source);
        await using CancellationTokenRegistration registration = cancellationToken.Register(() => source.TrySetCanceled(cancellationToken));
        await source.Task;
    }

    private sealed class Subscription(ReplicaCache cache, long start, DatabaseState atStart) : ChangeSubscription
    {
        private long position = start;
        private int next = cache.recent.Count;

        public override string StoreIdentity => cache.StoreIdentity;

        public override long StartRevision { get; } = start;

        public override KindSnapshot SnapshotAtStart(ResourceKind kind) => new(StartRevision, atStart.Of(kind));

        public override async ValueTask<ChangeBatch> ReadAsync(CancellationToken cancellationToken)
        {
            while (cache.Revision == position)
            {
                await cache.ProgressAsync(cancellationToken);
            }

            ImmutableArray<Change> changes = [.. cache.recent.Skip(next)];
            next = cache.recent.Count;
            position = cache.Revision;
            return new ChangeBatch(position, changes);
        }
    }
}
