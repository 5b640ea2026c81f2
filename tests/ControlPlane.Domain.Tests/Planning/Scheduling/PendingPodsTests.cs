using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Scheduling;

public class PendingPodsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Plan_APodThatFits_IsBoundAndEnteredInTheCluster()
    {
        ClusterState cluster = SchedulerTests.Cluster(SchedulerTests.MakeNode("n", pods: 1));

        IReadOnlyList<Plan> plans = PendingPods.Plan([SchedulerTests.MakePod("a"), SchedulerTests.MakePod("b")], cluster, Noon);

        Write.Update update = Assert.IsType<Write.Update>(Assert.Single(plans[0].Writes));
        Pod bound = Assert.IsType<Pod>(update.Object);
        Assert.Equal((ResourceParts.All, "n"), (update.Parts, bound.Spec.NodeName));
        Condition scheduled = Assert.Single(bound.Status!.Conditions);
        Assert.Equal(("PodScheduled", "True", Noon), (scheduled.Type, scheduled.Status, scheduled.LastTransitionTime));
        Assert.Equal(("Scheduled", "Successfully assigned default/a to n"), (Assert.Single(plans[0].Events).Reason, plans[0].Events[0].Message));
        Pod waiting = (Pod)Assert.IsType<Write.Update>(Assert.Single(plans[1].Writes)).Object;
        Assert.Equal("0/1 nodes are available: 1 Too many pods.", Conditions.Find(waiting.Status!.Conditions, "PodScheduled")!.Message);
    }

    [Fact]
    public void Plan_APodThatFitsNowhere_SaysSoOnceAndAgainWhenTheReasonChanges()
    {
        ClusterState cluster = SchedulerTests.Cluster(SchedulerTests.MakeNode("n", ready: "Unknown"));
        Pod pod = SchedulerTests.MakePod("a", cpu: "5");

        Plan first = Assert.Single(PendingPods.Plan([pod], cluster, Noon));
        Write.Update update = Assert.IsType<Write.Update>(Assert.Single(first.Writes));
        Pod told = (Pod)update.Object;
        Assert.Equal(ResourceParts.Status, update.Parts);
        Assert.Equal([Precondition.DesiredUnchanged.Of(pod)], first.Preconditions);
        Assert.Equal(("Warning", "FailedScheduling", told.Status!.Unschedulable!.Message), (first.Events[0].Type, first.Events[0].Reason, first.Events[0].Message));
        Condition waiting = Assert.Single(told.Status.Conditions);
        Assert.Equal(("PodScheduled", "False", "Unschedulable", Noon), (waiting.Type, waiting.Status, waiting.Reason, waiting.LastTransitionTime));
        Assert.Equal("Pending", told.Status.Phase);
        Assert.Empty(PendingPods.Plan([told], cluster, Noon.AddSeconds(5)));

        cluster.SetNode(SchedulerTests.MakeNode("n"));
        Pod toldAgain = (Pod)Assert.IsType<Write.Update>(Assert.Single(Assert.Single(PendingPods.Plan([told], cluster, Noon.AddSeconds(9))).Writes)).Object;
        Condition condition = Conditions.Find(toldAgain.Status!.Conditions, "PodScheduled")!;
        Assert.Equal("0/1 nodes are available: 1 Insufficient cpu.", condition.Message);
        Assert.Equal(Noon, condition.LastTransitionTime);
    }

    [Fact]
    public void Plan_OnlyTheNumbersOfNodesChange_IsToldAgainAfter30Seconds()
    {
        ClusterState cluster = SchedulerTests.Cluster(SchedulerTests.MakeNode("n"));
        Pod told = Told(SchedulerTests.MakePod("a", cpu: "5"), cluster, Noon);
        cluster.SetNode(SchedulerTests.MakeNode("m"));

        Plan early = Assert.Single(PendingPods.Plan([told], cluster, Noon.AddSeconds(10)));
        Assert.Equal((0, 0, TimeSpan.FromSeconds(20)), (early.Writes.Count, early.Events.Count, early.RecheckAfter));

        Pod again = Told(told, cluster, Noon.AddSeconds(30));
        Assert.Equal("0/2 nodes are available: 2 Insufficient cpu.", Conditions.Find(again.Status!.Conditions, "PodScheduled")!.Message);
        Assert.Empty(PendingPods.Plan([again], cluster, Noon.AddSeconds(31)));
    }

    /// <summary>500 pods wait, and the reason of all changes: 200 are told at once, those whose sentence is oldest, and the others later.</summary>
    [Fact]
    public void Plan_TheReasonOfManyChanges_IsToldBitByBit()
    {
        ClusterState cluster = SchedulerTests.Cluster(SchedulerTests.MakeNode("n", ready: "Unknown"));
        List<Pod> pods = [.. Enumerable.Range(0, 500).Select(i => Told(SchedulerTests.MakePod($"pod-{i:000}", cpu: "5"), cluster, Noon.AddSeconds(-i)))];
        cluster.SetNode(SchedulerTests.MakeNode("n"));

        IReadOnlyList<Plan> plans = PendingPods.Plan(pods, cluster, Noon.AddSeconds(1));

        Pod[] written = [.. plans.SelectMany(plan => plan.Writes).Select(write => (Pod)Assert.IsType<Write.Update>(write).Object)];
        Assert.Equal(Enumerable.Range(300, 200).Reverse().Select(i => $"pod-{i:000}"), written.Select(pod => pod.Name));
        Assert.Equal(TimeSpan.FromSeconds(1), plans[^1].RecheckAfter);
    }

    private static Pod Told(Pod pod, ClusterState cluster, DateTimeOffset now) =>
        (Pod)Assert.IsType<Write.Update>(Assert.Single(Assert.Single(PendingPods.Plan([pod], cluster, now)).Writes)).Object;

    [Fact]
    public void Plan_PodsThatAreBoundTerminatingOrEnded_AreLeftAlone()
    {
        Pod pod = SchedulerTests.MakePod("a");
        Pod[] pods =
        [
            pod with { Spec = pod.Spec with { NodeName = "n" } },
            pod with { Metadata = pod.Metadata with { DeletionTimestamp = Noon } },
            pod with { Status = new PodStatus { Phase = "Failed" } },
            pod with { Status = new PodStatus { Phase = "Succeeded" } },
        ];

        Assert.Empty(PendingPods.Plan(pods, SchedulerTests.Cluster(SchedulerTests.MakeNode("n")), Noon));
    }

    [Fact]
    public void Plan_PodsThatWait_TheHigherPriorityComesFirstAndThenTheOlder()
    {
        ClusterState cluster = SchedulerTests.Cluster(SchedulerTests.MakeNode("n", pods: 3));
        Pod Waiting(string name, int? priority, int age) => SchedulerTests.MakePod(name) is var pod
            ? pod with { Metadata = pod.Metadata with { CreationTimestamp = Noon.AddSeconds(-age) }, Spec = pod.Spec with { Priority = priority } }
            : pod;

        IReadOnlyList<Plan> plans = PendingPods.Plan(
            [Waiting("low", -5, 9), Waiting("young", null, 1), Waiting("old", 0, 5), Waiting("high", 7, 0)], cluster, Noon);

        Assert.Equal(["high", "old", "young", "low"], plans.Select(plan => ((Pod)Assert.IsType<Write.Update>(plan.Writes[0]).Object).Name));
        Assert.Equal("FailedScheduling", plans[^1].Events[0].Reason);
    }

    [Fact]
    public void Plan_PodsOfTheSameSecond_GoByName()
    {
        ClusterState cluster = SchedulerTests.Cluster(SchedulerTests.MakeNode("n", pods: 1));

        IReadOnlyList<Plan> plans = PendingPods.Plan([SchedulerTests.MakePod("b"), SchedulerTests.MakePod("a")], cluster, Noon);

        Assert.Equal("a", ((Pod)Assert.IsType<Write.Update>(plans[0].Writes[0]).Object).Name);
    }

    [Theory]
    [InlineData("{}", false)]
    [InlineData("""{"affinity": {}}""", false)]
    [InlineData("""{"affinity": {"nodeAffinity": {}}}""", false)]
    [InlineData("""{"affinity": {"podAffinity": {}}}""", true)]
    [InlineData("""{"affinity": {"podAntiAffinity": {}}}""", true)]
    [InlineData("""{"topologySpreadConstraints": [{"topologyKey": "zone"}]}""", true)]
    public void DependsOnOthers_ByAffinityAntiAffinityOrSpread(string spec, bool depends) =>
        Assert.Equal(depends, PendingPods.DependsOnOthers(SchedulerTests.MakePod("a") with { Spec = ResourceJson.Deserialize<PodSpec>(spec) }));
}
