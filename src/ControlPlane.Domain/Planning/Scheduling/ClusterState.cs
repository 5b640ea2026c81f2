using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>
/// The nodes and what their pods take. Terminating pods still count: their resources are free only when the agent has said so.
/// Mutable on purpose, and owned by one pass: each placement is entered before the next is decided.
/// </summary>
public sealed class ClusterState
{
    private readonly SortedDictionary<string, NodeState> nodes = new(StringComparer.Ordinal);
    private readonly HashSet<NodeState> nodesKeepingPodsAway = [];
    private readonly Dictionary<string, ValueMap<string>> namespaces = new(StringComparer.Ordinal);

    /// <summary>In name order.</summary>
    public IReadOnlyCollection<NodeState> Nodes => nodes.Values;

    /// <summary>Nodes that have pods with a required anti-affinity, in no order.</summary>
    internal IReadOnlyCollection<NodeState> NodesKeepingPodsAway => nodesKeepingPodsAway;

    public NodeState? Find(string node) => nodes.GetValueOrDefault(node);

    /// <summary>Enters a node, or its newer version; what its pods take stays.</summary>
    public NodeState SetNode(Node node)
    {
        if (nodes.TryGetValue(node.Name, out NodeState? state))
        {
            state.Node = node;
            return state;
        }

        state = new NodeState(node, nodesKeepingPodsAway);
        nodes.Add(node.Name, state);
        return state;
    }

    public void RemoveNode(string name)
    {
        if (nodes.Remove(name, out NodeState? state))
        {
            nodesKeepingPodsAway.Remove(state);
        }
    }

    /// <summary>Enters a namespace's labels, by which pod affinities can choose it.</summary>
    public void SetNamespace(Namespace item) => namespaces[item.Name] = item.Metadata.Labels;

    public void RemoveNamespace(string name) => namespaces.Remove(name);

    internal ValueMap<string> LabelsOfNamespace(string name) => namespaces.GetValueOrDefault(name);
}
