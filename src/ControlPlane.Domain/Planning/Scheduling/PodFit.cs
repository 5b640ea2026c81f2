using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>All that filters and scores ask about a pod: its demand, and what its rules about other pods see of the cluster.</summary>
/// <param name="Demand">What it asks of a node by itself.</param>
/// <param name="Affinity">Null where no pod affinity concerns it.</param>
/// <param name="Spread">Null where it has no topology spread constraints.</param>
internal sealed record PodFit(PodDemand Demand, PodAffinityView? Affinity, SpreadView? Spread)
{
    /// <summary>
    /// Whether pods that come to the cluster can only make nodes worse for this one, so that a ranking of nodes holds: not where a pod wants to be near others, and
    /// not where the emptiest place decides.
    /// </summary>
    public bool OnlyGetsWorse => Spread is null && Demand.Affinity?.PodAffinity is null;

    public static PodFit Of(Pod pod, PodDemand demand, ClusterState cluster) =>
        new(demand, PodAffinityView.Of(pod, cluster), SpreadView.Of(pod, demand, cluster));

    /// <summary>Takes note of a pod that has come to a node.</summary>
    public void Enter(Pod pod, NodeState node)
    {
        Affinity?.Enter(pod, node);
        Spread?.Enter(pod, node);
    }
}
