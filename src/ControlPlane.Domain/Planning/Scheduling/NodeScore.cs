using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>How well a node that fits suits a pod. Lower is better, field by field: the first that differs decides.</summary>
/// <param name="AvoidableTaints">Taints of effect PreferNoSchedule that the pod does not tolerate.</param>
/// <param name="NodeWeightMissed">The weights of what the pod prefers that the node does not have.</param>
/// <param name="PodWeightMissed">The weights of the pods it would rather be away from there, less those of the pods it would rather be near.</param>
/// <param name="Crowd">The pods that the topology spread constraints that are only wished for count in its places, weighed.</param>
/// <param name="Siblings">The pods of the same ReplicaSet there, and in its zone where that makes a difference, weighed: so that they spread.</param>
/// <param name="UsedPermille">How full the node would be.</param>
/// <param name="Pods">How many pods take room there.</param>
/// <param name="Place">The node's place by name.</param>
internal readonly record struct NodeScore(
    int AvoidableTaints, int NodeWeightMissed, int PodWeightMissed, long Crowd, long Siblings, long UsedPermille, int Pods, int Place)
    : IComparable<NodeScore>
{
    /// <summary>What a pod without requests is taken to use when nodes are compared (Kubernetes: 100m CPU, 200 MB).</summary>
    private static readonly PodRequests Assumed = new(100, 200 * 1024 * 1024);

    /// <summary>A node's score among those of its own zone, which no pod that comes elsewhere changes.</summary>
    public static NodeScore Of(PodFit pod, NodeState node, int place) => new(
        NodeFilter.CountAvoidableTaints(pod.Demand, node),
        WeightMissed(pod.Demand, node),
        -(pod.Affinity?.WeightAt(node) ?? 0),
        pod.Spread?.CrowdAt(node) ?? 0,
        pod.Demand.Owner is { } owner ? node.PodsOwnedBy(owner) * (pod.Zones?.NodeWeight ?? 1) : 0,
        PermilleUsed(pod.Demand.Requests, node),
        node.TakingPods,
        place);

    public int CompareTo(NodeScore other)
    {
        int order = AvoidableTaints.CompareTo(other.AvoidableTaints);
        order = order != 0 ? order : NodeWeightMissed.CompareTo(other.NodeWeightMissed);
        order = order != 0 ? order : PodWeightMissed.CompareTo(other.PodWeightMissed);
        order = order != 0 ? order : Crowd.CompareTo(other.Crowd);
        order = order != 0 ? order : Siblings.CompareTo(other.Siblings);
        order = order != 0 ? order : UsedPermille.CompareTo(other.UsedPermille);
        order = order != 0 ? order : Pods.CompareTo(other.Pods);
        return order != 0 ? order : Place.CompareTo(other.Place);
    }

    /// <summary>Worked example: <c>disk=ssd</c> with weight 80 and <c>zone=a</c> with weight 20; a node with the disk in zone b misses 20.</summary>
    private static int WeightMissed(PodDemand pod, NodeState node)
    {
        int missed = 0;
        if (pod.Affinity?.NodeAffinity is { } affinity)
        {
            foreach (PreferredSchedulingTerm term in affinity.PreferredDuringSchedulingIgnoredDuringExecution.AsSpan())
            {
                missed += term.Preference.Matches(node.Node) ? 0 : term.Weight;
            }
        }

        return missed;
    }

    /// <summary>
    /// The mean of CPU and memory with the pod on the node. Worked example: 4 CPU with 1 requested, 8 GiB with 2 GiB requested, a pod of 1 CPU
    /// and 2 GiB: (2/4 + 4/8) / 2 = 500 ‰.
    /// </summary>
    private static long PermilleUsed(PodRequests requests, NodeState node)
    {
        long cpu = node.RequestedCpuMilli + (requests.CpuMilli == 0 ? Assumed.CpuMilli : requests.CpuMilli);
        long memory = node.RequestedMemoryBytes + (requests.MemoryBytes == 0 ? Assumed.MemoryBytes : requests.MemoryBytes);
        return (Permille(cpu, node.AllocatableCpuMilli) + Permille(memory, node.AllocatableMemoryBytes)) / 2;
    }

    private static long Permille(long used, long of) => of <= 0 ? 1000 : (long)(1000.0 * used / of);
}
