using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>Finds a node for a pod: an ordered table of filters, then scores.</summary>
public static class Scheduler
{
    /// <summary>
    /// The best node for a pod, or why none fits (<c>0/3 nodes are available: 2 Insufficient cpu, 1 node(s) were unschedulable.</c>).
    /// Changes nothing; a caller that takes the node enters the pod with <see cref="NodeState.Add"/>.
    /// </summary>
    public static Placement Place(Pod pod, ClusterState cluster)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(cluster);
        return new Placement(null, "");
    }
}

/// <param name="Node">The node chosen; null when none fits.</param>
/// <param name="Reason">Why none fits; empty when one does.</param>
public readonly record struct Placement(string? Node, string Reason);
