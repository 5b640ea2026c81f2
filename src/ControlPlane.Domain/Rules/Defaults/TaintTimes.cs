using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Rules.Defaults;

/// <summary>Since when a node has its taints of effect NoExecute: how long a pod has tolerated one is counted from then (Kubernetes API, Taint timeAdded).</summary>
internal static class TaintTimes
{
    /// <summary>The node with the time filled in for taints that are new; one that is as it was keeps its own.</summary>
    public static Node Apply(Node node, Node? stored, DateTimeOffset now) => node.Spec is not { } spec || spec.Taints.IsEmpty
        ? node
        : node with { Spec = spec with { Taints = spec.Taints.Select(taint => WithTime(taint, stored?.Spec?.Taints ?? default, now)).ToValueList() } };

    private static Taint WithTime(Taint taint, ValueList<Taint> stored, DateTimeOffset now) => taint is not { Effect: "NoExecute", TimeAdded: null }
        ? taint
        : taint with { TimeAdded = stored.FirstOrDefault(known => known with { TimeAdded = null } == taint)?.TimeAdded ?? now };
}
