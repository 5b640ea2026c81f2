using System.Collections.Frozen;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;

namespace ControlPlane.Api.Wire.Schemas;

/// <summary>How a strategic merge patch treats a field.</summary>
/// <param name="Strategy">Kubernetes' words: <c>merge</c>, <c>replace</c>, <c>retainKeys</c>, <c>merge,retainKeys</c>.</param>
/// <param name="MergeKey">The member that tells a list's elements apart; null for lists of plain values.</param>
internal sealed record PatchStrategy(string Strategy, string? MergeKey)
{
    /// <summary>Whether an object is replaced whole; otherwise a patch changes its members.</summary>
    public bool ReplacesObject => Strategy == "replace";

    /// <summary>Whether a list is merged by element; otherwise a patch replaces it.</summary>
    public bool MergesList => Strategy.StartsWith("merge", StringComparison.Ordinal);
}

/// <summary>
/// The patch strategies of the fields that have one, as Kubernetes' types declare them (<c>patchStrategy</c> and <c>patchMergeKey</c>
/// in k8s.io/api). Every other list is replaced whole: a node's taints, tolerations, match expressions, commands.
/// </summary>
internal static class PatchStrategies
{
    private static readonly FrozenDictionary<(Type, string), PatchStrategy> ByField = new Dictionary<(Type, string), PatchStrategy>
    {
        [(typeof(ObjectMeta), "ownerReferences")] = new("merge", "uid"),
        [(typeof(ObjectMeta), "finalizers")] = new("merge", null),
        [(typeof(PodSpec), "volumes")] = new("merge,retainKeys", "name"),
        [(typeof(PodSpec), "initContainers")] = new("merge", "name"),
        [(typeof(PodSpec), "containers")] = new("merge", "name"),
        [(typeof(PodSpec), "ephemeralContainers")] = new("merge", "name"),
        [(typeof(PodSpec), "imagePullSecrets")] = new("merge", "name"),
        [(typeof(PodSpec), "hostAliases")] = new("merge", "ip"),
        [(typeof(PodSpec), "topologySpreadConstraints")] = new("merge", "topologyKey"),
        [(typeof(PodSpec), "schedulingGates")] = new("merge", "name"),
        [(typeof(PodSpec), "resourceClaims")] = new("merge,retainKeys", "name"),
        [(typeof(Container), "ports")] = new("merge", "containerPort"),
        [(typeof(Container), "env")] = new("merge", "name"),
        [(typeof(Container), "volumeMounts")] = new("merge", "mountPath"),
        [(typeof(Container), "volumeDevices")] = new("merge", "devicePath"),
        [(typeof(PodStatus), "conditions")] = new("merge", "type"),
        [(typeof(PodStatus), "hostIPs")] = new("merge", "ip"),
        [(typeof(PodStatus), "podIPs")] = new("merge", "ip"),
        [(typeof(PodStatus), "resourceClaimStatuses")] = new("merge,retainKeys", "name"),
        [(typeof(DeploymentSpec), "strategy")] = new("retainKeys", null),
        [(typeof(DeploymentStatus), "conditions")] = new("merge", "type"),
        [(typeof(ReplicaSetStatus), "conditions")] = new("merge", "type"),
        [(typeof(NamespaceStatus), "conditions")] = new("merge", "type"),
        [(typeof(NodeSpec), "podCIDRs")] = new("merge", null),
        [(typeof(NodeStatus), "conditions")] = new("merge", "type"),
        [(typeof(NodeStatus), "addresses")] = new("merge", "type"),
        [(typeof(ServiceAccount), "secrets")] = new("merge", "name"),
        [(typeof(ServiceSpec), "ports")] = new("merge", "port"),
        [(typeof(ServiceStatus), "conditions")] = new("merge", "type"),
        [(typeof(PodDisruptionBudgetSpec), "selector")] = new("replace", null),
        [(typeof(PodDisruptionBudgetStatus), "conditions")] = new("merge", "type"),
        [(typeof(RolloutPolicySpec), "selector")] = new("replace", null),
        [(typeof(RolloutPolicyStatus), "conditions")] = new("merge", "type"),
    }.ToFrozenDictionary();

    public static PatchStrategy? Find(Type record, string field) => ByField.GetValueOrDefault((record, field));
}
