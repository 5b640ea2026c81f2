using System.Runtime.InteropServices;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>
/// How a ReplicaSet's pods are spread over zones where their template says nothing of it: by the label <c>topology.kubernetes.io/zone</c> of their nodes (Kubernetes: the default constraints of
/// podtopologyspread). Nodes without the label are a zone of their own. Kept up to date as pods are entered, for one plan.
/// </summary>
/// <remarks>
/// Worked example, zone a with two nodes and zone b with one: a pod counts ln 4 = 1,386 in its zone and ln 5 = 1,609 on its node. With one pod on the first node of each zone, that node counts
/// 2,995, and the other one of zone a 1,386: it is the next.
/// </remarks>
internal sealed class ZoneSpread
{
    /// <summary>A well-known label of Kubernetes'.</summary>
    private const string ZoneLabel = "topology.kubernetes.io/zone";

    private readonly string owner;
    private readonly Dictionary<string, int> pods = new(StringComparer.Ordinal);
    private readonly long zoneWeight;

    private ZoneSpread(string owner, ClusterState cluster)
    {
        this.owner = owner;
        foreach (NodeState node in cluster.Nodes)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(pods, ZoneOf(node), out _) += node.PodsOwnedBy(owner);
        }

        zoneWeight = SpreadWeight.Of(pods.Count);
        NodeWeight = SpreadWeight.Of(cluster.Nodes.Count);
    }

    /// <summary>What each pod of the ReplicaSet counts on its own node.</summary>
    public long NodeWeight { get; }

    /// <summary>Null where zones make no difference: for a pod without an owner or with topology spread constraints of its own, and where all nodes are in one zone.</summary>
    public static ZoneSpread? Of(Pod pod, PodDemand demand, ClusterState cluster)
    {
        if (demand.Owner is not { } owner || !pod.Spec.TopologySpreadConstraints.IsEmpty || AreInOneZone(cluster))
        {
            return null;
        }

        return new ZoneSpread(owner, cluster);
    }

    public static string ZoneOf(NodeState node) => node.Node.Metadata.Labels[ZoneLabel] ?? "";

    /// <summary>What the ReplicaSet's pods in a zone count there.</summary>
    public long CrowdIn(string zone) => pods[zone] * zoneWeight;

    /// <summary>Counts a pod that has come to a node.</summary>
    public void Enter(Pod other, NodeState node)
    {
        if (other.Metadata.Controller?.Uid == owner)
        {
            pods[ZoneOf(node)]++;
        }
    }

    private static bool AreInOneZone(ClusterState cluster)
    {
        string? first = null;
        foreach (NodeState node in cluster.Nodes)
        {
            string zone = ZoneOf(node);
            first ??= zone;
            if (!string.Equals(zone, first, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }
}
