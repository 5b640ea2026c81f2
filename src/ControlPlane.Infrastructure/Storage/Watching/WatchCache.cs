using System.Collections.Immutable;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Microsoft.Extensions.Options;

namespace ControlPlane.Infrastructure.Storage.Watching;

/// <summary>
/// The committed state in memory: immutable maps that are replaced whole, and a ring of recent changes. Subscribers read the ring at their
/// own pace; there is no buffer for each, and one that the ring has overtaken is cut off.
/// </summary>
internal sealed class WatchCache(LatestRevision latest, IOptions<StoreOptions> options, TimeProvider time) : IResourceCache
{
    private const int ChangesPerBatchMax = 1_000;
    private readonly Lock gate = new();
    private readonly ChangeRing ring = new(options.Value.RecentChangesMax, options.Value.RecentChangesBytesMax, options.Value.ChangeRetention, time);
    private volatile State state = State.Empty;
    private TaskCompletionSource progressed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string StoreIdentity => state.Identity;

    public long Revision => state.Revision;

    public KindSnapshot Snapshot(ResourceKind kind) => state.Snapshot(kind);

    public Resource? Find(ResourceKind kind, ObjectKey key) => state.Objects[kind.Kind].GetValueOrDefault(key);

    public async Task WaitForRevisionAsync(long revision, CancellationToken cancellationToken)
    {
        while (NextProgressUnless(() => state.Revision >= revision) is { } progress)
        {
            await progress.WaitAsync(cancellationToken);
        }
    }

    public Task<long> AskLatestAsync(CancellationToken cancellationToken) => latest.AskAsync(cancellationToken);

    public async Task WaitForLatestAsync(CancellationToken cancellationToken)
    {
        int generation = state.Generation;
        long revision = await latest.AskAsync(cancellationToken);
        // Everything loaded anew is as good: a restored database's revision may be any.
        while (NextProgressUnless(() => state.Revision >= revision || state.Generation != generation) is { } progress)
        {
            await progress.WaitAsync(cancellationToken);
        }
    }

    public ChangeSubscription SubscribeFromNow()
    {
        State now = state;
        return new Subscription(this, now, now.Revision);
    }

    public ChangeSubscription SubscribeAfter(long revision)
    {
        lock (gate)
        {
            return revision >= ring.Floor
                ? new Subscription(this, state, revision)
                : throw new RevisionCompactedException($"too old resource version: {revision} ({ring.Floor})");
        }
    }

    /// <summary>Replaces everything; subscriptions end.</summary>
    public void Load(LoadedStore store)
    {
        lock (gate)
        {
            ring.Clear(store.Recent.After);
            foreach (SizedChange change in store.Recent.Changes)
            {
                ring.Add(change);
            }

            Publish(new State(store.Identity, store.Lost, store.Revision, store.Objects, state.Generation + 1));
        }
    }

    /// <summary>
    /// Applies what was read from the change log after this cache's revision; false, and nothing is applied, when a status does not belong to what is known
    /// here: then the log does not continue from this revision.
    /// </summary>
    public bool TryApply(ReadChanges read)
    {
        Draft draft = new(state, read.Changes.Length);
        foreach (LoggedChange logged in read.Changes)
        {
            if (logged.ResultOn(draft.Find(logged.Kind, logged.Entry.Key)) is not { } result)
            {
                return false;
            }

            draft.Add(logged.Revision, logged.Operation, result, logged.Bytes);
        }

        Apply(draft, read.Revision);
        return true;
    }

    /// <summary>Applies a commit of this process that follows this cache's revision; false when it must be read from the change log.</summary>
    public bool TryApply(OwnCommit commit)
    {
        Draft draft = new(state, commit.Outcome.Writes.Length);
        foreach (AcceptedWrite accepted in commit.Outcome.Writes)
        {
            if (commit.ResultOf(accepted, draft.Find(accepted.Write.Kind, accepted.Write.Key)) is not { } result)
            {
                return false;
            }

            draft.Add(accepted.Revision, OwnCommit.OperationOf(accepted.Write), result, commit.LengthOf(accepted));
        }

        Apply(draft, commit.Outcome.Revision);
        return true;
    }

    private void Apply(Draft draft, long revision)
    {
        State before = state;
        State after = draft.At(revision);
        lock (gate)
        {
            foreach (SizedChange change in draft.Changes)
            {
                ring.Add(change);
            }

            ring.Trim();
            if (after.Revision != before.Revision)
            {
                Publish(after);
            }
        }
    }

    private void Publish(State next)
    {
        state = next;
        TaskCompletionSource waited = progressed;
        progressed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waited.SetResult();
    }

    private Task? NextProgressUnless(Func<bool> isReached)
    {
        lock (gate)
        {
            return isReached() ? null : progressed.Task;
        }
    }

    /// <param name="Generation">Counts how often everything was loaded.</param>
    private sealed record State(
        string Identity, ValueList<LostRevisions> Lost, long Revision, ImmutableDictionary<string, ImmutableSortedDictionary<ObjectKey, Resource>> Objects, int Generation)
    {
        public static State Empty { get; } = new(
            "",
            default,
            0,
            ResourceKinds.All.ToImmutableDictionary(kind => kind.Kind, _ => ImmutableSortedDictionary<ObjectKey, Resource>.Empty, StringComparer.Ordinal),
            0);

        public KindSnapshot Snapshot(ResourceKind kind) => new(Revision, Objects[kind.Kind]);
    }

    /// <summary>The state that comes next, as it is being made.</summary>
    private sealed class Draft(State before, int size)
    {
        private readonly Dictionary<string, ImmutableSortedDictionary<ObjectKey, Resource>.Builder> touched = [];

        public List<SizedChange> Changes { get; } = new(size);

        public Resource? Find(ResourceKind kind, ObjectKey key) => Of(kind).GetValueOrDefault(key);

        public void Add(long revision, ChangeOperation operation, Resource resource, int bytes)
        {
            ImmutableSortedDictionary<ObjectKey, Resource>.Builder objects = Of(ResourceKinds.Of(resource));
            Changes.Add(new SizedChange(new Change(revision, operation, resource, objects.GetValueOrDefault(resource.Key)), bytes));
            if (operation == ChangeOperation.Deleted)
            {
                objects.Remove(resource.Key);
            }
            else
            {
                objects[resource.Key] = resource;
            }
        }

        public State At(long revision) => before with
        {
            Revision = revision,
            Objects = before.Objects.SetItems(touched.Select(kind => KeyValuePair.Create(kind.Key, kind.Value.ToImmutable()))),
        };

        private ImmutableSortedDictionary<ObjectKey, Resource>.Builder Of(ResourceKind kind)
        {
            if (!touched.TryGetValue(kind.Kind, out ImmutableSortedDictionary<ObjectKey, Resource>.Builder? objects))
            {
                touched[kind.Kind] = objects = before.Objects[kind.Kind].ToBuilder();
            }

            return objects;
        }
    }

    private sealed class Subscription(WatchCache cache, State start, long position) : ChangeSubscription
    {
        private long position = position;

        public override string StoreIdentity => start.Identity;

        public override ValueList<LostRevisions> LostRevisions => start.Lost;

        public override long StartRevision { get; } = position;

        public override KindSnapshot SnapshotAtStart(ResourceKind kind) => start.Revision == StartRevision
            ? start.Snapshot(kind)
            : throw new InvalidOperationException("Only a subscription from now has a snapshot.");

        public override async ValueTask<ChangeBatch> ReadAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                Task progress;
                lock (cache.gate)
                {
                    if (cache.state.Generation != start.Generation || position < cache.ring.Floor)
                    {
                        throw new RevisionCompactedException($"too old resource version: {position} ({cache.ring.Floor})");
                    }

                    if (cache.state.Revision > position)
                    {
                        ImmutableArray<Change> changes = cache.ring.After(position, ChangesPerBatchMax);
                        position = changes.Length == ChangesPerBatchMax ? changes[^1].Revision : cache.state.Revision;
                        return new ChangeBatch(position, changes);
                    }

                    progress = cache.progressed.Task;
                }

                await progress.WaitAsync(cancellationToken);
            }
        }
    }
}
