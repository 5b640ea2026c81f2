using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>All that filters and scores ask about a pod: its demand, and what its rules about other pods see of the cluster.</summary>
/// <param name="Demand">What it asks of a node by itself.</param>
/// <param name="Affinity">Null where no pod affinity concerns it.</param>
/// <param name="Spread">Null where it has no topology spread constraints.</param>
/// <param name="Zones">Null where zones make no difference.</param>
internal sealed record PodFit(PodDemand Demand, PodAffinityView? Affinity, SpreadView? Spread, ZoneSpread? Zones)
{
    /// <summary>
    /// Whether pods that come to the cluster can only make nodes worse for this one, so that a ranking of nodes holds: not where a pod wants to be near others, and
    /// not where the emptiest place decides.
    /// </summary>
    public bool OnlyGetsWorse => Spread is null && Demand.Affinity?.PodAffinity is null;

    public static PodFit Of(Pod pod, PodDemand demand, ClusterState cluster) =>
        new(demand, PodAffinityView.Of(pod, cluster), SpreadView.Of(pod, demand, cluster), ZoneSpread.Of(pod, demand, cluster));

    /// <summary>A node's score among those of all zones.</summary>
    /// <param name="score">Its score among those of its own zone.</param>
    /// <param name="zone">Its zone.</param>
    public NodeScore AmongZones(NodeScore score, string zone) => Zones is null ? score : score with { Siblings = score.Siblings + Zones.CrowdIn(zone) };

    /// <summary>Takes note of a pod that has come to a node.</summary>
    public void Enter(Pod pod, NodeState node)
    {
        Affinity?.Enter(pod, node);
        Spread?.Enter(pod, node);
        Zones?.Enter(pod, node);
    }
}
