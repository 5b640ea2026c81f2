using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>One rule that a node must pass to take a pod.</summary>
/// <param name="Name">What the rule is about (Kubernetes' scheduler plugins, where there is one).</param>
/// <param name="Passes">Whether a pod may go to a node.</param>
/// <param name="Reasons">Why not, in Kubernetes' words; asked only when no node passes.</param>
internal sealed record NodeFilter(string Name, Func<PodFit, NodeState, bool> Passes, Func<PodFit, NodeState, IEnumerable<NodeReason>> Reasons)
{
    /// <summary>What a cordon stands for.</summary>
    private static readonly Taint Cordon = new() { Key = Tolerations.UnschedulableKey, Effect = "NoSchedule" };

    /// <summary>In the order they are tried; a node is counted under the first it fails.</summary>
    public static ValueList<NodeFilter> Table { get; } =
    [
        new("NodeUnschedulable", static (pod, node) => IsSchedulable(pod.Demand, node), Because("cordoned", "node(s) were unschedulable")),
        new("NodeReady", static (_, node) => node.IsReady, Because("not ready", "node(s) were not ready")),
        new("TaintToleration", static (pod, node) => FindUntolerated(pod.Demand, node) is null, static (pod, node) => NameTheTaint(pod.Demand, node)),
        new("NodeAffinity", static (pod, node) => MatchesNodeAffinity(pod.Demand, node), Because("node affinity", "node(s) didn't match Pod's node affinity/selector")),
        new("NodePorts", static (pod, node) => HasFreePorts(pod.Demand, node), Because("host ports", "node(s) didn't have free ports for the requested pod ports")),
        new("NodeResourcesFit", static (pod, node) => FitsResources(pod.Demand, node), static (pod, node) => MissingResources(pod.Demand, node)),
        new("TopologyLabels", static (pod, node) => pod.Spread?.HasPlace(node) != false,
            Because("topology label", "node(s) didn't match pod topology spread constraints (missing required label)")),
        new("PodTopologySpread", static (pod, node) => pod.Spread?.KeepsSkew(node) != false, Because("topology spread", "node(s) didn't match pod topology spread constraints")),
        new("PodAffinity", static (pod, node) => pod.Affinity?.IsNearRequired(node) != false, Because("pod affinity", "node(s) didn't match pod affinity rules")),
        new("PodAntiAffinity", static (pod, node) => pod.Affinity?.IsAwayFromAvoided(node) != false,
            Because("pod anti-affinity", "node(s) didn't match pod anti-affinity rules")),
        new("ExistingAntiAffinity", static (pod, node) => pod.Affinity?.IsAllowedByOthers(node) != false,
            Because("anti-affinity of pods there", "node(s) didn't satisfy existing pods anti-affinity rules")),
    ];

    /// <summary>The first filter that a node fails; null when it takes the pod.</summary>
    public static NodeFilter? FirstFailed(PodFit pod, NodeState node)
    {
        foreach (NodeFilter filter in Table.AsSpan())
        {
            if (!filter.Passes(pod, node))
            {
                return filter;
            }
        }

        return null;
    }

    /// <summary>Why no node takes a pod.</summary>
    public static Unschedulable Explain(PodFit pod, ClusterState cluster) =>
        NodeReason.Count(cluster.Nodes.Count, cluster.Nodes.SelectMany(node => FirstFailed(pod, node)?.Reasons(pod, node) ?? []));

    /// <summary>How many taints that should rather be avoided a pod would meet on a node.</summary>
    public static int CountAvoidableTaints(PodDemand pod, NodeState node)
    {
        int count = 0;
        foreach (Taint taint in Taints(node))
        {
            count += taint.Effect == "PreferNoSchedule" && Tolerations.Find(pod.Tolerations, taint) is null ? 1 : 0;
        }

        return count;
    }

    /// <summary>Whether a node takes pods at all, and has no taint against this one.</summary>
    public static bool IsOpenTo(PodDemand pod, NodeState node) => IsSchedulable(pod, node) && node.IsReady && FindUntolerated(pod, node) is null;

    /// <summary>Whether the pod's node selector and required node affinity match.</summary>
    public static bool MatchesNodeAffinity(PodDemand pod, NodeState node)
    {
        foreach (KeyValuePair<string, string> wanted in pod.NodeSelector)
        {
            if (!string.Equals(node.Node.Metadata.Labels[wanted.Key], wanted.Value, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return pod.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution is not { } required || required.Matches(node.Node);
    }

    private static bool IsSchedulable(PodDemand pod, NodeState node) =>
        node.Node.Spec?.Unschedulable != true || Tolerations.Find(pod.Tolerations, Cordon) is not null;

    private static bool HasFreePorts(PodDemand pod, NodeState node)
    {
        foreach (HostPort port in pod.HostPorts.AsSpan())
        {
            if (node.HasPortConflict(port))
            {
                return false;
            }
        }

        return true;
    }

    private static bool FitsResources(PodDemand pod, NodeState node) => FitsPods(node) && FitsCpu(pod, node) && FitsMemory(pod, node);

    private static IEnumerable<NodeReason> MissingResources(PodDemand pod, NodeState node)
    {
        if (!FitsPods(node))
        {
            yield return new NodeReason("pods", "Too many pods");
        }

        if (!FitsCpu(pod, node))
        {
            yield return new NodeReason("cpu", "Insufficient cpu");
        }

        if (!FitsMemory(pod, node))
        {
            yield return new NodeReason("memory", "Insufficient memory");
        }
    }

    private static bool FitsPods(NodeState node) => node.TakingPods < node.AllocatablePods;

    /// <summary>A pod that asks for none of a resource fits even where that resource is overdrawn.</summary>
    private static bool FitsCpu(PodDemand pod, NodeState node) =>
        pod.Requests.CpuMilli == 0 || node.RequestedCpuMilli + pod.Requests.CpuMilli <= node.AllocatableCpuMilli;

    private static bool FitsMemory(PodDemand pod, NodeState node) =>
        pod.Requests.MemoryBytes == 0 || node.RequestedMemoryBytes + pod.Requests.MemoryBytes <= node.AllocatableMemoryBytes;

    private static IEnumerable<NodeReason> NameTheTaint(PodDemand pod, NodeState node) =>
        FindUntolerated(pod, node) is { } taint ? [new NodeReason($"taint {taint.Key}", $"node(s) had untolerated taint {{{taint.Key}: {taint.Value}}}")] : [];

    private static Taint? FindUntolerated(PodDemand pod, NodeState node)
    {
        foreach (Taint taint in Taints(node))
        {
            if (taint.Effect is "NoSchedule" or "NoExecute" && Tolerations.Find(pod.Tolerations, taint) is null)
            {
                return taint;
            }
        }

        return null;
    }

    private static ReadOnlySpan<Taint> Taints(NodeState node) => node.Node.Spec is { } spec ? spec.Taints.AsSpan() : default;

    private static Func<PodFit, NodeState, IEnumerable<NodeReason>> Because(string subject, string text) => (_, _) => [new NodeReason(subject, text)];
}
