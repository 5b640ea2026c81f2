using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;

namespace ControlPlane.Api.Wire.Tables;

internal static class RolloutPolicyTable
{
    public static TableDefinition Definition { get; } = TableDefinition.Of<RolloutPolicy>(
        [
            TableColumn.NameColumn,
            TableColumn.Text("Strategy", "How a new revision takes over."),
            TableColumn.Text("For", "Which Deployments it is for."),
            TableColumn.Text("Accepted", "Whether it is the one policy for each of its Deployments."),
            TableColumn.Number("Deployments", "How many Deployments it is for."),
            TableColumn.Number("Rolling", "How many of them are on their way to a new revision."),
            TableColumn.Age,
        ],
        (policy, now) =>
        [
            policy.Name,
            policy.Spec.Strategy?.Type ?? "<own>",
            policy.Spec.TargetRef?.Name ?? (policy.Spec.Selector == new LabelSelector() ? "<all>" : WorkloadCells.Selector(policy.Spec.Selector)),
            Conditions.Find(policy.Status?.Conditions ?? default, "Accepted")?.Status ?? "Unknown",
            (long)(policy.Status?.Deployments ?? 0),
            (long)(policy.Status?.Rollouts.Count ?? 0),
            Ages.Since(policy.Metadata.CreationTimestamp, now),
        ]);
}
