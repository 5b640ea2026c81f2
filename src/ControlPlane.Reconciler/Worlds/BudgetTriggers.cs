using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Disruptions;
using ControlPlane.Domain.Resources;
using ControlPlane.Reconciler.Queue;

namespace ControlPlane.Reconciler.Worlds;

/// <summary>Which disruption budgets a change concerns.</summary>
internal static class BudgetTriggers
{
    /// <param name="world">With the change applied.</param>
    /// <param name="change">What changed; its previous object as the world knew it.</param>
    public static IEnumerable<WorkKey> KeysOf(World world, Change change) => change.Object switch
    {
        PodDisruptionBudget budget => [WorkKey.DisruptionBudget(budget.Key)],
        Pod pod when IsNews(change, pod) => world.BudgetsByNamespace[pod.Namespace]
            .Where(budget => DisruptionBudgets.Selects(budget, pod) || (change.Previous is Pod known && DisruptionBudgets.Selects(budget, known)))
            .Select(budget => WorkKey.DisruptionBudget(budget.Key)),
        Deployment deployment when (change.Previous as Deployment)?.Spec.Replicas != deployment.Spec.Replicas => All(world, deployment.Namespace),
        ReplicaSet replicaSet when (change.Previous as ReplicaSet)?.Spec.Replicas != replicaSet.Spec.Replicas => All(world, replicaSet.Namespace),
        _ => [],
    };

    private static IEnumerable<WorkKey> All(World world, string space) => world.BudgetsByNamespace[space].Select(budget => WorkKey.DisruptionBudget(budget.Key));

    private static bool IsNews(Change change, Pod pod) =>
        change.Operation == ChangeOperation.Deleted || change.Previous is not Pod known || known.Metadata.Labels != pod.Metadata.Labels
        || known.Metadata.IsDeleting != pod.Metadata.IsDeleting || known.Status?.Phase != pod.Status?.Phase || IsReady(known) != IsReady(pod);

    private static bool IsReady(Pod pod) => Conditions.Find(pod.Status?.Conditions ?? default, Conditions.Ready)?.Status == "True";
}
