using System.Collections.Immutable;
using System.Globalization;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Reconciler.Tests.Simulated;

/// <summary>The store in memory: the same commit rules as PostgreSQL, and a change log that subscribers follow.</summary>
internal sealed class SimulatedStore : IResourceStore, IResourceCache
{
    private readonly Dictionary<RowKey, Resource> objects = [];
    private readonly List<Change> log = [];
    private readonly List<TaskCompletionSource> waiting = [];
    private ImmutableDictionary<string, AgentSessionState> sessions = ImmutableDictionary<string, AgentSessionState>.Empty;

    public string StoreIdentity => "simulated";

    public long Revision { get; private set; }

    /// <summary>The term whose commits are accepted.</summary>
    public long LeaderEpoch { get; set; }

    /// <summary>Thrown instead of committing, before (nothing is stored) or after (the outcome is unknown to the caller).</summary>
    public Func<IReadOnlyList<CommitUnit>, Exception?>? FaultBefore { get; set; }

    public Func<IReadOnlyList<CommitUnit>, Exception?>? FaultAfter { get; set; }

    /// <summary>Says why a unit cannot be kept; null for one that can.</summary>
    public Func<CommitUnit, string?>? FindUnstorable { get; set; }

    public int CommitCount { get; private set; }

    public IReadOnlyDictionary<string, AgentSessionState> Sessions => sessions;

    public IReadOnlyList<Change> Log => log;

    public IEnumerable<T> All<T>()
        where T : Resource => objects.Values.OfType<T>().OrderBy(item => item.Key);

    public T? Get<T>(string space, string name)
        where T : Resource => (T?)Find(ResourceKinds.Of<T>(), new ObjectKey(space, name));

    public async Task<ImmutableArray<UnitResult>> CommitAsync(IReadOnlyList<CommitUnit> units, CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        if (FaultBefore?.Invoke(units) is { } before)
        {
            throw before;
        }

        ImmutableArray<UnitResult> results = CommitStorable(units);
        return FaultAfter?.Invoke(units) is { } after ? throw after : results;
    }

    private ImmutableArray<UnitResult> CommitStorable(IReadOnlyList<CommitUnit> units)
    {
        string?[] problems = [.. units.Select(unit => FindUnstorable?.Invoke(unit))];
        Queue<UnitResult> storable = new(Commit([.. units.Where((_, index) => problems[index] is null)]));
        return
        [
            .. units.Select((unit, index) => problems[index] is { } problem
                ? new UnitResult.Refused(RefusalReason.Unstorable, unit.Writes[0].Kind.Kind, unit.Writes[0].Key, problem)
                : storable.Dequeue()),
        ];
    }

    /// <summary>Commits at once: for what a test's users and agents write.</summary>
    public ImmutableArray<UnitResult> Commit(IReadOnlyList<CommitUnit> units)
    {
        CommitCount++;
        CommitOutcome outcome = CommitRules.Evaluate(units, new CommitState
        {
            Revision = Revision,
            LeaderEpoch = LeaderEpoch,
            Rows = StatesOf(CommitReads.Of(units)),
            Sessions = sessions,
        });
        foreach (AcceptedWrite accepted in outcome.Writes)
        {
            Apply(accepted.Write, accepted.Revision);
        }

        sessions = sessions.SetItems(outcome.Sessions);
        Revision = outcome.Revision;
        TaskCompletionSource[] woken = [.. waiting];
        waiting.Clear();
        foreach (TaskCompletionSource source in woken)
        {
            source.TrySetResult();
        }

        return outcome.Results;
    }

    public UnitResult Commit(params ReadOnlySpan<Write> writes) => Commit([new CommitUnit { Actor = "test", Writes = [.. writes] }])[0];

    public KindSnapshot Snapshot(ResourceKind kind) =>
        new(Revision, objects.Values.Where(item => ResourceKinds.Of(item) == kind).ToImmutableSortedDictionary(item => item.Key, item => item));

    public Resource? Find(ResourceKind kind, ObjectKey key) => objects.GetValueOrDefault(new RowKey(kind.Kind, key));

    public async Task WaitForRevisionAsync(long revision, CancellationToken cancellationToken)
    {
        while (Revision < revision)
        {
            await ChangedAsync(cancellationToken);
        }
    }

    public Task<long> AskLatestAsync(CancellationToken cancellationToken) => Task.FromResult(Revision);

    public async Task WaitForLatestAsync(CancellationToken cancellationToken) => await Task.Yield();

    public ChangeSubscription SubscribeFromNow() => new Subscription(this, Revision, ResourceKinds.All.ToDictionary(kind => kind, Snapshot));

    public ChangeSubscription SubscribeAfter(long revision) => new Subscription(this, revision, []);

    /// <summary>Uids are unique among the names a unit mentions; a uid under another name would be a bug of the id source.</summary>
    private ImmutableDictionary<RowKey, RowState> StatesOf(CommitReads reads) => reads.Rows
        .Where(objects.ContainsKey)
        .ToImmutableDictionary(key => key, key => StateOf(objects[key]));

    private static RowState StateOf(Resource item) => new(item.Uid, item.Metadata.Revision, item.Metadata.DesiredRevision, item.Metadata.IsDeleting);

    private void Apply(Write write, long revision)
    {
        RowKey key = new(write.Kind.Kind, write.Key);
        Resource? stored = objects.GetValueOrDefault(key);
        Resource result = write switch
        {
            Write.Create create => Stamped(create.Object, revision, revision),
            Write.Update { Parts: ResourceParts.Status } update => Stamped(WithStatusOf(stored!, update.Object), revision, stored!.Metadata.DesiredRevision),
            Write.Update { Parts: ResourceParts.Desired } update => Stamped(WithStatusOf(update.Object, stored!), revision, revision),
            Write.Update update => Stamped(update.Object, revision, revision),
            _ => Stamped(stored!, revision, stored!.Metadata.DesiredRevision),
        };
        ChangeOperation operation = write switch
        {
            Write.Create => ChangeOperation.Added,
            Write.Remove => ChangeOperation.Deleted,
            _ => ChangeOperation.Modified,
        };
        if (operation == ChangeOperation.Deleted)
        {
            objects.Remove(key);
        }
        else
        {
            objects[key] = result;
        }

        log.Add(new Change(revision, operation, result, stored));
    }

    private static Resource Stamped(Resource item, long revision, long desiredRevision) => item with
    {
        Metadata = item.Metadata with { ResourceVersion = revision.ToString(CultureInfo.InvariantCulture), DesiredRevision = desiredRevision },
    };

    private static Resource WithStatusOf(Resource desired, Resource status) => (desired, status) switch
    {
        (Pod item, Pod other) => item with { Status = other.Status },
        (Node item, Node other) => item with { Status = other.Status },
        (Deployment item, Deployment other) => item with { Status = other.Status },
        (ReplicaSet item, ReplicaSet other) => item with { Status = other.Status },
        (Namespace item, Namespace other) => item with { Status = other.Status },
        (DeploymentRevision item, DeploymentRevision other) => item with { Status = other.Status },
        _ => desired,
    };

    private IEnumerable<Change> After(long revision)
    {
        int first = log.Count;
        while (first > 0 && log[first - 1].Revision > revision)
        {
            first--;
        }

        return log.Skip(first);
    }

    private async Task ChangedAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource source = new();
        waiting.Add(source);
        await using CancellationTokenRegistration registration = cancellationToken.Register(() => source.TrySetCanceled(cancellationToken));
        await source.Task;
    }

    private sealed class Subscription(SimulatedStore store, long start, Dictionary<ResourceKind, KindSnapshot> snapshots) : ChangeSubscription
    {
        private long? position;

        public override string StoreIdentity => store.StoreIdentity;

        public override long StartRevision => start;

        public override KindSnapshot SnapshotAtStart(ResourceKind kind) => snapshots[kind];

        public override async ValueTask<ChangeBatch> ReadAsync(CancellationToken cancellationToken)
        {
            long from = position ?? start;
            while (store.Revision == from)
            {
                await store.ChangedAsync(cancellationToken);
            }

            position = store.Revision;
            return new ChangeBatch(store.Revision, [.. store.After(from)]);
        }
    }
}
