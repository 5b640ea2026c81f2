using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Pods;

/// <summary>The fields of a pod's metadata that its containers can be told of (Kubernetes: the downward API).</summary>
internal static class PodFieldValues
{
    /// <summary>The value of a field; null for one that does not exist.</summary>
    public static string? Of(Pod pod, string path) => path switch
    {
        "metadata.name" => pod.Name,
        "metadata.namespace" => pod.Namespace,
        "metadata.uid" => pod.Uid,
        _ when KeyIn(path, "metadata.labels") is { } label => pod.Metadata.Labels[label],
        _ when KeyIn(path, "metadata.annotations") is { } annotation => pod.Metadata.Annotations[annotation],
        _ => null,
    };

    /// <summary>The key in <c>metadata.labels['key']</c>; null when the path is another.</summary>
    private static string? KeyIn(string path, string map) =>
        path.StartsWith($"{map}['", StringComparison.Ordinal) && path.EndsWith("']", StringComparison.Ordinal) && path.Length >= map.Length + 4
            ? path[(map.Length + 2)..^2]
            : null;
}
