using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for what names a field of the pod: the downward API, as variables and as files.</summary>
internal static class PodFields
{
    /// <summary>What a variable may be.</summary>
    public static readonly IReadOnlyList<string> InVariables =
    [
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
        "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
    ];

    /// <summary>What a file may have.</summary>
    public static readonly IReadOnlyList<string> InFiles = ["metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels", "metadata.annotations"];

    public static IEnumerable<FieldProblem> Problems(ObjectFieldSelector field, IReadOnlyList<string> supported)
    {
        if (field.ApiVersion != "v1")
        {
            yield return FieldProblem.Invalid(field.ApiVersion ?? "", "error converting fieldPath: only v1 is known") with { At = ".apiVersion" };
        }

        if (field.FieldPath.Length == 0)
        {
            yield return FieldProblem.Required() with { At = ".fieldPath" };
        }
        else if (!supported.Contains(field.FieldPath) && !IsKeyOf("metadata.labels", field.FieldPath) && !IsKeyOf("metadata.annotations", field.FieldPath))
        {
            yield return FieldProblem.NotSupported(field.FieldPath, [.. supported, "metadata.labels['<key>']", "metadata.annotations['<key>']"]) with { At = ".fieldPath" };
        }
    }

    /// <summary>Whether a path is one key of a map, such as <c>metadata.labels['app']</c>.</summary>
    private static bool IsKeyOf(string map, string path) =>
        path.StartsWith(map + "['", StringComparison.Ordinal) && path.EndsWith("']", StringComparison.Ordinal) && path.Length > map.Length + 4
        && Names.QualifiedName(path[(map.Length + 2)..^2]) is null;
}
