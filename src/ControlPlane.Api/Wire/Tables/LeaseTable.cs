using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Tables;

internal static class LeaseTable
{
    public static TableDefinition Definition { get; } = TableDefinition.Of<Lease>(
        [
            TableColumn.NameColumn,
            TableColumn.Text("Holder", "Who holds it."),
            TableColumn.Age,
        ],
        (lease, now) => [lease.Name, lease.Spec.HolderIdentity ?? "", Ages.Since(lease.Metadata.CreationTimestamp, now)]);
}
