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
    public void Judge_OfABudgetThatWasNotLookedAtYet_Refuses() => Assert.Equal(
        "The disruption budget hello is still being processed by the server.",
        Assert.IsType<BudgetAnswer.Refused>(DisruptionBudgets.Judge(Budget("0", null), Ready("a"))).Why);

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
