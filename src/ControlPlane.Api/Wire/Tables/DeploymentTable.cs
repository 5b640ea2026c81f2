using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Tables;

internal static class DeploymentTable
{
    public static TableDefinition Definition { get; } = TableDefinition.Of<Deployment>(
        [
            TableColumn.NameColumn,
            TableColumn.Text("Ready", "Pods that are ready, of those wanted."),
            TableColumn.Text("Up-to-date", "Pods of the current template."),
            TableColumn.Text("Available", "Pods that have been ready for minReadySeconds."),
            TableColumn.Age,
            .. WorkloadCells.Columns,
        ],
        (deployment, now) =>
        [
            deployment.Name,
            $"{deployment.Status?.ReadyReplicas ?? 0}/{deployment.Spec.Replicas ?? 0}",
            (long)(deployment.Status?.UpdatedReplicas ?? 0),
            (long)(deployment.Status?.AvailableReplicas ?? 0),
            Ages.Since(deployment.Metadata.CreationTimestamp, now),
            .. WorkloadCells.Of(deployment.Spec.Template, deployment.Spec.Selector),
        ]);
}
