using System.Globalization;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;

namespace ControlPlane.Api.Requests;

/// <summary>The status part of the kinds that have one.</summary>
internal static class ResourceStatus
{
    /// <summary>An object with another one's status.</summary>
    public static Resource WithStatusOf(Resource target, Resource source) => (target, source) switch
    {
        (Deployment to, Deployment from) => to with { Status = from.Status },
        (ReplicaSet to, ReplicaSet from) => to with { Status = from.Status },
        (Pod to, Pod from) => to with { Status = from.Status },
        (Node to, Node from) => to with { Status = from.Status },
        (Namespace to, Namespace from) => to with { Status = from.Status },
        (Service to, Service from) => to with { Status = from.Status },
        (PodDisruptionBudget to, PodDisruptionBudget from) => to with { Status = from.Status },
        (ResourceQuota to, ResourceQuota from) => to with { Status = from.Status },
        (RolloutPolicy to, RolloutPolicy from) => to with { Status = from.Status },
        _ => target,
    };

    /// <summary>A new object as it begins: what a client wrote as its status does not count.</summary>
    public static Resource Initial(Resource created) => created switch
    {
        Deployment deployment => deployment with { Status = new DeploymentStatus() },
        ReplicaSet replicaSet => replicaSet with { Status = new ReplicaSetStatus() },
        Pod pod => pod with { Status = new PodStatus { Phase = "Pending" } },
        Node node => node with { Status = new NodeStatus() },
        Namespace item => item with { Status = new NamespaceStatus { Phase = "Active" } },
        Service service => service with { Status = new ServiceStatus() },
        PodDisruptionBudget budget => budget with { Status = new PodDisruptionBudgetStatus() },
        ResourceQuota quota => quota with { Status = new ResourceQuotaStatus() },
        RolloutPolicy policy => policy with { Status = new RolloutPolicyStatus() },
        _ => created,
    };

    /// <summary>An object as the store holds it after a commit.</summary>
    public static Resource AtRevision(this Resource resource, long revision) => resource with
    {
        Metadata = resource.Metadata with { ResourceVersion = revision.ToString(CultureInfo.InvariantCulture) },
    };
}
