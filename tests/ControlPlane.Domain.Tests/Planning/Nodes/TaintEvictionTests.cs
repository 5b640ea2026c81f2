using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Nodes;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Tests.Planning.Nodes;

public class TaintEvictionTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Plan_APodThatDoesNotTolerateTheTaint_IsMarkedAtOnceWithItsGrace()
    {
        Plan plan = Assert.Single(PlanFor(Tainted(Repair), MakePod()));

        Pod marked = (Pod)Assert.IsType<Write.Update>(Assert.Single(plan.Writes)).Object;
        Assert.Equal((Noon.AddSeconds(30), 30L), (marked.Metadata.DeletionTimestamp, marked.Metadata.DeletionGracePeriodSeconds));
        Assert.Equal(("TaintManagerEviction", "Marking for deletion Pod default/p"), (plan.Events[0].Reason, plan.Events[0].Message));
        Assert.Equal([Precondition.DesiredUnchanged.Of(Tainted(Repair))], plan.Preconditions);
    }

    [Theory]
    [InlineData("NoSchedule")]
    [InlineData("PreferNoSchedule")]
    public void Plan_ATaintOfAnotherEffect_TakesNobodyOff(string effect) => Assert.Empty(PlanFor(Tainted(Repair with { Effect = effect }), MakePod()));

    [Fact]
    public void Plan_PodsThatTolerateForEverEndOrHaveEnded_AreLeftAlone()
    {
        Pod pod = MakePod();

        Assert.Empty(PlanFor(
            Tainted(Repair),
            Tolerating(seconds: null),
            pod with { Metadata = pod.Metadata with { DeletionTimestamp = Noon } },
            pod with { Status = new PodStatus { Phase = "Failed" } }));
    }

    /// <summary>The taint's age and the pod's time on the node in seconds; after how many more the pod goes, 0 for now.</summary>
    [Theory]
    [InlineData(0, 500, 60, 60)]
    [InlineData(59, 500, 60, 1)]
    [InlineData(60, 500, 60, 0)]
    [InlineData(500, 20, 60, 40)]
    [InlineData(500, 60, 60, 0)]
    [InlineData(0, 0, 0, 0)]
    [InlineData(0, 0, -5, 0)]
    public void Plan_TolerationSeconds_CountFromTheLaterOfTaintAndPod(int taintAge, int podAge, int seconds, int leftSeconds)
    {
        Plan plan = Assert.Single(PlanFor(Tainted(Repair with { TimeAdded = Noon.AddSeconds(-taintAge) }), Tolerating(seconds, podAge)));

        Assert.Equal(leftSeconds == 0 ? null : TimeSpan.FromSeconds(leftSeconds), plan.RecheckAfter);
        Assert.Equal(leftSeconds == 0 ? 1 : 0, plan.Writes.Count);
    }

    [Fact]
    public void Plan_SeveralTaints_TheFirstThatIsNoLongerToleratedDecides()
    {
        Taint other = Repair with { Key = "other" };

        Assert.Equal(TimeSpan.FromSeconds(60), Assert.Single(PlanFor(Tainted(Repair, Repair with { Value = "again" }), Tolerating(60))).RecheckAfter);
        Assert.NotEmpty(Assert.Single(PlanFor(Tainted(Repair, other), Tolerating(60))).Writes);
    }

    [Fact]
    public void Plan_SeveralPods_LooksAgainWhenTheFirstOfThemIsDue()
    {
        IReadOnlyList<Plan> plans = PlanFor(Tainted(Repair), Tolerating(90), MakePod(), Tolerating(60), Tolerating(null));

        Assert.Equal([null, TimeSpan.FromSeconds(60)], plans.Select(plan => plan.RecheckAfter));
    }

    [Fact]
    public void WithTimes_TaintsOfEffectNoExecute_KeepTheirTimeAndNewOnesGetIt()
    {
        Node stored = (Node)ResourceRules.WithTimes(Tainted(Repair with { TimeAdded = null }), stored: null, Noon);
        Assert.Equal(Noon, stored.Spec!.Taints[0].TimeAdded);

        Node updated = Tainted(
            Repair with { TimeAdded = null },
            Repair with { Key = "new", TimeAdded = null },
            Repair with { Effect = "NoSchedule", TimeAdded = null },
            Repair with { Key = "given", TimeAdded = Noon.AddDays(-1) });
        Node timed = (Node)ResourceRules.WithTimes(updated, stored, Noon.AddHours(1));

        Assert.Equal([Noon, Noon.AddHours(1), null, Noon.AddDays(-1)], timed.Spec!.Taints.Select(taint => taint.TimeAdded));
    }

    private static Taint Repair { get; } = new() { Key = "repair", Effect = "NoExecute", TimeAdded = Noon };

    private static IReadOnlyList<Plan> PlanFor(Node node, params Pod[] pods) => TaintEviction.Plan([node], name => name == node.Name ? pods : [], Noon);

    private static Node Tainted(params Taint[] taints) =>
        new() { Metadata = new ObjectMeta { Name = "n", Uid = "uid-n" }, Spec = new NodeSpec { Taints = [.. taints] } };

    private static Pod Tolerating(int? seconds, int podAge = 500)
    {
        Pod pod = MakePod();
        Toleration toleration = new() { Key = "repair", Operator = "Exists", Effect = "NoExecute", TolerationSeconds = seconds };
        Condition scheduled = new() { Type = "PodScheduled", Status = "True", LastTransitionTime = Noon.AddSeconds(-podAge) };
        return pod with { Spec = pod.Spec with { Tolerations = [toleration] }, Status = new PodStatus { Phase = "Running", Conditions = [scheduled] } };
    }

    private static Pod MakePod() => new()
    {
        Metadata = new ObjectMeta { Name = "p", Namespace = "default", Uid = "uid-p", CreationTimestamp = Noon.AddHours(-1) },
        Spec = new PodSpec { NodeName = "n", TerminationGracePeriodSeconds = 30 },
    };
}
