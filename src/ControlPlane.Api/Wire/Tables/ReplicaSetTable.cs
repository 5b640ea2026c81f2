using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Tables;

internal static class ReplicaSetTable
{
    public static TableDefinition Definition { get; } = TableDefinition.Of<ReplicaSet>(
        [
            TableColumn.NameColumn,
            TableColumn.Number("Desired", "Pods that are wanted."),
            TableColumn.Number("Current", "Pods that exist."),
            TableColumn.Number("Ready", "Pods that are ready."),
            TableColumn.Age,
            .. WorkloadCells.Columns,
        ],
        (replicaSet, now) =>
        [
            replicaSet.Name,
            (long)(replicaSet.Spec.Replicas ?? 0),
            (long)(replicaSet.Status?.Replicas ?? 0),
            (long)(replicaSet.Status?.ReadyReplicas ?? 0),
            Ages.Since(replicaSet.Metadata.CreationTimestamp, now),
            .. WorkloadCells.Of(replicaSet.Spec.Template, replicaSet.Spec.Selector),
        ]);
}
