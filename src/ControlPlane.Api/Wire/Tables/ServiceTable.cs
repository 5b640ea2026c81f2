using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Tables;

internal static class ServiceTable
{
    private const string None = "<none>";

    public static TableDefinition Definition { get; } = TableDefinition.Of<Service>(
        [
            TableColumn.NameColumn,
            TableColumn.Text("Type", "ClusterIP, or NodePort to be reached at the nodes' addresses, too."),
            TableColumn.Text("Cluster-IP", "The address on each node."),
            TableColumn.Text("External-IP", "Addresses outside; there are none here."),
            TableColumn.Text("Port(s)", "The ports, with the nodes' ports behind a colon."),
            TableColumn.Age,
            TableColumn.Text("Selector", "The labels of the pods behind it.").Wide(),
        ],
        (service, now) =>
        [
            service.Name,
            service.Spec.Type ?? "",
            service.Spec.ClusterIP ?? None,
            None,
            service.Spec.Ports.IsEmpty ? None : string.Join(',', service.Spec.Ports.Select(PortOf)),
            Ages.Since(service.Metadata.CreationTimestamp, now),
            service.Spec.Selector.IsEmpty
                ? None
                : string.Join(',', service.Spec.Selector.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}")),
        ]);

    private static string PortOf(ServicePort port) => port.NodePort is { } number ? $"{port.Port}:{number}/{port.Protocol}" : $"{port.Port}/{port.Protocol}";
}
