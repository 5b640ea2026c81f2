using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Disruptions;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Disruptions;

public sealed class DisruptionBudgetsTests
{
    private static readonly ReplicaSet Owner = Make.ReplicaSet();

    /// <summary>Healthy pods of five that a controller wants, the budget, and what is allowed, must be healthy and is expected.</summary>
    [Theory]
    [InlineData(5, "2", null, 3, 2, 5)]
    [InlineData(2, "2", null, 0, 2, 5)]
    [InlineData(5, "50%", null, 2, 3, 5)]
    [InlineData(4, null, "30%", 1, 3, 5)]
    [InlineData(5, null, "1", 1, 4, 5)]
    [InlineData(5, null, "9", 5, 0, 5)]
    [InlineData(5, null, null, 0, 0, 0)]
    public void Status_SaysWhatMayGo(int healthy, string? minAvailable, string? maxUnavailable, int allowed, int desired, int expected)
    {
        Pod[] pods = [.. Enumerable.Range(0, 5).Select(i => i < healthy ? Ready($"p{i}") : Make.NotReady(Ready($"p{i}"), Make.Start))];

        PodDisruptionBudgetStatus status = StatusOf(Budget(minAvailable, maxUnavailable), pods, replicas: 5);

        Assert.Equal((allowed, desired, expected, healthy), (status.DisruptionsAllowed, status.DesiredHealthy, status.ExpectedPods, status.CurrentHealthy));
        Assert.Equal(allowed > 0 ? "SufficientPods" : "InsufficientPods", Assert.Single(status.Conditions).Reason);
    }

    [Fact]
    public void Status_CountsNoPodsOnTheirWayOut_AndNoOthers()
    {
        Pod stranger = Ready("s") with { Metadata = new ObjectMeta { Name = "s", Namespace = TestWorld.Namespace } };

        PodDisruptionBudgetStatus status = StatusOf(Budget("1", null), [Ready("a"), Make.Terminating(Ready("b"), Make.Start), stranger], replicas: 2);

        Assert.Equal((1, 0), (status.CurrentHealthy, status.DisruptionsAllowed));
    }

    [Fact]
    public void Plan_ThatWouldSayTheSame_WritesNothing_AndElseRestsOnTheBudgetAsItWas()
    {
        PodDisruptionBudget budget = Budget("1", null);
        Plan plan = DisruptionBudgets.Plan(budget, [Ready("a")], _ => null, Make.Start);

        Assert.IsType<Precondition.AtResourceVersion>(Assert.Single(plan.Preconditions));
        PodDisruptionBudget written = (PodDisruptionBudget)((Write.Update)Assert.Single(plan.Writes)).Object;
        Assert.Same(Plan.Nothing, DisruptionBudgets.Plan(written, [Ready("a")], _ => null, Make.Start.AddMinutes(1)));
    }

    [Fact]
    public void Judge_SpendsWhatThereIs_AndThenSaysWhy()
    {
        PodDisruptionBudget budget = Budget("2", null) with { Status = new() { ObservedGeneration = 1, DisruptionsAllowed = 1, DesiredHealthy = 2, CurrentHealthy = 3 } };

        BudgetAnswer.Spent spent = Assert.IsType<BudgetAnswer.Spent>(DisruptionBudgets.Judge(budget, Ready("a")));
        Assert.Equal(0, spent.Budget.Status!.DisruptionsAllowed);
        Assert.Equal(
            "The disruption budget hello needs 2 healthy pods and has 3 currently",
            Assert.IsType<BudgetAnswer.Refused>(DisruptionBudgets.Judge(spent.Budget, Ready("b"))).Why);
    }

    [Fact]
    public void Judge_OfABudgetThatWasNotLookedAtYet_SaysThatItIsNotCounted() => Assert.Equal(
        "The disruption budget hello is still being processed by the server.",
        Assert.IsType<BudgetAnswer.NotCounted>(DisruptionBudgets.Judge(Budget("0", null), Ready("a"))).Why);

    [Theory]
    [InlineData(null, 2, true)]
    [InlineData(null, 1, false)]
    [InlineData("AlwaysAllow", 1, true)]
    public void Judge_OfAPodThatIsNotReady_AllowsItWhereTheBudgetHasEnoughWithoutIt(string? policy, int healthy, bool isAllowed)
    {
        PodDisruptionBudget budget = Budget("2", null) with { Status = new() { ObservedGeneration = 1, DesiredHealthy = 2, CurrentHealthy = healthy } };
        budget = budget with { Spec = budget.Spec with { UnhealthyPodEvictionPolicy = policy } };

        Assert.Equal(isAllowed, DisruptionBudgets.Judge(budget, Make.NotReady(Ready("a"), Make.Start)) is BudgetAnswer.Allowed);
    }

    [Theory]
    [InlineData("default", true, true)]
    [InlineData("other", true, false)]
    [InlineData("default", false, false)]
    public void Selects_PodsOfItsNamespaceThatItsSelectorMatches(string space, bool hasSelector, bool isCounted)
    {
        PodDisruptionBudget budget = Budget("1", null);
        budget = budget with { Spec = budget.Spec with { Selector = hasSelector ? budget.Spec.Selector : null } };
        Pod pod = Ready("a");

        Assert.Equal(isCounted, DisruptionBudgets.Selects(budget, pod with { Metadata = pod.Metadata with { Namespace = space } }));
    }

    /// <summary>Two pods of a controller that wants 3, one of a controller that wants 2, and a bare one: 6 are expected, whatever pods there are.</summary>
    [Fact]
    public void Status_OfSeveralControllers_ExpectsWhatEachWantsOnceAndABarePodItself()
    {
        Dictionary<string, (string, int)?> controllers = new() { ["a"] = ("first", 3), ["b"] = ("first", 3), ["c"] = ("second", 2), ["d"] = null };
        Plan plan = DisruptionBudgets.Plan(Budget(null, "50%"), controllers.Keys.Select(Ready), pod => controllers[pod.Name], Make.Start);

        PodDisruptionBudgetStatus status = ((PodDisruptionBudget)((Write.Update)Assert.Single(plan.Writes)).Object).Status!;
        Assert.Equal((6, 3, 4, 1), (status.ExpectedPods, status.DesiredHealthy, status.CurrentHealthy, status.DisruptionsAllowed));
    }

    [Fact]
    public void Status_OfPodsThatHaveEnded_CountsThemNeitherAsHealthyNorAsThere()
    {
        PodDisruptionBudgetStatus status = StatusOf(Budget("1", null), [Ready("a"), Ready("b") with { Status = new PodStatus { Phase = "Failed" } }], replicas: 2);

        Assert.Equal((1, 1), (status.ExpectedPods, status.CurrentHealthy));
    }

    [Theory]
    [InlineData(2, "True", "SufficientPods")]
    [InlineData(1, "False", "InsufficientPods")]
    public void Status_SaysInItsConditionWhetherAPodMayGo(int healthy, string isAllowed, string reason)
    {
        PodDisruptionBudgetStatus status = StatusOf(Budget("1", null), [.. Enumerable.Range(0, healthy).Select(i => Ready($"p{i}"))], replicas: 2);

        Condition condition = Assert.Single(status.Conditions);
        Assert.Equal(("DisruptionAllowed", isAllowed, reason, 1L, Make.Start), (condition.Type, condition.Status, condition.Reason, condition.ObservedGeneration, condition.LastTransitionTime));
        Assert.Equal(1, status.ObservedGeneration);
    }

    [Fact]
    public void Judge_OfAnUnreadyPodAndABudgetThatNeedsNone_AsksWhatIsLeft()
    {
        PodDisruptionBudget budget = Budget("0", null) with { Status = new() { ObservedGeneration = 1, DesiredHealthy = 0, CurrentHealthy = 0 } };

        Assert.IsType<BudgetAnswer.Refused>(DisruptionBudgets.Judge(budget, Make.NotReady(Ready("a"), Make.Start)));
    }

    [Fact]
    public void Judge_OfAReadyPod_SpendsEvenWhereUnreadyOnesMayAlwaysGo()
    {
        PodDisruptionBudget budget = Budget("1", null) with { Status = new() { ObservedGeneration = 1, DisruptionsAllowed = 2, DesiredHealthy = 1, CurrentHealthy = 3 } };
        budget = budget with { Spec = budget.Spec with { UnhealthyPodEvictionPolicy = "AlwaysAllow" } };

        Assert.Equal(1, Assert.IsType<BudgetAnswer.Spent>(DisruptionBudgets.Judge(budget, Ready("a"))).Budget.Status!.DisruptionsAllowed);
    }

    private static Pod Ready(string name) => Make.Ready(Make.Pod(Owner, name), Make.Start);

    private static PodDisruptionBudget Budget(string? minAvailable, string? maxUnavailable) => new()
    {
        Metadata = new ObjectMeta { Name = "hello", Namespace = TestWorld.Namespace, Uid = "b", Generation = 1, ResourceVersion = "5" },
        Spec = new PodDisruptionBudgetSpec { Selector = new LabelSelector { MatchLabels = Make.Labels }, MinAvailable = Parse(minAvailable), MaxUnavailable = Parse(maxUnavailable) },
    };

    private static ControlPlane.Domain.Resources.Values.IntOrString? Parse(string? text) =>
        text is null ? null : int.TryParse(text, out int number) ? number : text;

    private static PodDisruptionBudgetStatus StatusOf(PodDisruptionBudget budget, Pod[] pods, int replicas)
    {
        Plan plan = DisruptionBudgets.Plan(budget, pods, _ => ("controller", replicas), Make.Start);
        return ((PodDisruptionBudget)((Write.Update)Assert.Single(plan.Writes)).Object).Status!;
    }
}
