using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Configs;
using ControlPlane.Domain.Resources;
using ControlPlane.Reconciler.Queue;

namespace ControlPlane.Reconciler.Worlds;

/// <summary>Which Deployments have other revisions because a ConfigMap or a Secret changed.</summary>
internal static class ConfigTriggers
{
    /// <param name="world">With the change applied.</param>
    /// <param name="change">What changed.</param>
    public static IEnumerable<WorkKey> KeysOf(World world, Change change) => change.Object is not (ConfigMap or Secret) ? [] : world.DeploymentsByNamespace[change.Object.Namespace]
        .Where(deployment => change.Object.Metadata.Controller?.Uid == deployment.Uid || (ConfigRevisions.AreOn(deployment) && Uses(deployment, change.Object)))
        .Select(deployment => WorkKey.Deployment(deployment.Key));

    private static bool Uses(Deployment deployment, Resource resource) =>
        EnvironmentContents.Uses(new Pod { Metadata = new ObjectMeta { Namespace = deployment.Namespace }, Spec = deployment.Spec.Template.Spec }, resource);
}
