using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>
/// The nodes and what their pods take. Terminating pods still count: their resources are free only when the agent has said so.
/// Mutable on purpose, and owned by one pass: each placement is entered before the next is decided.
/// </summary>
public sealed class ClusterState
{
    private readonly SortedDictionary<string, NodeState> nodes = new(StringComparer.Ordinal);

    /// <summary>In name order.</summary>
    public IReadOnlyCollection<NodeState> Nodes => nodes.Values;

    public NodeState? Find(string node) => nodes.GetValueOrDefault(node);

    /// <summary>Enters a node, or its newer version; what its pods take stays.</summary>
    public NodeState SetNode(Node node)
    {
        if (nodes.TryGetValue(node.Name, out NodeState? state))
        {
            state.Node = node;
            return state;
        }

        state = new NodeState(node);
        nodes.Add(node.Name, state);
        return state;
    }

    public void RemoveNode(string name) => nodes.Remove(name);
}
