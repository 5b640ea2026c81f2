using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Tables;

internal static class PodDisruptionBudgetTable
{
    private const string None = "N/A";

    public static TableDefinition Definition { get; } = TableDefinition.Of<PodDisruptionBudget>(
        [
            TableColumn.NameColumn,
            TableColumn.Text("Min Available", "Pods that evictions must leave."),
            TableColumn.Text("Max Unavailable", "Pods that may be missing."),
            TableColumn.Number("Allowed Disruptions", "Evictions that are allowed now."),
            TableColumn.Age,
        ],
        (budget, now) =>
        [
            budget.Name,
            budget.Spec.MinAvailable?.ToString() ?? None,
            budget.Spec.MaxUnavailable?.ToString() ?? None,
            (long)(budget.Status?.DisruptionsAllowed ?? 0),
            Ages.Since(budget.Metadata.CreationTimestamp, now),
        ]);
}
