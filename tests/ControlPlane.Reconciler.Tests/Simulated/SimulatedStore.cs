using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Simulation.Storing;

namespace ControlPlane.Reconciler.Tests.Simulated;

/// <summary>The simulation's database at arm's length: no lag, and the faults that a test puts in.</summary>
internal sealed class SimulatedStore : IResourceStore, IResourceCache
{
    private readonly List<TaskCompletionSource> waiting = [];
    private readonly SimulatedThread thread;

    public SimulatedStore(SimulatedThread thread)
    {
        this.thread = thread;
        Database.Committed += _ => Wake();
    }

    public SimulatedDatabase Database { get; } = new("simulated");

    public string StoreIdentity => Database.Identity;

    public long Revision => Database.Revision;

    /// <summary>The term whose commits are accepted.</summary>
    public long LeaderEpoch => Database.LeaderEpoch;

    /// <summary>Thrown instead of committing, before (nothing is stored) or after (the outcome is unknown to the caller).</summary>
    public Func<IReadOnlyList<CommitUnit>, Exception?>? FaultBefore { get; set; }

    public Func<IReadOnlyList<CommitUnit>, Exception?>? FaultAfter { get; set; }

    /// <summary>Says why a unit cannot be kept; null for one that can.</summary>
    public Func<CommitUnit, string?>? FindUnstorable { get; set; }

    public IReadOnlyDictionary<string, AgentSessionState> Sessions => Database.Sessions;

    public IEnumerable<Change> Log => Database.Changes(Database.LogStart, Revision);

    public IEnumerable<T> All<T>()
        where T : Resource => Database.All<T>();

    public T? Get<T>(string space, string name)
        where T : Resource => Database.Find<T>(new ObjectKey(space, name));

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
        Queue<UnitResult> storable = new(Database.Commit([.. units.Where((_, index) => problems[index] is null)]));
        return
        [
            .. units.Select((unit, index) => problems[index] is { } problem
                ? new UnitResult.Refused(RefusalReason.Unstorable, unit.Writes[0].Kind.Kind, unit.Writes[0].Key, problem)
                : storable.Dequeue()),
        ];
    }

    /// <summary>Commits at once: for what a test's users and agents write.</summary>
    public UnitResult Commit(params ReadOnlySpan<Write> writes)
    {
        CommitUnit unit = new() { Actor = "test", Writes = [.. writes] };
        return thread.Do(() => Database.Commit([unit])[0]);
    }

    public KindSnapshot Snapshot(ResourceKind kind) => new(Revision, Database.All(kind));

    public Resource? Find(ResourceKind kind, ObjectKey key) => Database.All(kind).GetValueOrDefault(key);

    public async Task WaitForRevisionAsync(long revision, CancellationToken cancellationToken)
    {
        while (Revision < revision)
        {
            await ChangedAsync(cancellationToken);
        }
    }

    public Task<long> AskLatestAsync(CancellationToken cancellationToken) => Task.FromResult(Revision);

    public async Task WaitForLatestAsync(CancellationToken cancellationToken) => await Task.Yield();

    public ChangeSubscription SubscribeFromNow() => SubscribeAfter(Revision);

    public ChangeSubscription SubscribeAfter(long revision) => new Subscription(this, revision, Database.Backup());

    private void Wake()
    {
        TaskCompletionSource[] woken = [.. waiting];
        waiting.Clear();
        foreach (TaskCompletionSource source in woken)
        {
            source.TrySetResult();
        }
    }

    private async Task ChangedAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource source = new();
        waiting.Add(source);
        await using CancellationTokenRegistration registration = cancellationToken.Register(() => source.TrySetCanceled(cancellationToken));
        await source.Task;
    }

    private sealed class Subscription(SimulatedStore store, long start, DatabaseState atStart) : ChangeSubscription
    {
        private long position = start;

        public override string StoreIdentity => store.StoreIdentity;

        public override long StartRevision { get; } = start;

        public override KindSnapshot SnapshotAtStart(ResourceKind kind) => new(StartRevision, atStart.Of(kind));

        public override async ValueTask<ChangeBatch> ReadAsync(CancellationToken cancellationToken)
        {
            while (store.Revision == position)
            {
                await store.ChangedAsync(cancellationToken);
            }

            long from = position;
            position = store.Revision;
            return new ChangeBatch(position, [.. store.Database.Changes(from, position)]);
        }
    }
}
