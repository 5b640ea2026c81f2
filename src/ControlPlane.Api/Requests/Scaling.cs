using ControlPlane.Api.Wire.Selectors;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Requests;

/// <summary>The <c>scale</c> subresource of the kinds that have replicas.</summary>
internal static class Scaling
{
    /// <summary>An object as its scale.</summary>
    public static Scale ScaleOf(Resource resource)
    {
        (int? replicas, int actual, LabelSelector? selector) = resource switch
        {
            Deployment deployment => (deployment.Spec.Replicas, deployment.Status?.Replicas ?? 0, deployment.Spec.Selector),
            ReplicaSet replicaSet => (replicaSet.Spec.Replicas, replicaSet.Status?.Replicas ?? 0, replicaSet.Spec.Selector),
            _ => throw new ArgumentException($"{resource.GetType().Name} has no scale", nameof(resource)),
        };
        return new Scale
        {
            ApiVersion = "autoscaling/v1",
            Kind = "Scale",
            Metadata = new ObjectMeta
            {
                Name = resource.Name,
                Namespace = resource.Namespace,
                Uid = resource.Uid,
                ResourceVersion = resource.Metadata.ResourceVersion,
                CreationTimestamp = resource.Metadata.CreationTimestamp,
            },
            Spec = new ScaleSpec { Replicas = replicas },
            Status = new ScaleStatus { Replicas = actual, Selector = LabelSelectorFormat.ToQuery(selector) },
        };
    }

    /// <summary>An object with the replicas of a scale.</summary>
    public static Resource WithReplicas(Resource resource, int replicas) => resource switch
    {
        Deployment deployment => deployment with { Spec = deployment.Spec with { Replicas = replicas } },
        ReplicaSet replicaSet => replicaSet with { Spec = replicaSet.Spec with { Replicas = replicas } },
        _ => throw new ArgumentException($"{resource.GetType().Name} has no scale", nameof(resource)),
    };
}
