using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Tables;

internal static class ServiceAccountTable
{
    public static TableDefinition Definition { get; } = TableDefinition.Of<ServiceAccount>(
        [
            TableColumn.NameColumn,
            TableColumn.Text("Secrets", "The number of secrets that it names."),
            TableColumn.Age,
        ],
        (account, now) => [account.Name, (long)account.Secrets.Count, Ages.Since(account.Metadata.CreationTimestamp, now)]);
}
