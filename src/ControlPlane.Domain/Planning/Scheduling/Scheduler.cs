using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>Finds a node for a pod: an ordered table of filters, then scores.</summary>
public static class Scheduler
{
    /// <summary>What a pod without requests is taken to use when nodes are compared (Kubernetes: 100m CPU, 200 MB).</summary>
    private static readonly PodRequests Assumed = new(100, 200 * 1024 * 1024);

    /// <summary>
    /// The best node for a pod, or why none fits.
    /// Changes nothing; a caller that takes the node enters the pod with <see cref="NodeState.Add"/>.
    /// </summary>
    public static Placement Place(Pod pod, ClusterState cluster)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(cluster);
        PodDemand demand = PodDemand.Of(pod);
        NodeState? best = null;
        NodeScore bestScore = default;
        foreach (NodeState node in cluster.Nodes)
        {
            if (FirstFailed(demand, node) is null)
            {
                NodeScore score = Score(demand, node);
                if (best is null || score.CompareTo(bestScore) < 0)
                {
                    best = node;
                    bestScore = score;
                }
            }
        }

        return best is null ? new Placement(null, Explain(demand, cluster)) : new Placement(best.Node.Name, null);
    }

    /// <summary>Why a pod fits on no node as the cluster is now; null when one would take it.</summary>
    public static Unschedulable? Explain(Pod pod, ClusterState cluster) => Place(pod, cluster).Why;

    private static NodeFilter? FirstFailed(PodDemand pod, NodeState node)
    {
        foreach (NodeFilter filter in NodeFilter.Table.AsSpan())
        {
            if (!filter.Passes(pod, node))
            {
                return filter;
            }
        }

        return null;
    }

    private static NodeScore Score(PodDemand pod, NodeState node) => new(
        NodeFilter.CountAvoidableTaints(pod, node),
        pod.Pod.Metadata.Controller is { } owner ? node.PodsOwnedBy(owner.Uid) : 0,
        UsedPermille(pod.Requests, node),
        node.TakingPods);

    /// <summary>
    /// How full a node would be, the mean of CPU and memory. Worked example: 4 CPU with 1 requested, 8 GiB with 2 GiB requested, a pod of 1 CPU
    /// and 2 GiB: (2/4 + 4/8) / 2 = 500 ‰.
    /// </summary>
    private static long UsedPermille(PodRequests requests, NodeState node)
    {
        long cpu = node.RequestedCpuMilli + (requests.CpuMilli == 0 ? Assumed.CpuMilli : requests.CpuMilli);
        long memory = node.RequestedMemoryBytes + (requests.MemoryBytes == 0 ? Assumed.MemoryBytes : requests.MemoryBytes);
        return (Permille(cpu, node.AllocatableCpuMilli) + Permille(memory, node.AllocatableMemoryBytes)) / 2;
    }

    private static long Permille(long used, long of) => of <= 0 ? 1000 : (long)(1000.0 * used / of);

    private static Unschedulable Explain(PodDemand pod, ClusterState cluster) =>
        Unschedulable.Of(cluster.Nodes.Count, cluster.Nodes.SelectMany(node => FirstFailed(pod, node)?.Reasons(pod, node) ?? []));

    /// <summary>Lower is better, field by field: first what is compared first. Ties go to the node that is first by name.</summary>
    private readonly record struct NodeScore(int AvoidableTaints, int PodsOfSameOwner, long UsedPermille, int Pods) : IComparable<NodeScore>
    {
        public int CompareTo(NodeScore other)
        {
            int order = AvoidableTaints.CompareTo(other.AvoidableTaints);
            order = order != 0 ? order : PodsOfSameOwner.CompareTo(other.PodsOfSameOwner);
            order = order != 0 ? order : UsedPermille.CompareTo(other.UsedPermille);
            return order != 0 ? order : Pods.CompareTo(other.Pods);
        }
    }
}

/// <param name="Node">The node chosen; null when none fits.</param>
/// <param name="Why">Why none fits; null when one does.</param>
public readonly record struct Placement(string? Node, Unschedulable? Why);
