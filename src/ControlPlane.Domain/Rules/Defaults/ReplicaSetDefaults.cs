using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Rules.Defaults;

/// <summary>The defaults of apps/v1 ReplicaSets.</summary>
internal static class ReplicaSetDefaults
{
    public static ReplicaSet Apply(ReplicaSet replicaSet) => replicaSet with
    {
        Spec = replicaSet.Spec with
        {
            Replicas = replicaSet.Spec.Replicas ?? 1,
            MinReadySeconds = replicaSet.Spec.MinReadySeconds.ZeroAsAbsent(),
            Template = PodTemplateDefaults.Apply(replicaSet.Spec.Template),
        },
    };
}
