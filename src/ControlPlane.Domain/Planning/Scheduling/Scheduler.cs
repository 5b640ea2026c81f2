using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>
/// Finds nodes for the pods of one plan, one after the other: an ordered table of filters, then scores. A caller that takes the node enters the pod
/// with <see cref="Enter"/> before it asks for the next. While a scheduler is in use, pods come to the cluster that way alone, and none leaves it.
/// </summary>
public sealed class Scheduler(ClusterState cluster)
{
    /// <summary>So many rankings of all nodes are kept at a time, one for each kind of pod.</summary>
    private const int RankingsMax = 16;

    private readonly Dictionary<PodDemand, Ranking> rankings = [];

    /// <summary>The best node for a pod, or why none fits.</summary>
    public static Placement Place(Pod pod, ClusterState cluster) => new Scheduler(cluster).Place(pod);

    /// <summary>Why a pod fits on no node as the cluster is now; null when one would take it.</summary>
    public static Unschedulable? Explain(Pod pod, ClusterState cluster) => Place(pod, cluster).Why;

    /// <inheritdoc cref="Place(Pod, ClusterState)"/>
    public Placement Place(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        PodDemand demand = PodDemand.Of(pod, cluster.NodesKeepingPodsAway.Count > 0);
        if (!rankings.TryGetValue(demand, out Ranking? ranking))
        {
            if (rankings.Count == RankingsMax)
            {
                rankings.Clear();
            }

            ranking = new Ranking(PodFit.Of(pod, demand, cluster), cluster);
            rankings.Add(demand, ranking);
        }

        return ranking.Best();
    }

    /// <summary>Enters a pod on the node that it names, so that what is placed next sees it there.</summary>
    public void Enter(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        if (cluster.Find(pod.Spec.NodeName ?? "") is not { } node)
        {
            return;
        }

        bool wasNobodyKeptAway = cluster.NodesKeepingPodsAway.Count == 0;
        node.Add(pod);
        if (wasNobodyKeptAway && cluster.NodesKeepingPodsAway.Count > 0)
        {
            // From here on labels matter, which the demands so far leave out.
            rankings.Clear();
        }

        foreach (Ranking ranking in rankings.Values)
        {
            ranking.Enter(pod, node);
        }
    }
}

/// <param name="Node">The node chosen; null when none fits.</param>
/// <param name="Why">Why none fits; null when one does.</param>
public readonly record struct Placement(string? Node, Unschedulable? Why);
