using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Reconciler.Passes;
using ControlPlane.Reconciler.Queue;
using ControlPlane.Reconciler.Worlds;

namespace ControlPlane.Reconciler.Tests;

/// <summary>On which object it is told that a key's plans come to nothing, and from when on.</summary>
public sealed class FailureNotesTests
{
    private static readonly ObjectKey Key = new("default", "web");

    private static readonly World Filled = World.At(
        new Snapshots(
        [
            new Namespace { Metadata = Meta("", "default", "uid-Namespace") },
            new Deployment { Metadata = Meta("default", "web", "uid-Deployment") },
            new ReplicaSet { Metadata = Meta("default", "web", "uid-ReplicaSet") },
            new Service { Metadata = Meta("default", "web", "uid-Service") },
            new Service { Metadata = Meta("default", "kubernetes", "uid-Api") },
            new Node { Metadata = Meta("", "node-1", "uid-Node-1") },
            new Node { Metadata = Meta("", "node-2", "uid-Node-2"), Spec = new NodeSpec { Taints = [new Taint { Key = "gone", Effect = "NoExecute" }] } },
            new Pod { Metadata = Meta("default", "web", "uid-Pod") },
            new Pod { Metadata = Meta("default", "ending", "uid-Ending") with { DeletionTimestamp = DateTimeOffset.UnixEpoch, DeletionGracePeriodSeconds = 30 }, Spec = new PodSpec { NodeName = "node-1" } },
            new EndpointSlice { Metadata = Meta("default", "web-1", "uid-Slice"), Endpoints = [new Endpoint { TargetRef = new ObjectReference { Kind = "Pod", Uid = "uid-Ending" } }] },
            new PodDisruptionBudget { Metadata = Meta("default", "web", "uid-PodDisruptionBudget") },
            new ResourceQuota { Metadata = Meta("default", "web", "uid-ResourceQuota") },
            new RolloutPolicy { Metadata = Meta("default", "web", "uid-RolloutPolicy") },
        ]),
        TimeProvider.System);

    public static TheoryData<string> Kinds => new(Enum.GetNames<WorkKind>());

    /// <summary>One or two refusals because something has changed are how a busy store works; what the store cannot keep is refused again as it is.</summary>
    [Theory]
    [InlineData(nameof(RefusalReason.Conflict), 1, false)]
    [InlineData(nameof(RefusalReason.Conflict), 8, false)]
    [InlineData(nameof(RefusalReason.Conflict), 9, true)]
    [InlineData(nameof(RefusalReason.NotFound), 9, true)]
    [InlineData(nameof(RefusalReason.Unstorable), 1, true)]
    public void OfRefusal_IsToldOnceItIsNoCoincidence(string reason, int failures, bool isTold)
    {
        UnitResult.Refused refusal = new(Enum.Parse<RefusalReason>(reason), "ReplicaSet", Key);

        EventNote? note = FailureNotes.OfRefusal(Filled, WorkKey.Deployment(Key), refusal, failures);

        Assert.Equal(isTold, note is not null);
        Assert.True(note is null or { Type: "Warning", Reason: "SyncFailed", Involved.Kind: "Deployment" });
    }

    /// <summary>A message that differed from one attempt to the next would be an Event of its own each time.</summary>
    [Fact]
    public void OfRefusal_OfAnotherObjectEachTime_SaysTheSame()
    {
        string[] messages = [.. Enumerable.Range(FailureNotes.ConflictsUntilTold, 3).Select(failures => FailureNotes.OfRefusal(
            Filled, WorkKey.Deployment(Key), new UnitResult.Refused(RefusalReason.Conflict, "Pod", new ObjectKey("default", $"web-{failures}")), failures)!.Message)];

        Assert.Single(messages.Distinct());
    }

    /// <summary>Where a key concerns many objects it is told on the one that was refused, if it is there.</summary>
    [Fact]
    public void OfRefusal_OfAKeyForMany_IsToldOnWhatWasRefused()
    {
        UnitResult.Refused refusal = new(RefusalReason.Unstorable, "Pod", Key, "too large");

        Assert.Equal("Pod", FailureNotes.OfRefusal(Filled, WorkKey.PendingPods, refusal, failures: 1)!.Involved.Kind);
        Assert.Null(FailureNotes.OfRefusal(Filled, WorkKey.PendingPods, refusal with { Key = new ObjectKey("default", "gone") }, failures: 1));
        Assert.Null(FailureNotes.OfRefusal(Filled, WorkKey.PendingPods, refusal with { Kind = "" }, failures: 1));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void OfError_OfEachKindOfKey_IsToldOnWhatItConcerns(string kind)
    {
        WorkKind parsed = Enum.Parse<WorkKind>(kind);
        (WorkKey key, string[] told) = parsed switch
        {
            WorkKind.Deployment => (WorkKey.Deployment(Key), ["Deployment web"]),
            WorkKind.ReplicaSet => (WorkKey.ReplicaSet(Key), ["ReplicaSet web"]),
            WorkKind.Endpoints => (WorkKey.Endpoints(Key), ["Service web"]),
            WorkKind.DisruptionBudget => (WorkKey.DisruptionBudget(Key), ["PodDisruptionBudget web"]),
            WorkKind.Quota => (WorkKey.Quota(Key), ["ResourceQuota web"]),
            WorkKind.Policy => (WorkKey.Policy(Key), ["RolloutPolicy web"]),
            WorkKind.Dependants => (WorkKey.Dependants("uid-Deployment"), ["Deployment web"]),
            WorkKind.NamespaceObjects => (WorkKey.NamespaceObjects("default"), ["Namespace default"]),
            WorkKind.NamespaceEnd => (WorkKey.NamespaceEnd("default"), ["Namespace default"]),
            WorkKind.PendingPods => (WorkKey.PendingPods, ["Pod web"]),
            WorkKind.Drain => (WorkKey.Drain, ["Pod ending"]),
            WorkKind.NodeHealth => (WorkKey.NodeHealth, ["Node node-1", "Node node-2"]),
            WorkKind.TaintEviction => (WorkKey.TaintEviction, ["Node node-2"]),
            WorkKind.ApiService => (WorkKey.ApiService, ["Service kubernetes"]),
            WorkKind.EventExpiry => (WorkKey.EventExpiry, ["Namespace default"]),
            WorkKind.EndedPods => (WorkKey.EndedPods, ["Namespace default"]),
            WorkKind.Resync => (WorkKey.Resync, Array.Empty<string>()),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "say on what it is told"),
        };

        EventNote[] notes = [.. FailureNotes.OfError(Filled, key, new InvalidOperationException("pod web-1 has no owner"))];

        Assert.Equal(told, notes.Select(note => $"{note.Involved.Kind} {note.Involved.Name}"));
        Assert.All(notes, note => Assert.Equal(("Warning", "PlanFailed"), (note.Type, note.Reason)));
        Assert.All(notes, note => Assert.DoesNotContain("web-1", note.Message, StringComparison.Ordinal));
    }

    /// <summary>A deleted object's key may still be in the queue.</summary>
    [Fact]
    public void OfError_OfAnObjectThatIsGone_IsToldNobody() =>
        Assert.Empty(FailureNotes.OfError(Filled, WorkKey.Deployment(new ObjectKey("default", "gone")), new InvalidOperationException()));

    /// <summary>Of very many waiting pods those that wait longest are told, the same with each attempt.</summary>
    [Fact]
    public void OfError_OfAKeyForVeryMany_IsToldOnTheOldest()
    {
        DateTimeOffset start = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
        int count = FailureNotes.ObjectsMax + 1;
        World world = World.At(
            new Snapshots(Enumerable.Range(0, count).Select(age => new Pod { Metadata = Meta("default", $"web-{age}", $"uid-{age}") with { CreationTimestamp = start.AddSeconds(-age) } })),
            TimeProvider.System);

        string?[] told = [.. FailureNotes.OfError(world, WorkKey.PendingPods, new InvalidOperationException()).Select(note => note.Involved.Name)];

        Assert.Equal(Enumerable.Range(1, FailureNotes.ObjectsMax).Reverse().Select(age => $"web-{age}"), told);
    }

    private static ObjectMeta Meta(string space, string name, string uid) => new() { Namespace = space, Name = name, Uid = uid };

    private sealed class Snapshots(IEnumerable<Resource> items) : ChangeSubscription
    {
        public override string StoreIdentity => "store";

        public override long StartRevision => 0;

        public override KindSnapshot SnapshotAtStart(ResourceKind kind) =>
            new(0, items.Where(item => ResourceKinds.Of(item) == kind).ToImmutableSortedDictionary(item => item.Key, item => item));

        public override ValueTask<ChangeBatch> ReadAsync(CancellationToken cancellationToken) => throw new NotSupportedException("a world at rest");
    }
}
