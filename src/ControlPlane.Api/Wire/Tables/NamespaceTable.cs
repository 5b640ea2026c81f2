using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Tables;

internal static class NamespaceTable
{
    public static TableDefinition Definition { get; } = TableDefinition.Of<Namespace>(
        [TableColumn.NameColumn, TableColumn.Text("Status", "Active, or Terminating while it is being emptied."), TableColumn.Age],
        (item, now) => [item.Name, item.Status?.Phase ?? "", Ages.Since(item.Metadata.CreationTimestamp, now)]);
}
