using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>
/// The nodes that take alike pods, best first. Kept for all of them: while one plan is made, pods only come to nodes, which makes a node worse
/// or unfit and never better. So a node's score may be out of date on the good side only, and is looked at again when the node is in front.
/// 5,000 alike pods on 5,000 nodes cost about 10,000 looks at a node instead of 25,000,000. Where a pod that comes can make a node better
/// (<see cref="PodFit.OnlyGetsWorse"/>), all nodes are looked at for each pod.
/// </summary>
internal sealed class Ranking(PodFit pod, ClusterState cluster)
{
    /// <summary>A queue of all nodes costs about as much as looking at all of them six times, so it is made for more pods than that.</summary>
    private const int PodsWithoutQueueMax = 6;

    private PriorityQueue<NodeState, NodeScore>? queue;
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
            queue ??= new PriorityQueue<NodeState, NodeScore>(Fitting());
        }

        NodeState? best = queue is null ? BestOfAll() : Front(queue);
        return best is not null ? new Placement(best.Node.Name, null) : new Placement(null, whyNone = NodeFilter.Explain(pod, cluster));
    }

    /// <summary>Takes note of a pod that has come to a node.</summary>
    public void Enter(Pod entered, NodeState node)
    {
        pod.Enter(entered, node);
        whyNone = pod.OnlyGetsWorse ? whyNone : null;
    }

    private NodeState? Front(PriorityQueue<NodeState, NodeScore> nodes)
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
                return node;
            }

            nodes.DequeueEnqueue(node, score);
        }

        return null;
    }

    private NodeState? BestOfAll()
    {
        (NodeState? Node, NodeScore Score) best = default;
        foreach ((NodeState node, NodeScore score) in Fitting())
        {
            if (best.Node is null || score.CompareTo(best.Score) < 0)
            {
                best = (node, score);
            }
        }

        return best.Node;
    }

    private IEnumerable<(NodeState Node, NodeScore Score)> Fitting()
    {
        int place = 0;
        foreach (NodeState node in cluster.Nodes)
        {
            if (NodeFilter.FirstFailed(pod, node) is null)
            {
                yield return (node, NodeScore.Of(pod, node, place));
            }

            place++;
        }
    }
}
