using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Garbage;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;

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

    /// <summary>Its template says how it stops, not that its requests are lost: only a user's force does.</summary>
    [Fact]
    public void PlanFor_APodWhoseTemplateHasNoGrace_IsDrainedLikeAnyOther()
    {
        Pod pod = new() { Metadata = Meta("p"), Spec = new PodSpec { NodeName = "n", TerminationGracePeriodSeconds = 0 } };

        Pod marked = (Pod)Updated(Deletion.PlanFor(pod, Noon)!);

        Assert.Equal((Noon.AddSeconds(1), 1L), (marked.Metadata.DeletionTimestamp, marked.Metadata.DeletionGracePeriodSeconds));
        Assert.True(Draining.IsPending(marked));
    }

    [Fact]
    public void Marked_APodThatNamesNoGraceHasThirtySecondsAndAnyOtherKindNone()
    {
        ObjectMeta pod = Deletion.Marked(new Pod { Metadata = Meta("p") }, Noon).Metadata;
        ObjectMeta other = Deletion.Marked(new Secret { Metadata = Meta("s") }, Noon).Metadata;

        Assert.Equal((Noon.AddSeconds(30), 30L), (pod.DeletionTimestamp, pod.DeletionGracePeriodSeconds));
        Assert.Equal((Noon, 0L), (other.DeletionTimestamp, other.DeletionGracePeriodSeconds));
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

    [Theory]
    [InlineData("there", "", true)]
    [InlineData("there", "there", false)]
    [InlineData("gone", "", false)]
    public void Plan_ForegroundWithADependantOfTwo_LetsItGoOnlyWhenTheOtherStays(string other, string ending, bool isLetGo)
    {
        Resource shared = Owned(new ReplicaSet { Metadata = Meta("c") }, "uid-d", other);

        Plan plan = Assert.Single(OwnerDeletion.Plan(Foreground(), [shared], new Owners("uid-d", "there") { Ending = [ending] }, Noon));

        Assert.Equal(isLetGo, Assert.Single(plan.Writes) is Write.Update);
    }

    [Fact]
    public void Plan_ForegroundWithDependantsThatDoNotBlock_EndsThemAndTheOwnerTogether()
    {
        Deployment owner = Foreground();
        Resource leaf = Owned(new ReplicaSet { Metadata = Meta("a") }, "uid-d", "gone");
        Resource free = leaf with { Metadata = leaf.Metadata with { OwnerReferences = [leaf.Metadata.OwnerReferences[0] with { BlockOwnerDeletion = null }, leaf.Metadata.OwnerReferences[1]] } };

        Assert.Equal([Write.Remove.Of(free), Write.Remove.Of(owner)], OwnerDeletion.Plan(owner, [free], new Owners("uid-d"), Noon).SelectMany(plan => plan.Writes));
        Assert.Equal([Write.Remove.Of(leaf)], OwnerDeletion.Plan(owner, [leaf], new Owners("uid-d"), Noon).SelectMany(plan => plan.Writes));
        Assert.Equal([Write.Remove.Of(leaf), Write.Remove.Of(leaf)], OwnerDeletion.Plan(owner, [leaf, leaf], new Owners("uid-d"), Noon).SelectMany(plan => plan.Writes));
        Assert.Equal([Write.Remove.Of(leaf), Write.Remove.Of(free)], OwnerDeletion.Plan(owner, [leaf, free], new Owners("uid-d"), Noon).SelectMany(plan => plan.Writes));
    }

    [Fact]
    public void Plan_ForegroundWithADependantThatHasItsOwn_MarksItOnceAndOnlyOnce()
    {
        Resource parent = Owned(new ReplicaSet { Metadata = Meta("a") with { Finalizers = ["foregroundDeletion"] } }, "uid-d");
        Owners owners = new("uid-d") { Parents = ["uid-a"] };

        Resource marked = Updated(Assert.Single(OwnerDeletion.Plan(Foreground(), [parent], owners, Noon)));

        Assert.Equal(["foregroundDeletion"], marked.Metadata.Finalizers);
        Assert.Empty(OwnerDeletion.Plan(Foreground(), [marked], owners, Noon));
    }

    [Fact]
    public void Plan_ForegroundOfAPodOnANode_WaitsForTheNode()
    {
        Pod owner = new() { Metadata = Meta("p") with { DeletionTimestamp = Noon, Finalizers = ["foregroundDeletion"] }, Spec = new PodSpec { NodeName = "n" } };

        Assert.Empty(Updated(Assert.Single(OwnerDeletion.Plan(owner, [], new Owners(), Noon))).Metadata.Finalizers);
        Assert.IsType<Write.Remove>(Assert.Single(Assert.Single(OwnerDeletion.Plan(owner with { Spec = new PodSpec() }, [], new Owners(), Noon)).Writes));
        Assert.IsType<Write.Remove>(Assert.Single(Assert.Single(OwnerDeletion.Plan(owner with { Spec = new PodSpec { NodeName = "" } }, [], new Owners(), Noon)).Writes));
    }

    [Theory]
    [InlineData("foregroundDeletion", true, true)]
    [InlineData("orphan", true, true)]
    [InlineData("team.example/keep", true, false)]
    [InlineData("orphan", false, false)]
    public void Waits_OnlyAnOwnerThatEndsAndHasToTakeOrLetGoItsDependants(string finalizer, bool isEnding, bool waits) =>
        Assert.Equal(waits, OwnerDeletion.Waits(new Deployment { Metadata = Meta("d") with { DeletionTimestamp = isEnding ? Noon : null, Finalizers = [finalizer] } }));

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
    public void Plan_Orphan_KeepsOtherOwnersAndEndsWhatIsOfNoUseAlone()
    {
        Deployment owner = new() { Metadata = Meta("d") with { DeletionTimestamp = Noon, Finalizers = ["orphan"] } };
        Resource[] useless =
        [
            Owned(new DeploymentRevision { Metadata = Meta("r") }, "uid-d"),
            Owned(new RolloutState { Metadata = Meta("s") }, "uid-d"),
            Owned(new ServiceAllocation { Metadata = Meta("a") }, "uid-d"),
        ];
        Resource shared = Owned(new ReplicaSet { Metadata = Meta("b") }, "uid-d", "there");

        IReadOnlyList<Plan> plans = OwnerDeletion.Plan(owner, [.. useless, shared], new Owners("uid-d", "there"), Noon);

        Assert.Equal(useless.Select(Write.Remove.Of), plans.Take(3).Select(plan => Assert.Single(plan.Writes)));
        Assert.Equal(["there"], Updated(plans[3]).Metadata.OwnerReferences.Select(reference => reference.Uid));
    }

    [Fact]
    public void Plan_NamespaceWithAFinalizer_Stays()
    {
        Namespace space = new() { Metadata = new ObjectMeta { Name = "shop", Uid = "uid-shop", DeletionTimestamp = Noon, Finalizers = ["team.example/keep"] } };

        Assert.Empty(NamespaceEnd.Plan(space, [], Noon));
    }

    [Fact]
    public void Plan_NamespaceWithALot_IsEmptiedAThousandAtATime()
    {
        Namespace space = new() { Metadata = new ObjectMeta { Name = "shop", Uid = "uid-shop", DeletionTimestamp = Noon } };

        Assert.Equal(NamespaceEnd.BatchMax, NamespaceEnd.Plan(space, [.. Enumerable.Range(0, 1_001).Select(i => new Secret { Metadata = Meta($"s{i}") })], Noon).Count);
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

    private static Deployment Foreground() => new() { Metadata = Meta("d") with { DeletionTimestamp = Noon, Finalizers = ["foregroundDeletion"] } };

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

        public string[] Ending { get; init; } = [];

        public bool IsEnding(OwnerReference owner) => Ending.Contains(owner.Uid);

        public bool HasDependants(string uid) => Parents.Contains(uid);
    }
}
