using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Tables;

/// <summary>The <c>scale</c> of a workload as a row: what <c>kubectl get --subresource=scale</c> prints.</summary>
internal static class ScaleTable
{
    public static TableDefinition Definition { get; } = TableDefinition.Of<Scale>(
        [
            TableColumn.NameColumn,
            TableColumn.Number("Desired", "How many pods are wanted."),
            TableColumn.Number("Available", "How many pods there are."),
            TableColumn.Age,
        ],
        (scale, now) => [scale.Name, (long)(scale.Spec.Replicas ?? 0), (long)(scale.Status?.Replicas ?? 0), Ages.Since(scale.Metadata.CreationTimestamp, now)]);
}
