using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Tables;

internal static class SecretTable
{
    public static TableDefinition Definition { get; } = TableDefinition.Of<Secret>(
        [
            TableColumn.NameColumn,
            TableColumn.Text("Type", "What the values are for."),
            TableColumn.Text("Data", "The number of values."),
            TableColumn.Age,
        ],
        (secret, now) => [secret.Name, secret.Type ?? "", (long)secret.Data.Count, Ages.Since(secret.Metadata.CreationTimestamp, now)]);
}
