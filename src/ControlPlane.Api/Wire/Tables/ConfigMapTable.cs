using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Tables;

internal static class ConfigMapTable
{
    public static TableDefinition Definition { get; } = TableDefinition.Of<ConfigMap>(
        [
            TableColumn.NameColumn,
            TableColumn.Text("Data", "The number of values."),
            TableColumn.Age,
        ],
        (map, now) => [map.Name, (long)(map.Data.Count + map.BinaryData.Count), Ages.Since(map.Metadata.CreationTimestamp, now)]);
}
