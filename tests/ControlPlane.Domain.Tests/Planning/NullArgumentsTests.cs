using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Disruptions;
using ControlPlane.Domain.Planning.Events;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Garbage;
using ControlPlane.Domain.Planning.Nodes;
using ControlPlane.Domain.Planning.Policies;
using ControlPlane.Domain.Planning.Quotas;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;

namespace ControlPlane.Domain.Tests.Planning;

/// <summary>A caller that forgets an argument is told which, by the method that it called.</summary>
public sealed class NullArgumentsTests
{
    private static readonly DateTimeOffset Now = Make.Start;

    private static readonly Deployment Deployment = Make.Deployment();

    private static readonly PodDisruptionBudget Budget = new();

    private static readonly EventNote Note = EventNote.Normal(Deployment, "Reason", "message");

    private static readonly IdSource Ids = new(1);

    private static readonly RolloutPolicy Policy = Make.Policy();

    [Theory]
    [InlineData("Garbage")]
    [InlineData("Nodes")]
    [InlineData("Scheduling")]
    [InlineData("Routing")]
    [InlineData("Rollouts")]
    [InlineData("Explaining")]
    [InlineData("Others")]
    public void Method_WithoutAnArgument_NamesIt(string planners) =>
        Assert.All(Calls(planners), call => Assert.Throws<ArgumentNullException>(call.Argument, call.Call));

    private static (string Argument, Action Call)[] Calls(string planners) => planners switch
    {
        "Garbage" =>
        [
            ("item", () => Deletion.PlanFor(null!, Now)),
            ("item", () => Deletion.Marked(null!, Now)),
            ("pods", () => EndedPods.Plan(null!, 1, Now)),
            ("space", () => NamespaceEnd.Plan(null!, [], Now)),
            ("contents", () => NamespaceEnd.Plan(new Namespace(), null!, Now)),
            ("owner", () => OwnerDeletion.Waits(null!)),
            ("dependants", () => OwnerDeletion.Plan(Deployment, null!, null!, Now)),
            ("owners", () => OwnerDeletion.Plan(Deployment, [], null!, Now)),
        ],
        "Nodes" =>
        [
            ("snapshot", () => NodeHealth.Plan(null!)),
            ("snapshot", () => NodeHealth.BrakeOf(null!)),
            ("node", () => LossConfirmation.LostSince(null!)),
            ("node", () => LossConfirmation.IsOn(null!)),
            ("nodes", () => TaintEviction.Plan(null!, _ => [], Now)),
            ("podsOn", () => TaintEviction.Plan([], null!, Now)),
            ("pod", () => CountedPods.Of(null!, _ => true, Now)),
            ("isThere", () => CountedPods.Of(new Pod(), null!, Now)),
        ],
        "Scheduling" =>
        [
            ("unboundPods", () => PendingPods.Plan(null!, new ClusterState(), Now)),
            ("cluster", () => PendingPods.Plan([], null!, Now)),
            ("pod", () => PendingPods.DependsOnOthers(null!)),
            ("pod", () => PendingPods.Bound(null!, "node-1", Now)),
            ("pod", () => new Scheduler(new ClusterState()).Place(null!)),
            ("pod", () => new Scheduler(new ClusterState()).Enter(null!)),
        ],
        "Routing" =>
        [
            ("pod", () => Draining.IsPending(null!)),
            ("pod", () => Draining.AsRunning(null!)),
            ("snapshot", () => Draining.Plan(null!)),
            ("snapshot", () => EndpointsPlanner.Plan(null!)),
            ("service", () => ApiService.Is(null!)),
            ("snapshot", () => ApiService.Plan(null!)),
            ("service", () => Routes.Of(null!, [], _ => null)),
            ("port", () => Routes.ProtocolOf(null!, isHeadless: false)),
        ],
        "Rollouts" =>
        [
            ("before", () => TrafficWindows.Between(null!, [], [], Now, Now)),
            ("after", () => TrafficWindows.Between([], null!, [], Now, Now)),
            ("declared", () => RevisionRecords.Declared(null, null!, new Author("", ""), Now, Ids)),
            ("author", () => RevisionRecords.Declared(null, Deployment, null!, Now, Ids)),
            ("ids", () => RevisionRecords.Declared(null, Deployment, new Author("", ""), Now, null!)),
            ("deployment", () => RolloutRequests.At(null!, RolloutRequests.Retry, 1)),
            ("deployment", () => RolloutRequests.IsPromoted(null!, 1, 1, null)),
            ("declared", () => RollbackAuthor.Signed(null, null!, new Author("", ""))),
            ("author", () => RollbackAuthor.Signed(null, Deployment, null!)),
            ("replicaSet", () => Outcomes.Of(null!)),
            ("replicaSet", () => Outcomes.FailureOf(null!)),
        ],
        "Explaining" =>
        [
            ("snapshot", () => Blockers.Of(null!)),
            ("deployment", () => DeploymentHistories.Of(null!, [], [])),
            ("action", () => RolloutActions.Apply(null!, Deployment, [], Now)),
            ("deployment", () => RolloutActions.Apply(new RolloutAction.Pause(), null!, [], Now)),
            ("replicaSets", () => RolloutActions.Apply(new RolloutAction.Pause(), Deployment, null!, Now)),
            ("changed", () => RolloutForecasts.IsTooLarge(null!)),
            ("snapshot", () => RolloutForecasts.Of(null!, Deployment)),
            ("changed", () => RolloutForecasts.Of(new TestWorld().Snapshot(), null!)),
            ("deployment", () => RolloutPhase.Of(null!, [])),
            ("replicaSets", () => RolloutPhase.Of(Deployment, null!)),
            ("snapshot", () => RolloutViews.Of(null!)),
        ],
        _ =>
        [
            ("budget", () => DisruptionBudgets.Selects(null!, new Pod())),
            ("pod", () => DisruptionBudgets.Selects(Budget, null!)),
            ("budget", () => DisruptionBudgets.Judge(null!, new Pod())),
            ("pod", () => DisruptionBudgets.Judge(Budget, null!)),
            ("note", () => EventCorrelator.KeyOf(null!, new EventSource())),
            ("source", () => EventCorrelator.KeyOf(Note, null!)),
            ("ids", () => EventCorrelator.Correlate(Note, new EventSource(), Now, null, null!)),
            ("item", () => EventCorrelator.LastSeen(null!)),
            ("events", () => EventExpiry.Plan(null!, Now)),
            ("space", () => NamespaceObjects.Plan(null!, null, null, new ApiServerFacts(), Now, Ids)),
            ("facts", () => NamespaceObjects.Plan(new Namespace(), null, null, null!, Now, Ids)),
            ("ids", () => NamespaceObjects.Plan(new Namespace(), null, null, new ApiServerFacts(), Now, null!)),
            ("quota", () => QuotaAccounting.Concerns(null!, new Pod())),
            ("item", () => QuotaAccounting.Concerns(new ResourceQuota(), null!)),
            ("quota", () => QuotaAccounting.Plan(null!, [])),
            ("contents", () => QuotaAccounting.Plan(new ResourceQuota(), null!)),
            ("wanted", () => QuotaAccounting.Judge(null!, null, [], [])),
            ("quotas", () => QuotaAccounting.Judge(new Pod(), null, null!, [])),
            ("alike", () => QuotaAccounting.Judge(new Pod(), null, [], (IReadOnlyCollection<Resource>)null!)),
            ("deployment", () => PolicyChoice.Of(null!, [])),
            ("policies", () => PolicyChoice.Of(Deployment, null!)),
            ("policy", () => PolicyStatuses.Plan(null!, [], [], _ => null, Now)),
            ("stateOf", () => PolicyStatuses.Plan(Policy, [], [], null!, Now)),
            ("service", () => SharedServices.SelectedBy(null!, [])),
            ("deployments", () => SharedServices.SelectedBy(new Service(), null!)),
            ("spec", () => SharedServices.NamedBy(null!)),
            ("service", () => ForeignServices.IsOf(null!, Deployment)),
            ("deployment", () => ForeignServices.IsOf(new Service(), null!)),
            ("source", () => Promotions.Apply(null!, [], new PromotionOptions(), Deployment)),
            ("replicaSets", () => Promotions.Apply(Deployment, null!, new PromotionOptions(), Deployment)),
            ("options", () => Promotions.Apply(Deployment, [], null!, Deployment)),
            ("target", () => Promotions.Apply(Deployment, [], new PromotionOptions(), null!)),
            ("source", () => Promotions.CauseOf(null!, [], new PromotionOptions())),
            ("replicaSets", () => Promotions.CauseOf(Deployment, null!, new PromotionOptions())),
            ("options", () => Promotions.CauseOf(Deployment, [], null!)),
            ("before", () => Promotions.ChangesBetween(null!, new PodTemplateSpec())),
            ("after", () => Promotions.ChangesBetween(new PodTemplateSpec(), null!)),
            ("replicaSet", () => ResolvedImages.Of(null!)),
            ("resolved", () => ResolvedImages.IsOfRegistry(null!)),
            ("snapshot", () => WorkloadPlanner.Plan(null!)),
        ],
    };
}
