using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Tables;

internal static class ResourceQuotaTable
{
    private const string Limits = "limits";

    public static TableDefinition Definition { get; } = TableDefinition.Of<ResourceQuota>(
        [
            TableColumn.NameColumn,
            TableColumn.Text("Request", "What is used and may be used, limits aside."),
            TableColumn.Text("Limit", "What limits come to, and may come to."),
            TableColumn.Age,
        ],
        (quota, now) =>
        [
            quota.Name,
            Listed(quota.Status, name => !name.StartsWith(Limits, StringComparison.Ordinal)),
            Listed(quota.Status, name => name.StartsWith(Limits, StringComparison.Ordinal)),
            Ages.Since(quota.Metadata.CreationTimestamp, now),
        ]);

    private static string Listed(ResourceQuotaStatus? status, Func<string, bool> isShown) => string.Join(
        ", ",
        (status?.Hard ?? default).Where(entry => isShown(entry.Key)).OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => $"{entry.Key}: {status!.Used[entry.Key]}/{entry.Value}"));
}
