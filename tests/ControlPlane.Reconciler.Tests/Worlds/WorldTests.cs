using System.Collections.Immutable;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Reconciler.Worlds;
using CsCheck;

namespace ControlPlane.Reconciler.Tests.Worlds;

public class WorldTests
{
    private static readonly Gen<string> Space = Const("a", "b");

    private static readonly Gen<string?> Owner = Const<string?>("uid-1", "uid-2", null);

    /// <summary>A few names, so that objects meet: the same pod is created, bound, moved to another owner, ended and deleted.</summary>
    private static readonly Gen<Resource> AnyResource = Gen.OneOf(
        Gen.Select(Space, Gen.Int[0, 4], Owner, Const<string?>("n0", "n1", null), Const("Running", "Failed"), Gen.Bool, (space, number, owner, node, phase, deleting) => (Resource)MakePod(space, number, owner, node, phase, deleting)),
        Gen.Int[0, 1].Select(Gen.Bool, (number, cordoned) => (Resource)new Node { Metadata = Meta("", $"n{number}"), Spec = new NodeSpec { Unschedulable = cordoned } }),
        Gen.Select(Space, Gen.Int[0, 2], Owner, (space, number, owner) => (Resource)new ReplicaSet { Metadata = Meta(space, $"rs{number}", owner) }),
        Gen.Select(Space, Gen.Int[0, 1], (space, number) => (Resource)new Deployment { Metadata = Meta(space, $"d{number}") }));

    private static readonly Gen<List<(Resource Item, bool IsDeletion)>> Changes = Gen.Select(AnyResource, Gen.Int[0, 3], (item, die) => (item, die == 0)).List[0, 60];

    [Fact]
    public void Apply_AnyChanges_GivesTheWorldThatWouldBeBuiltFromTheirResult() => Changes.Sample(changes =>
    {
        World incremental = World.At(new Snapshots([]), TimeProvider.System);
        Dictionary<(ResourceKind, ObjectKey), Resource> state = [];
        long revision = 0;
        foreach ((Resource item, bool isDeletion) in changes)
        {
            (ResourceKind Kind, ObjectKey Key) key = (ResourceKinds.Of(item), item.Key);
            bool isKnown = state.ContainsKey(key);
            if (isDeletion && !isKnown)
            {
                continue;
            }

            ChangeOperation operation = isDeletion ? ChangeOperation.Deleted : isKnown ? ChangeOperation.Modified : ChangeOperation.Added;
            incremental.Apply(new ChangeBatch(++revision, [new Change(revision, operation, item, null)]), _ => { });
            state[key] = item;
            if (isDeletion)
            {
                state.Remove(key);
            }
        }

        return Describe(incremental) == Describe(World.At(new Snapshots(state.Values), TimeProvider.System));
    });

    [Fact]
    public void Apply_AChangeThatIsKnown_IsSkipped()
    {
        World world = World.At(new Snapshots([]), TimeProvider.System);
        Change added = new(5, ChangeOperation.Added, new Node { Metadata = Meta("", "n0") }, null);
        List<Change> told = [];

        world.Apply(new ChangeBatch(5, [added]), told.Add);
        world.Apply(new ChangeBatch(5, [added with { Operation = ChangeOperation.Deleted }]), told.Add);

        Assert.Single(told);
        Assert.Single(world.All<Node>());
    }

    [Fact]
    public void UndoPlacement_OfANewPodAndOfOneThatIsBound_LeavesTheClusterAsItWas()
    {
        Pod bound = MakePod("a", 1, null, "n0", "Running", isDeleting: false);
        World world = World.At(new Snapshots([new Node { Metadata = Meta("", "n0") }, new Node { Metadata = Meta("", "n1") }, bound]), TimeProvider.System);
        string before = Describe(world);
        Pod fresh = MakePod("a", 2, null, "n1", "Running", isDeleting: false);
        Pod marked = bound with { Metadata = bound.Metadata with { DeletionTimestamp = DateTimeOffset.UnixEpoch } };
        world.Cluster.Find("n1")!.Add(fresh);
        world.Cluster.Find("n0")!.Add(marked);
        Assert.NotEqual(before, Describe(world));

        world.UndoPlacement(fresh);
        world.UndoPlacement(marked);

        Assert.Equal(before, Describe(world));
    }

    private static string Describe(World world) => string.Join(
        "\n",
        [
            Describe("deployments", world.DeploymentsByNamespace),
            Describe("owned replica sets", world.ReplicaSetsByController),
            Describe("bare replica sets", world.BareReplicaSets),
            Describe("owned pods", world.PodsByController),
            Describe("bare pods", world.BarePods),
            Describe("pods by node", world.PodsByNode),
            Describe("dependants", world.Dependants),
            Describe("by namespace", world.ByNamespace),
            $"unbound: {string.Join(' ', world.UnboundPods.Select(pod => pod.Key.ToString()).Order())}",
            .. world.Cluster.Nodes.Select(node =>
                $"{node.Node.Name} {node.Node.Spec?.Unschedulable} {node.RequestedCpuMilli} {node.TakingPods} {node.PodsOwnedBy("uid-1")} {node.PodsOwnedBy("uid-2")} "
                + string.Join(' ', node.Pods.Select(pod => $"{pod.Key}:{pod.Metadata.IsDeleting}").Order())),
        ]);

    private static string Describe<T>(string name, ResourceIndex<T> index)
        where T : Resource =>
        $"{name}: {string.Join(' ', index.Keys.Order().Select(key => $"{key}=[{string.Join(' ', index[key].Select(item => $"{item.GetType().Name}/{item.Key}"))}]"))}";

    private static Pod MakePod(string space, int number, string? owner, string? node, string phase, bool isDeleting) => new Pod
    {
        Metadata = Meta(space, $"p{number}", owner) with { DeletionTimestamp = isDeleting ? DateTimeOffset.UnixEpoch : null },
        Spec = new PodSpec
        {
            NodeName = node,
            Containers = [new Container { Resources = new ResourceRequirements { Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.FromMilli(100 + number) }.ToValueMap() } }],
        },
        Status = new PodStatus { Phase = phase },
    };

    private static Gen<T> Const<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static ObjectMeta Meta(string space, string name, string? owner = null) => new()
    {
        Namespace = space,
        Name = name,
        Uid = $"uid-{space}-{name}",
        OwnerReferences = owner is null ? [] : [new OwnerReference { Kind = "ReplicaSet", Uid = owner, Controller = true }],
    };

    private sealed class Snapshots(IEnumerable<Resource> items) : ChangeSubscription
    {
        public override string StoreIdentity => "store";

        public override long StartRevision => 0;

        public override KindSnapshot SnapshotAtStart(ResourceKind kind) =>
            new(0, items.Where(item => ResourceKinds.Of(item) == kind).ToImmutableSortedDictionary(item => item.Key, item => item));

        public override ValueTask<ChangeBatch> ReadAsync(CancellationToken cancellationToken) => throw new NotSupportedException("a world at rest");
    }
}
