using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Wire.Tables;

internal static class NodeTable
{
    private const string RolePrefix = "node-role.kubernetes.io/";
    private const string RoleLabel = "kubernetes.io/role";

    public static TableDefinition Definition { get; } = TableDefinition.Of<Node>(
        [
            TableColumn.NameColumn,
            TableColumn.Text("Status", "Whether the node is ready, and whether it takes new pods."),
            TableColumn.Text("Roles", "The node's roles, from its labels."),
            TableColumn.Age,
            TableColumn.Text("Version", "The version of the agent."),
            TableColumn.Text("Internal-IP", "The node's address towards other nodes.").Wide(),
            TableColumn.Text("External-IP", "The node's address towards the world.").Wide(),
            TableColumn.Text("OS-Image", "The node's operating system.").Wide(),
            TableColumn.Text("Kernel-Version", "The node's kernel.").Wide(),
            TableColumn.Text("Container-Runtime", "What runs the node's containers.").Wide(),
        ],
        (node, now) =>
        [
            node.Name,
            Status(node),
            Roles(node.Metadata.Labels),
            Ages.Since(node.Metadata.CreationTimestamp, now),
            node.Status?.NodeInfo?.KubeletVersion ?? "",
            Address(node, "InternalIP"),
            Address(node, "ExternalIP"),
            OrUnknown(node.Status?.NodeInfo?.OsImage),
            OrUnknown(node.Status?.NodeInfo?.KernelVersion),
            OrUnknown(node.Status?.NodeInfo?.ContainerRuntimeVersion),
        ]);

    private static string Status(Node node)
    {
        Condition? ready = node.Status?.Conditions.FirstOrDefault(condition => condition.Type == "Ready");
        string status = ready is null ? "Unknown" : ready.Status == "True" ? "Ready" : "NotReady";
        return node.Spec?.Unschedulable == true ? status + ",SchedulingDisabled" : status;
    }

    private static string Roles(ValueMap<string> labels)
    {
        string[] roles =
        [
            .. labels.Where(label => label.Key.StartsWith(RolePrefix, StringComparison.Ordinal)).Select(label => label.Key[RolePrefix.Length..])
                .Append(labels[RoleLabel] ?? "").Where(role => role.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
        ];
        return roles.Length == 0 ? "<none>" : string.Join(',', roles);
    }

    private static string Address(Node node, string type) =>
        node.Status?.Addresses.FirstOrDefault(address => address.Type == type)?.Address ?? "<none>";

    private static string OrUnknown(string? value) => string.IsNullOrEmpty(value) ? "<unknown>" : value;
}
