using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
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
        Deployment deployment when IsNews(change, deployment) => Policies(world, deployment.Namespace),
        _ => [],
    };

    private static IEnumerable<WorkKey> Policies(World world, string space) => world.PoliciesByNamespace[space].Select(policy => WorkKey.Policy(policy.Key));

    private static bool IsNews(Change change, Deployment deployment) =>
        change.Operation != ChangeOperation.Modified || (change.Previous as Deployment)?.Metadata.Labels != deployment.Metadata.Labels;
}
