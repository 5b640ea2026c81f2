using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Reconciler.Queue;
using ControlPlane.Reconciler.Worlds;

namespace ControlPlane.Reconciler.Tests.Worlds;

public class TriggersTests
{
    private static readonly Node Node = new()
    {
        Metadata = new ObjectMeta { Name = "n" },
        Status = new NodeStatus { Conditions = [new Condition { Type = "Ready", Status = "True" }] },
    };

    private static readonly Pod Bound = MakePod("bound") with { Spec = new PodSpec { NodeName = "n" } };

    private static readonly Pod Waiting = MakePod("waiting") with
    {
        Status = new PodStatus { Conditions = [new Condition { Type = "PodScheduled", Status = "False", Message = "no room" }] },
    };

    private static readonly Pod WaitingForOthers = Waiting with { Spec = new PodSpec { TopologySpreadConstraints = [new TopologySpreadConstraint { MaxSkew = 1 }] } };

    private static readonly ValueMap<string> Labels = ValueMap.Of(("a", "b"));

    public static TheoryData<string, Resource?, Resource?, bool> ChangesWhilePodsWait { get; } = new()
    {
        { "a node comes", null, Node, true },
        { "a node goes", Node, null, true },
        { "a node reports the same", Node, Node with { Status = Node.Status! with { Images = [new ContainerImage()] } }, false },
        { "a node's label changes", Node, Node with { Metadata = Node.Metadata with { Labels = Labels } }, true },
        { "a node is tainted", Node, Node with { Spec = new NodeSpec { Taints = [new Taint { Key = "a", Effect = "NoSchedule" }] } }, true },
        { "a node is ready no more", Node, Node with { Status = new NodeStatus() }, true },
        { "a bound pod comes", null, Bound, false },
        { "a bound pod's status changes", Bound, Bound with { Status = new PodStatus { Phase = "Running" } }, false },
        { "a bound pod ends", Bound, Bound with { Status = new PodStatus { Phase = "Failed" } }, true },
        { "a bound pod is gone", Bound, null, true },
        { "a bound pod begins to terminate", Bound, Bound with { Metadata = Bound.Metadata with { DeletionTimestamp = DateTimeOffset.UnixEpoch } }, false },
        { "an unbound pod is gone", Waiting, null, false },
        { "a new pod has not been tried", null, MakePod("new"), true },
        { "a new pod has been tried in the pass that made it", null, Waiting, false },
        { "a waiting pod is told why", MakePod("waiting"), Waiting, false },
        { "a waiting pod gets a toleration", Waiting, Waiting with { Spec = new PodSpec { Tolerations = [new Toleration { Operator = "Exists" }] } }, true },
        { "a waiting pod is bound", Waiting, Waiting with { Spec = new PodSpec { NodeName = "n" } }, false },
    };

    [Theory]
    [MemberData(nameof(ChangesWhilePodsWait))]
    public void KeysOf_AChangeWhilePodsWait_TriesThemAgainWhenItMayHelp(string name, Resource? before, Resource? after, bool triesAgain) =>
        Assert.True(KeysOf([MakePod("other") with { Status = Waiting.Status }], before, after).Contains(WorkKey.PendingPods) == triesAgain, name);

    public static TheoryData<string, Resource?, Resource?> ChangesThatMatterToOthers { get; } = new()
    {
        { "a bound pod comes", null, Bound },
        { "a pod is bound", Waiting with { Metadata = Bound.Metadata }, Bound },
        { "a bound pod's label changes", Bound, Bound with { Metadata = Bound.Metadata with { Labels = Labels } } },
        { "a bound pod begins to terminate", Bound, Bound with { Metadata = Bound.Metadata with { DeletionTimestamp = DateTimeOffset.UnixEpoch } } },
        { "a namespace's label changes", Space(default), Space(Labels) },
    };

    [Theory]
    [MemberData(nameof(ChangesThatMatterToOthers))]
    public void KeysOf_AChangeToOtherPods_MattersToPodsThatDependOnThemAlone(string name, Resource? before, Resource? after)
    {
        Assert.True(KeysOf([WaitingForOthers], before, after).Contains(WorkKey.PendingPods), name);
        Assert.False(KeysOf([Waiting], before, after).Contains(WorkKey.PendingPods), name);
    }

    /// <summary>The pod that was planned before the room came, and found none, is applied after it.</summary>
    [Fact]
    public void KeysOf_RoomWhileNobodyWaits_IsLookedAtAllTheSame()
    {
        Assert.Contains(WorkKey.PendingPods, KeysOf([], null, Node));
        Assert.Contains(WorkKey.PendingPods, KeysOf([], Bound, null));
    }

    [Fact]
    public void KeysOf_ATaintOfEffectNoExecuteOrAPodThatComesToOne_LooksWhoHasToGo()
    {
        Node tainted = Node with { Spec = new NodeSpec { Taints = [new Taint { Key = "a", Effect = "NoExecute" }] } };

        Assert.Contains(WorkKey.TaintEviction, KeysOf([], Node, tainted));
        Assert.Contains(WorkKey.TaintEviction, KeysOf([tainted], null, Bound));
        Assert.Contains(WorkKey.TaintEviction, KeysOf([tainted], Bound, Bound with { Spec = Bound.Spec with { Tolerations = [new Toleration { Key = "a" }] } }));
        Assert.DoesNotContain(WorkKey.TaintEviction, KeysOf([tainted], Bound, Bound with { Status = new PodStatus { Phase = "Running" } }));
        Assert.DoesNotContain(WorkKey.TaintEviction, KeysOf([Node], null, Bound));
        Assert.DoesNotContain(WorkKey.TaintEviction, KeysOf([], tainted, tainted with { Status = new NodeStatus() }));
    }

    /// <summary>A pod that is not ready is in nobody's way; one on its way out may be stopped once gateways have left it.</summary>
    [Theory]
    [InlineData(true, false, false)]
    [InlineData(false, false, false)]
    [InlineData(false, true, true)]
    public void KeysOf_ASliceOfAPodOnItsWayOut_LooksWhoMayBeStopped(bool isReady, bool isTerminating, bool looks)
    {
        EndpointSlice slice = new()
        {
            Metadata = new ObjectMeta { Namespace = "default", Name = "web-1", Uid = "uid-slice" },
            Endpoints = [new Endpoint { Addresses = ["127.0.1.1"], Conditions = new EndpointConditions { Ready = isReady, Terminating = isTerminating } }],
        };

        Assert.Equal(looks, KeysOf([], null, slice).Contains(WorkKey.Drain));
    }

    private static WorkKey[] KeysOf(IEnumerable<Resource> there, Resource? before, Resource? after)
    {
        World world = World.At(new Snapshot([.. there, .. before is null ? [] : new[] { before }]), TimeProvider.System);
        ChangeOperation operation = before is null ? ChangeOperation.Added : after is null ? ChangeOperation.Deleted : ChangeOperation.Modified;
        List<WorkKey> keys = [];
        world.Apply(new ChangeBatch(1, [new Change(1, operation, (after ?? before)!, null)]), change => keys.AddRange(Triggers.KeysOf(world, change)));
        return [.. keys];
    }

    private static Pod MakePod(string name) => new() { Metadata = new ObjectMeta { Namespace = "default", Name = name, Uid = "uid-" + name } };

    private static Namespace Space(ValueMap<string> labels) => new() { Metadata = new ObjectMeta { Name = "default", Uid = "uid-space", Labels = labels } };

    private sealed class Snapshot(IReadOnlyList<Resource> items) : ChangeSubscription
    {
        public override string StoreIdentity => "store";

        public override long StartRevision => 0;

        public override KindSnapshot SnapshotAtStart(ResourceKind kind) =>
            new(0, items.Where(item => ResourceKinds.Of(item) == kind).ToImmutableSortedDictionary(item => item.Key, item => item));

        public override ValueTask<ChangeBatch> ReadAsync(CancellationToken cancellationToken) => throw new NotSupportedException("a world at rest");
    }
}
