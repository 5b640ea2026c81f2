using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Reconciler.Passes;
using ControlPlane.Reconciler.Queue;

namespace ControlPlane.Reconciler.Worlds;

/// <summary>Which policies, and which Deployments that they may be for, a change concerns.</summary>
internal static class PolicyTriggers
{
    /// <param name="world">With the change applied.</param>
    /// <param name="change">What changed; its previous object as the world knew it.</param>
    public static IEnumerable<WorkKey> KeysOf(World world, Change change) => change.Object switch
    {
        RolloutPolicy policy when (change.Previous as RolloutPolicy)?.Spec == policy.Spec && change.Operation == ChangeOperation.Modified => [WorkKey.Policy(policy.Key)],
        RolloutPolicy policy => Policies(world, policy.Namespace).Concat(world.DeploymentsByNamespace[policy.Namespace].Select(deployment => WorkKey.Deployment(deployment.Key))),
        RolloutState state => Policies(world, state.Namespace).Prepend(WorkKey.Deployment(new ObjectKey(state.Namespace, state.Spec.Deployment))),
        Service service when change.Operation != ChangeOperation.Modified || (change.Previous as Service)?.Spec.Selector != service.Spec.Selector =>
            Policies(world, service.Namespace).Concat(OnTheirWay(world, service.Namespace)),
        Deployment deployment when IsNews(change, deployment) => Policies(world, deployment.Namespace),
        _ => [],
    };

    /// <summary>The Deployments whose requests a policy divides now.</summary>
    private static IEnumerable<WorkKey> OnTheirWay(World world, string space) =>
        world.DeploymentsByNamespace[space].Where(deployment => Snapshots.StateOf(world, deployment) is not null).Select(deployment => WorkKey.Deployment(deployment.Key));

    private static IEnumerable<WorkKey> Policies(World world, string space) => world.PoliciesByNamespace[space].Select(policy => WorkKey.Policy(policy.Key));

    /// <summary>Whether other policies may be for it than before, or other Services select its pods.</summary>
    private static bool IsNews(Change change, Deployment deployment) =>
        change.Operation != ChangeOperation.Modified
        || change.Previous is not Deployment before
        || before.Metadata.Labels != deployment.Metadata.Labels
        || before.Metadata.IsDeleting != deployment.Metadata.IsDeleting
        || before.Spec.Template.Metadata.Labels != deployment.Spec.Template.Metadata.Labels
        || (before.Spec.Replicas == 0) != (deployment.Spec.Replicas == 0);
}
