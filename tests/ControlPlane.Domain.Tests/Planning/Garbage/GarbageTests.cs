using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Garbage;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Garbage;

public class GarbageTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void PlanFor_APodOnANode_IsMarkedWithItsGrace()
    {
        Pod pod = new() { Metadata = Meta("p"), Spec = new PodSpec { NodeName = "n", TerminationGracePeriodSeconds = 5 } };

        ObjectMeta marked = Updated(Deletion.PlanFor(pod, Noon)!).Metadata;

        Assert.Equal((Noon.AddSeconds(5), 5L), (marked.DeletionTimestamp, marked.DeletionGracePeriodSeconds));
    }

    [Fact]
    public void PlanFor_APodWithoutNodeOrAnyOtherKind_IsRemovedAsItWasRead()
    {
        foreach (Resource item in new Resource[] { new Pod { Metadata = Meta("p") }, new ReplicaSet { Metadata = Meta("rs") }, new Secret { Metadata = Meta("s") } })
        {
            Plan plan = Deletion.PlanFor(item, Noon)!;

            Assert.Equal(Write.Remove.Of(item), Assert.Single(plan.Writes));
            Assert.Equal(Precondition.DesiredUnchanged.Of(item), Assert.Single(plan.Preconditions));
        }
    }

    [Fact]
    public void PlanFor_AnObjectWithFinalizers_IsMarkedAndOneThatIsEndingIsLeftAlone()
    {
        Secret held = new() { Metadata = Meta("s") with { Finalizers = ["team.example/keep"] } };

        Assert.True(Updated(Deletion.PlanFor(held, Noon)!).Metadata.IsDeleting);
        Assert.Null(Deletion.PlanFor(held with { Metadata = held.Metadata with { DeletionTimestamp = Noon } }, Noon));
    }

    [Fact]
    public void Plan_OwnerGone_EndsThoseWithoutAnotherOwner()
    {
        Resource orphan = Owned(new ReplicaSet { Metadata = Meta("a") }, "gone");
        Resource shared = Owned(new ReplicaSet { Metadata = Meta("b") }, "gone", "there");

        IReadOnlyList<Plan> plans = OwnerDeletion.Plan(null, [orphan, shared], new Owners("there"), Noon);

        Assert.Equal(Write.Remove.Of(orphan), Assert.Single(Assert.Single(plans).Writes));
    }

    [Fact]
    public void Plan_OwnerThatStays_TouchesNothing() =>
        Assert.Empty(OwnerDeletion.Plan(new Deployment { Metadata = Meta("d") }, [Owned(new ReplicaSet { Metadata = Meta("a") }, "uid-d")], new Owners("uid-d"), Noon));

    [Fact]
    public void Plan_Foreground_EndsDependantsAndWaitsForThoseThatBlock()
    {
        Deployment owner = new() { Metadata = Meta("d") with { DeletionTimestamp = Noon, Finalizers = ["foregroundDeletion"] } };
        Resource parent = Owned(new ReplicaSet { Metadata = Meta("a") }, "uid-d");
        Resource leaf = Owned(new ReplicaSet { Metadata = Meta("b") }, "uid-d");
        Resource shared = Owned(new ReplicaSet { Metadata = Meta("c") }, "uid-d", "there");

        IReadOnlyList<Plan> plans = OwnerDeletion.Plan(owner, [parent, leaf, shared], new Owners("uid-d", "there") { Parents = ["uid-a"] }, Noon);

        Assert.Equal(3, plans.Count);
        ObjectMeta marked = Updated(plans[0]).Metadata;
        Assert.True(marked.IsDeleting);
        Assert.Equal(["foregroundDeletion"], marked.Finalizers);
        Assert.Equal(Write.Remove.Of(leaf), Assert.Single(plans[1].Writes));
        Assert.Equal(["there"], Updated(plans[2]).Metadata.OwnerReferences.Select(reference => reference.Uid));
    }

    [Fact]
    public void Plan_ForegroundWithNoBlockingDependantLeft_RemovesTheOwner()
    {
        Deployment owner = new() { Metadata = Meta("d") with { DeletionTimestamp = Noon, Finalizers = ["foregroundDeletion"] } };

        Assert.Equal(Write.Remove.Of(owner), Assert.Single(Assert.Single(OwnerDeletion.Plan(owner, [], new Owners(), Noon)).Writes));

        Deployment held = owner with { Metadata = owner.Metadata with { Finalizers = ["foregroundDeletion", "team.example/keep"] } };
        Assert.Equal(["team.example/keep"], Updated(Assert.Single(OwnerDeletion.Plan(held, [], new Owners(), Noon))).Metadata.Finalizers);
    }

    [Fact]
    public void Plan_Orphan_LetsTheDependantsGoThenTheOwner()
    {
        Deployment owner = new() { Metadata = Meta("d") with { DeletionTimestamp = Noon, Finalizers = ["orphan"] } };
        Resource dependant = Owned(new ReplicaSet { Metadata = Meta("a") }, "uid-d");

        Resource freed = Updated(Assert.Single(OwnerDeletion.Plan(owner, [dependant], new Owners("uid-d"), Noon)));

        Assert.Empty(freed.Metadata.OwnerReferences);
        Assert.False(freed.Metadata.IsDeleting);
        Assert.Equal(Write.Remove.Of(owner), Assert.Single(Assert.Single(OwnerDeletion.Plan(owner, [], new Owners(), Noon)).Writes));
    }

    [Fact]
    public void Plan_Namespace_IsEmptiedThenRemoved()
    {
        Namespace space = new() { Metadata = new ObjectMeta { Name = "shop", Uid = "uid-shop", DeletionTimestamp = Noon } };
        Pod pod = new() { Metadata = Meta("p"), Spec = new PodSpec { NodeName = "n" } };
        Pod leaving = pod with { Metadata = pod.Metadata with { DeletionTimestamp = Noon } };

        Assert.Equal(2, NamespaceEnd.Plan(space, [pod, new Secret { Metadata = Meta("s") }, leaving], Noon).Count);
        Assert.Empty(NamespaceEnd.Plan(space, [leaving], Noon));
        Assert.Equal(Write.Remove.Of(space), Assert.Single(Assert.Single(NamespaceEnd.Plan(space, [], Noon)).Writes));
        Assert.Empty(NamespaceEnd.Plan(space with { Metadata = space.Metadata with { DeletionTimestamp = null } }, [pod], Noon));
    }

    private static ObjectMeta Meta(string name) => new() { Namespace = "shop", Name = name, Uid = "uid-" + name };

    private static Resource Owned(Resource item, params string[] owners) => item with
    {
        Metadata = item.Metadata with
        {
            OwnerReferences = [.. owners.Select(uid => new OwnerReference { Kind = "Deployment", Uid = uid, BlockOwnerDeletion = true })],
        },
    };

    private static Resource Updated(Plan plan) => Assert.IsType<Write.Update>(Assert.Single(plan.Writes)).Object;

    private sealed class Owners(params string[] uids) : IOwners
    {
        public string[] Parents { get; init; } = [];

        public bool Exists(OwnerReference owner) => uids.Contains(owner.Uid);

        public bool IsEnding(OwnerReference owner) => false;

        public bool HasDependants(string uid) => Parents.Contains(uid);
    }
}
