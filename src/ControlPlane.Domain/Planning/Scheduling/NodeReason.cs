using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>Why one node does not take a pod.</summary>
internal readonly record struct NodeReason(string Subject, string Text)
{
    /// <summary>The reasons of all nodes together.</summary>
    public static Unschedulable Count(int nodes, IEnumerable<NodeReason> reasons) => new(
        nodes,
        reasons
            .CountBy(reason => reason)
            .Select(entry => new UnschedulableReason(entry.Value, entry.Key.Subject, entry.Key.Text))
            .OrderByDescending(reason => reason.Nodes)
            .ThenBy(reason => reason.Text, StringComparer.Ordinal)
            .ToValueList());
}
