using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Rules.Defaults;

/// <summary>The defaults of Nodes: all of the capacity may be requested unless the node says otherwise.</summary>
internal static class NodeDefaults
{
    public static Node Apply(Node node) => node with
    {
        Spec = (node.Spec ?? new NodeSpec()) with { Unschedulable = (node.Spec?.Unschedulable).FalseAsAbsent() },
        Status = node.Status is { Allocatable.IsEmpty: true } status ? status with { Allocatable = status.Capacity } : node.Status,
    };
}
