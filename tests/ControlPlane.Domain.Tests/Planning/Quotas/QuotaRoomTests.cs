using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Quotas;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Quotas;

/// <summary>What workloads make of the room that quotas leave.</summary>
public sealed class QuotaRoomTests
{
    private const string Why = "pods \"web-\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3";

    [Fact]
    public void PodsThatFit_AreMade_AndReplicaFailureSaysWhyNotTheOthers()
    {
        Plan plan = Plan(Make.ReplicaSet(replicas: 5), QuotaAccountingTests.Quota("q", ("pods", "3")));

        Assert.Equal(3, plan.Writes.Count(write => write is Write.Create { Object: Pod }));
        Assert.Equal("pods=3", Charged(plan).Status!.Used.ToString());
        Assert.Contains(plan.Preconditions, precondition => precondition is Precondition.AtResourceVersion { Revision: 7, Key.Name: "q" });
        Condition failure = Assert.Single(plan.Writes.OfType<Write.Update>().Select(write => write.Object).OfType<ReplicaSet>().Single().Status!.Conditions);
        Assert.Equal(("ReplicaFailure", "True", "FailedCreate", Why), (failure.Type, failure.Status, failure.Reason, failure.Message));
        Assert.Contains(plan.Events, note => note.Type == "Warning" && note.Message == $"Error creating: {Why}");
        Assert.Null(plan.RecheckAfter);
    }

    [Fact]
    public void PodsThatAllFit_LeaveNoFailure()
    {
        Plan plan = Plan(Make.ReplicaSet(replicas: 2), QuotaAccountingTests.Quota("q", ("pods", "3")));

        Assert.Equal("pods=2", Charged(plan).Status!.Used.ToString());
        Assert.DoesNotContain(plan.Events, note => note.Reason == "FailedCreate");
    }

    [Fact]
    public void WhereNoPodFits_NothingIsTakenAndNothingRestsOnTheQuota()
    {
        Plan plan = Plan(Make.ReplicaSet(replicas: 2), QuotaAccountingTests.Quota("q", ("pods", "0")));

        Assert.DoesNotContain(plan.Writes, write => write is Write.Create or Write.Update { Object: ResourceQuota });
        Assert.DoesNotContain(plan.Preconditions, precondition => precondition is Precondition.AtResourceVersion);
    }

    [Fact]
    public void ALargeWorkload_IsMadeInBatchesThatOneUnitHolds()
    {
        Plan plan = Plan(Make.ReplicaSet(replicas: 500), QuotaAccountingTests.Quota("q", ("pods", "1000")));

        Assert.Equal(QuotaRoom.PodBatchMax, plan.Writes.Count(write => write is Write.Create { Object: Pod }));
        Assert.Equal(TimeSpan.Zero, plan.RecheckAfter);
        Assert.Equal("pods=200", Charged(plan).Status!.Used.ToString());
    }

    [Fact]
    public void PodsOfOthers_TakeFromTheSameRoom()
    {
        Pod[] others = [.. Enumerable.Range(0, 2).Select(i => new Pod { Metadata = new ObjectMeta { Name = $"other-{i}", Namespace = TestWorld.Namespace } })];

        Plan plan = Plan(Make.ReplicaSet(replicas: 5), QuotaAccountingTests.Quota("q", ("pods", "3")), others);

        Assert.Single(plan.Writes, write => write is Write.Create { Object: Pod });
        Assert.Equal("pods=3", Charged(plan).Status!.Used.ToString());
    }

    private static ResourceQuota Charged(Plan plan) => Assert.Single(plan.Writes.OfType<Write.Update>().Select(write => write.Object).OfType<ResourceQuota>());

    private static Plan Plan(ReplicaSet replicaSet, ResourceQuota quota, params Pod[] others)
    {
        TestWorld world = new();
        world.Store(replicaSet);
        return WorkloadPlanner.Plan(world.Snapshot() with { Quotas = new QuotaRoom([quota], others) });
    }
}
