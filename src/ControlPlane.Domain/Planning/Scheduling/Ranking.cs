using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>
/// The nodes that take alike pods, best first. Kept for all of them: while one plan is made, pods only come to nodes, which makes a node worse
/// or unfit and never better. So a node's score may be out of date on the good side only, and is looked at again when the node is in front.
/// 5,000 alike pods on 5,000 nodes cost about 10,000 looks at a node instead of 25,000,000. What a pod adds to the score of all nodes of its zone is kept apart: each zone has its
/// nodes in a queue, by what their scores are within it, and the zones' best are held against each other. Where a pod that comes can make a node better
/// (<see cref="PodFit.OnlyGetsWorse"/>), all nodes are looked at for each pod.
/// </summary>
internal sealed class Ranking(PodFit pod, ClusterState cluster)
{
    /// <summary>A queue of all nodes costs about as much as looking at all of them six times, so it is made for more pods than that.</summary>
    private const int PodsWithoutQueueMax = 6;

    /// <summary>A zone, and its nodes by their scores within it; a single one without a name where zones make no difference.</summary>
    private Dictionary<string, PriorityQueue<NodeState, NodeScore>>? queues;

    private int pods;
    private Unschedulable? whyNone;

    /// <summary>The best node as the cluster is now, or why none takes the pod.</summary>
    public Placement Best()
    {
        if (whyNone is not null)
        {
            return new Placement(null, whyNone);
        }

        if (pod.OnlyGetsWorse && ++pods > PodsWithoutQueueMax)
        {
            queues ??= Fitting()
                .GroupBy(fitting => fitting.Zone, StringComparer.Ordinal)
                .ToDictionary(zone => zone.Key, zone => new PriorityQueue<NodeState, NodeScore>(zone.Select(fitting => (fitting.Node, fitting.Score))), StringComparer.Ordinal);
        }

        NodeState? best = BestOf(queues is null ? Fitting() : Fronts(queues));
        return best is not null ? new Placement(best.Node.Name, null) : new Placement(null, whyNone = NodeFilter.Explain(pod, cluster));
    }

    /// <summary>Takes note of a pod that has come to a node.</summary>
    public void Enter(Pod entered, NodeState node)
    {
        pod.Enter(entered, node);
        whyNone = pod.OnlyGetsWorse ? whyNone : null;
    }

    private IEnumerable<(NodeState Node, NodeScore Score, string Zone)> Fronts(Dictionary<string, PriorityQueue<NodeState, NodeScore>> zones)
    {
        foreach ((string zone, PriorityQueue<NodeState, NodeScore> nodes) in zones)
        {
            if (Front(nodes) is (NodeState node, NodeScore score))
            {
                yield return (node, score, zone);
            }
        }
    }

    private (NodeState Node, NodeScore Score)? Front(PriorityQueue<NodeState, NodeScore> nodes)
    {
        while (nodes.TryPeek(out NodeState? node, out NodeScore known))
        {
            if (NodeFilter.FirstFailed(pod, node) is not null)
            {
                nodes.Dequeue();
                continue;
            }

            NodeScore score = NodeScore.Of(pod, node, known.Place);
            if (score == known)
            {
                return (node, score);
            }

            nodes.DequeueEnqueue(node, score);
        }

        return null;
    }

    private NodeState? BestOf(IEnumerable<(NodeState Node, NodeScore Score, string Zone)> nodes)
    {
        (NodeState? Node, NodeScore Score) best = default;
        foreach ((NodeState node, NodeScore within, string zone) in nodes)
        {
            NodeScore score = pod.AmongZones(within, zone);
            if (best.Node is null || score.CompareTo(best.Score) < 0)
            {
                best = (node, score);
            }
        }

        return best.Node;
    }

    private IEnumerable<(NodeState Node, NodeScore Score, string Zone)> Fitting()
    {
        int place = 0;
        foreach (NodeState node in cluster.Nodes)
        {
            if (NodeFilter.FirstFailed(pod, node) is null)
            {
                yield return (node, NodeScore.Of(pod, node, place), pod.Zones is null ? "" : ZoneSpread.ZoneOf(node));
            }

            place++;
        }
    }
}
