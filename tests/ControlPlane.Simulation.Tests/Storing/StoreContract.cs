using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Simulation.Tests.Storing;

/// <summary>
/// What the reconciler, the API and the agents' side rely on, whoever stores: the simulated store and PostgreSQL pass the same tests, so a
/// simulated run says something about the product.
/// </summary>
public abstract class StoreContract
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>The store of one replica, empty but for what the tests of this class wrote.</summary>
    protected abstract Task<(IResourceStore Store, IResourceCache Cache)> OpenAsync();

    /// <summary>Makes another replica the leader and returns its term's epoch.</summary>
    protected abstract Task<long> LeadAnewAsync();

    /// <summary>Runs a test's body as the store needs it to be run.</summary>
    protected virtual Task RunAsync(Func<Task> body) => body();

    [Fact]
    public Task Create_IsAcknowledgedWithARevisionThatTheCacheShows() => TestAsync(async (store, cache) =>
    {
        Pod pod = Pod("created");

        long revision = await StoredAsync(store, cache, new Write.Create(pod));

        Pod found = Assert.IsType<Pod>(cache.Find(ResourceKinds.Pod, pod.Key));
        Assert.Equal((revision, revision), (found.Metadata.Revision, found.Metadata.DesiredRevision));
        Assert.Equal(("v1", "Pod", pod.Spec), (found.ApiVersion, found.Kind, found.Spec));
    });

    [Fact]
    public Task Create_OfATakenNameOrUid_IsRefused() => TestAsync(async (store, cache) =>
    {
        Pod pod = Pod("taken");
        await StoredAsync(store, cache, new Write.Create(pod));

        Assert.Equal(RefusalReason.AlreadyExists, (await RefusedAsync(store, new Write.Create(Pod("taken")))).Reason);
        Assert.Equal(RefusalReason.AlreadyExists, (await RefusedAsync(store, new Write.Create(Pod("another-name", pod.Uid)))).Reason);
    });

    [Fact]
    public Task StatusUpdate_KeepsTheDesiredPart_AndLeavesItsRevision() => TestAsync(async (store, cache) =>
    {
        Pod pod = Pod("reported");
        long created = await StoredAsync(store, cache, new Write.Create(pod));

        Pod report = pod with { Metadata = pod.Metadata with { Labels = default }, Spec = new PodSpec(), Status = new PodStatus { Phase = "Running" } };
        long reported = await StoredAsync(store, cache, new Write.Update(report, ResourceParts.Status));

        Pod found = Assert.IsType<Pod>(cache.Find(ResourceKinds.Pod, pod.Key));
        Assert.Equal(("Running", pod.Spec, pod.Metadata.Labels), (found.Status?.Phase, found.Spec, found.Metadata.Labels));
        Assert.Equal((reported, created), (found.Metadata.Revision, found.Metadata.DesiredRevision));
    });

    [Fact]
    public Task DesiredUpdate_KeepsTheStatus() => TestAsync(async (store, cache) =>
    {
        Pod pod = Pod("moved") with { Status = new PodStatus { Phase = "Running" } };
        await StoredAsync(store, cache, new Write.Create(pod));

        long moved = await StoredAsync(store, cache, new Write.Update(
            pod with { Spec = pod.Spec with { NodeName = "node-1" }, Status = new PodStatus { Phase = "Failed" } }, ResourceParts.Desired));

        Pod found = Assert.IsType<Pod>(cache.Find(ResourceKinds.Pod, pod.Key));
        Assert.Equal(("node-1", "Running", moved), (found.Spec.NodeName, found.Status?.Phase, found.Metadata.DesiredRevision));
    });

    [Fact]
    public Task APlan_IsRefusedWhenWhatItReadHasChanged_AndNotWhenOnlyAStatusHas() => TestAsync(async (store, cache) =>
    {
        Pod pod = Pod("read");
        await StoredAsync(store, cache, new Write.Create(pod));
        Precondition unchanged = Precondition.DesiredUnchanged.Of(cache.Find(ResourceKinds.Pod, pod.Key)!);
        await StoredAsync(store, cache, new Write.Update(pod with { Status = new PodStatus { Phase = "Running" } }, ResourceParts.Status));

        Assert.IsType<UnitResult.Committed>(await CommitAsync(store, [unchanged], new Write.Create(Pod("planned-1"))));
        await StoredAsync(store, cache, new Write.Update(pod with { Spec = pod.Spec with { NodeName = "node-1" } }, ResourceParts.Desired));
        UnitResult late = await CommitAsync(store, [unchanged], new Write.Create(Pod("planned-2")));

        Assert.Equal(new UnitResult.Refused(RefusalReason.Conflict, "Pod", pod.Key), late);
    });

    [Fact]
    public Task AClientsResourceVersion_IsRefusedOnceAnythingHasChanged() => TestAsync(async (store, cache) =>
    {
        Pod pod = Pod("versioned");
        long created = await StoredAsync(store, cache, new Write.Create(pod));
        await StoredAsync(store, cache, new Write.Update(pod with { Status = new PodStatus { Phase = "Running" } }, ResourceParts.Status));

        UnitResult result = await CommitAsync(
            store, [new Precondition.AtResourceVersion(ResourceKinds.Pod, pod.Key, created)], new Write.Update(pod, ResourceParts.Desired));

        Assert.Equal(RefusalReason.Conflict, Assert.IsType<UnitResult.Refused>(result).Reason);
    });

    [Fact]
    public Task AnotherLifeOfAName_IsNotWhatAUnitMeant() => TestAsync(async (store, cache) =>
    {
        Pod old = Pod("reborn");
        await StoredAsync(store, cache, new Write.Create(old));
        await StoredAsync(store, cache, Write.Remove.Of(old));

        Assert.Equal(RefusalReason.NotFound, (await RefusedAsync(store, Write.Remove.Of(old))).Reason);
        await StoredAsync(store, cache, new Write.Create(Pod("reborn")));
        Assert.Equal(RefusalReason.UidMismatch, (await RefusedAsync(store, Write.Remove.Of(old))).Reason);
        Assert.Equal(RefusalReason.UidMismatch, (await RefusedAsync(store, new Write.Update(old, ResourceParts.All))).Reason);
    });

    [Fact]
    public Task WhatAUnitWantsAbsent_MayNotBeThere() => TestAsync(async (store, cache) =>
    {
        Pod pod = Pod("absent");
        Precondition.Absent absent = new(ResourceKinds.Pod, pod.Key);
        ImmutableArray<UnitResult> results = await store.CommitAsync([Unit([absent], new Write.Create(Pod("while-absent")))], CancellationToken.None);
        Assert.IsType<UnitResult.Committed>(results[0]);

        await StoredAsync(store, cache, new Write.Create(pod));
        results = await store.CommitAsync([Unit([absent], new Write.Create(Pod("while-there")))], CancellationToken.None);

        Assert.Equal(new UnitResult.Refused(RefusalReason.AlreadyExists, "Pod", pod.Key), results[0]);
    });

    [Fact]
    public Task UnitsOfOneCall_StandEachOnItsOwn_InOrder() => TestAsync(async (store, cache) =>
    {
        Pod first = Pod("one-of-three");
        ImmutableArray<UnitResult> results = await store.CommitAsync(
            [
                Unit([], new Write.Create(first)),
                Unit([], new Write.Create(Pod("beside")), new Write.Create(Pod("one-of-three"))),
                Unit([new Precondition.Exists(ResourceKinds.Pod, first.Key, first.Uid)], new Write.Create(Pod("last-of-three")), Write.Remove.Of(first)),
            ],
            CancellationToken.None);

        Assert.Equal(new UnitResult.Refused(RefusalReason.AlreadyExists, "Pod", first.Key), results[1]);
        long begun = Assert.IsType<UnitResult.Committed>(results[0]).Revision;
        long ended = Assert.IsType<UnitResult.Committed>(results[2]).Revision;
        Assert.Equal(begun + 2, ended);
        await cache.WaitForRevisionAsync(ended, CancellationToken.None);
        Assert.Null(cache.Find(ResourceKinds.Pod, new ObjectKey("default", "beside")));
        Assert.Null(cache.Find(ResourceKinds.Pod, first.Key));
        Assert.NotNull(cache.Find(ResourceKinds.Pod, new ObjectKey("default", "last-of-three")));
    });

    [Fact]
    public Task AUnitThatWritesAnObjectTwice_IsRefused_AndTheOthersAreStored() => TestAsync(async (store, cache) =>
    {
        Pod pod = Pod("written-twice");
        ImmutableArray<UnitResult> results = await store.CommitAsync(
            [Unit([], new Write.Create(pod), new Write.Update(pod, ResourceParts.Status)), Unit([], new Write.Create(Pod("written-once")))],
            CancellationToken.None);

        UnitResult.Refused refused = Assert.IsType<UnitResult.Refused>(results[0]);
        Assert.Equal((RefusalReason.Unstorable, "Pod", pod.Key), (refused.Reason, refused.Kind, refused.Key));
        await cache.WaitForRevisionAsync(Assert.IsType<UnitResult.Committed>(results[1]).Revision, CancellationToken.None);
        Assert.Null(cache.Find(ResourceKinds.Pod, pod.Key));
    });

    [Fact]
    public Task ANamespaceThatEnds_TakesNothingNew() => TestAsync(async (store, cache) =>
    {
        Namespace space = new() { Metadata = new ObjectMeta { Name = "ending", Uid = "uid-of-ending" } };
        Precondition active = new Precondition.NamespaceActive("ending");
        Assert.Equal(RefusalReason.NamespaceNotFound, Assert.IsType<UnitResult.Refused>(await CommitAsync(store, [active])).Reason);
        await StoredAsync(store, cache, new Write.Create(space));
        Assert.IsType<UnitResult.Committed>(await CommitAsync(store, [active], new Write.Create(Pod("in-time"))));
        await StoredAsync(store, cache, new Write.Update(space with { Metadata = space.Metadata with { DeletionTimestamp = DateTimeOffset.UnixEpoch } }, ResourceParts.Desired));

        UnitResult late = await CommitAsync(store, [active], new Write.Create(Pod("too-late")));

        Assert.Equal(RefusalReason.NamespaceTerminating, Assert.IsType<UnitResult.Refused>(late).Reason);
    });

    [Fact]
    public Task ALeaderThatWasReplaced_ChangesNothing() => TestAsync(async (store, _) =>
    {
        long before = await LeadAnewAsync();
        Assert.IsType<UnitResult.Committed>(await CommitAsync(store, [new Precondition.LeaderEpoch(before)], new Write.Create(Pod("led"))));

        long after = await LeadAnewAsync();

        Assert.True(after > before);
        UnitResult late = await CommitAsync(store, [new Precondition.LeaderEpoch(before)], new Write.Create(Pod("misled")));
        Assert.Equal(RefusalReason.StaleEpoch, Assert.IsType<UnitResult.Refused>(late).Reason);
        Assert.IsType<UnitResult.Committed>(await CommitAsync(store, [new Precondition.LeaderEpoch(after)], new Write.Create(Pod("led-again"))));
    });

    [Fact]
    public Task AReport_IsTakenOnceAndInOrder_AndInItsSessionOnly() => TestAsync(async (store, _) =>
    {
        async Task<bool> IsTakenAsync(string session, long sequence) =>
            await CommitAsync(store, [new Precondition.AgentSession("node-1", session, sequence)], new Write.Create(Pod($"report-{session}-{sequence}-{lastUid}")))
                is UnitResult.Committed;
        Assert.False(await IsTakenAsync("a", 1));
        await CommitAsync(store, [], new Write.SetAgentSession("node-1", "a"));
        Assert.True(await IsTakenAsync("a", 1));
        Assert.False(await IsTakenAsync("a", 1));
        Assert.True(await IsTakenAsync("a", 3));
        Assert.False(await IsTakenAsync("a", 2));
        await CommitAsync(store, [], new Write.SetAgentSession("node-1", null));
        Assert.False(await IsTakenAsync("a", 4));
        await CommitAsync(store, [], new Write.SetAgentSession("node-1", "b"));
        Assert.False(await IsTakenAsync("a", 5));
        Assert.True(await IsTakenAsync("b", 1));
    });

    /// <summary>
    /// A first report whose answer was lost was sent again and stored; then the first one arrived after all, and put its statuses over newer ones for good.
    /// </summary>
    [Fact]
    public Task ASessionThatHasBegun_DoesNotBeginAgain() => TestAsync(async (store, cache) =>
    {
        Pod pod = Pod("begun") with { Status = new PodStatus { Phase = "Pending" } };
        await StoredAsync(store, cache, new Write.Create(pod));
        Write[] first = [new Write.SetAgentSession("node-2", "s"), new Write.Update(pod, ResourceParts.Status)];
        Assert.IsType<UnitResult.Committed>(await CommitAsync(store, [], first));
        Write ready = new Write.Update(pod with { Status = new PodStatus { Phase = "Running" } }, ResourceParts.Status);
        Assert.IsType<UnitResult.Committed>(await CommitAsync(store, [new Precondition.AgentSession("node-2", "s", 2)], ready));

        UnitResult late = await CommitAsync(store, [], first);

        Assert.Equal(RefusalReason.StaleSession, Assert.IsType<UnitResult.Refused>(late).Reason);
        await cache.WaitForLatestAsync(CancellationToken.None);
        Assert.Equal("Running", ((Pod)cache.Find(ResourceKinds.Pod, pod.Key)!).Status?.Phase);
        Assert.IsType<UnitResult.Committed>(await CommitAsync(store, [], new Write.SetAgentSession("node-2", "t")));
    });

    [Fact]
    public Task ASubscription_TellsEachChangeOnceInOrder_WithTheObjectAsItIs() => TestAsync(async (store, cache) =>
    {
        Pod pod = Pod("followed");
        using ChangeSubscription subscription = cache.SubscribeFromNow();
        Assert.False(subscription.SnapshotAtStart(ResourceKinds.Pod).Objects.ContainsKey(pod.Key));
        await StoredAsync(store, cache, new Write.Create(pod));
        await StoredAsync(store, cache, new Write.Update(pod with { Status = new PodStatus { Phase = "Running" } }, ResourceParts.Status));
        long removed = await StoredAsync(store, cache, Write.Remove.Of(pod));

        Change[] own = [.. (await ReadUntilAsync(subscription, removed)).Where(change => change.Object.Key == pod.Key)];
        Assert.Equal([ChangeOperation.Added, ChangeOperation.Modified, ChangeOperation.Deleted], own.Select(change => change.Operation));
        Assert.Equal(own.Select(change => change.Revision).Order(), own.Select(change => change.Revision));
        Assert.Equal(removed, own[2].Object.Metadata.Revision);
        Assert.Equal("Running", ((Pod)own[2].Object).Status?.Phase);
    });

    /// <summary>One replica knows what it wrote itself, another one has it from the log.</summary>
    [Fact]
    public Task AnotherReplica_IsToldTheSameChangesOfTheSameObjects() => TestAsync(async (store, cache) =>
    {
        (_, IResourceCache other) = await OpenAsync();
        Pod pod = Pod("told");
        await other.WaitForLatestAsync(CancellationToken.None);
        await cache.WaitForLatestAsync(CancellationToken.None);
        using ChangeSubscription own = cache.SubscribeFromNow();
        using ChangeSubscription read = other.SubscribeFromNow();
        Pod report = pod with { Metadata = pod.Metadata with { Labels = default }, Spec = new PodSpec(), Status = new PodStatus { Phase = "Running" } };
        await StoredAsync(store, cache, new Write.Create(pod));
        await StoredAsync(store, cache, new Write.Update(report, ResourceParts.Status));
        await StoredAsync(store, cache, new Write.Update(pod with { Spec = pod.Spec with { NodeName = "node-1" } }, ResourceParts.Desired));
        await StoredAsync(store, cache, new Write.Update(report with { Status = new PodStatus { Phase = "Failed" } }, ResourceParts.Status));
        long removed = await StoredAsync(store, cache, Write.Remove.Of(pod));

        Change[] expected = await ReadUntilAsync(own, removed);

        Assert.Equal(expected, await ReadUntilAsync(read, removed));
        Assert.Equal([null, "Running", "Running", "Failed", "Failed"], expected.Select(change => ((Pod)change.Object).Status?.Phase));
        Assert.Equal([null, null, "node-1", "node-1", "node-1"], expected.Select(change => ((Pod)change.Object).Spec.NodeName));
        Assert.All(expected, change => Assert.Equal(pod.Metadata.Labels, change.Object.Metadata.Labels));
    });

    [Fact]
    public Task WaitingForTheLatest_ShowsEveryAcknowledgedWrite() => TestAsync(async (store, cache) =>
    {
        for (int i = 0; i < 20; i++)
        {
            Pod pod = Pod($"acknowledged-{i}");
            Assert.IsType<UnitResult.Committed>(await CommitAsync(store, [], new Write.Create(pod)));

            await cache.WaitForLatestAsync(CancellationToken.None);

            Assert.NotNull(cache.Find(ResourceKinds.Pod, pod.Key));
        }
    });

    private static int lastUid;

    private Task TestAsync(Func<IResourceStore, IResourceCache, Task> test) => RunAsync(async () =>
    {
        (IResourceStore store, IResourceCache cache) = await OpenAsync();
        await test(store, cache);
    }).WaitAsync(Patience);

    private static CommitUnit Unit(IEnumerable<Precondition> preconditions, params IEnumerable<Write> writes) =>
        new() { Actor = "test", Preconditions = preconditions.ToValueList(), Writes = writes.ToValueList() };

    private static async Task<UnitResult> CommitAsync(IResourceStore store, IEnumerable<Precondition> preconditions, params IEnumerable<Write> writes) =>
        (await store.CommitAsync([Unit(preconditions, writes)], CancellationToken.None))[0];

    private static async Task<UnitResult.Refused> RefusedAsync(IResourceStore store, Write write) =>
        Assert.IsType<UnitResult.Refused>(await CommitAsync(store, [], write));

    private static async Task<long> StoredAsync(IResourceStore store, IResourceCache cache, Write write)
    {
        long revision = Assert.IsType<UnitResult.Committed>(await CommitAsync(store, [], write)).Revision;
        await cache.WaitForRevisionAsync(revision, CancellationToken.None);
        return revision;
    }

    private static async Task<Change[]> ReadUntilAsync(ChangeSubscription subscription, long revision)
    {
        List<Change> changes = [];
        for (long reached = subscription.StartRevision; reached < revision;)
        {
            ChangeBatch batch = await subscription.ReadAsync(CancellationToken.None);
            changes.AddRange(batch.Changes);
            reached = batch.Revision;
        }

        return [.. changes];
    }

    private static Pod Pod(string name, string? uid = null) => new()
    {
        Metadata = new ObjectMeta
        {
            Namespace = "default",
            Name = name,
            Uid = uid ?? $"uid-{Interlocked.Increment(ref lastUid)}",
            Labels = ValueMap.Of(("app", name)),
            CreationTimestamp = DateTimeOffset.UnixEpoch,
        },
        Spec = new PodSpec { Containers = [new Container { Name = "app", Image = "app:1" }] },
    };
}
