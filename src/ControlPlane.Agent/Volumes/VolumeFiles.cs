using System.Text;
using System.Text.Json;
using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Pods;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Volumes;

/// <summary>A file of a volume.</summary>
/// <param name="Path">Within the volume, with slashes.</param>
/// <param name="Content">All of it.</param>
/// <param name="Mode">Its permission bits.</param>
internal sealed record VolumeFile(string Path, ReadOnlyMemory<byte> Content, int Mode);

/// <summary>Which files a volume has whose files come from elsewhere: from ConfigMaps, Secrets and the pod itself.</summary>
internal static class VolumeFiles
{
    /// <summary>Kubernetes' default for <c>defaultMode</c>: 0644.</summary>
    private const int DefaultMode = 420;

    /// <summary>Whether a volume's files come from elsewhere; containers cannot change those.</summary>
    public static bool IsMadeHere(Volume volume) => volume is { ConfigMap: not null } or { Secret: not null } or { DownwardAPI: not null } or { Projected: not null };

    /// <summary>The files, by path. What is optional and does not exist has none; where two have one path, the later one's.</summary>
    /// <exception cref="IOException">A file is about a container that the pod does not have.</exception>
    public static IReadOnlyList<VolumeFile> Of(Volume volume, Pod pod, ContainerConfiguration configuration, NodeValues node)
    {
        IEnumerable<VolumeFile> files = volume switch
        {
            { ConfigMap: { } map } => OfObject(configuration.Find(nameof(ConfigMap), map.Name), map.Items, map.DefaultMode),
            { Secret: { } secret } => OfObject(configuration.Find(nameof(Secret), secret.SecretName), secret.Items, secret.DefaultMode),
            { DownwardAPI: { } own } => OfPod(pod, own.Items, own.DefaultMode, node),
            { Projected: { } projected } => projected.Sources.SelectMany(source => source switch
            {
                { ConfigMap: { } map } => OfObject(configuration.Find(nameof(ConfigMap), map.Name), map.Items, projected.DefaultMode),
                { Secret: { } secret } => OfObject(configuration.Find(nameof(Secret), secret.Name), secret.Items, projected.DefaultMode),
                { DownwardAPI: { } own } => OfPod(pod, own.Items, projected.DefaultMode, node),
                _ => [],
            }),
            _ => [],
        };
        return [.. files.GroupBy(file => file.Path, StringComparer.Ordinal).Select(same => same.Last()).OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    private static IEnumerable<VolumeFile> OfObject(EnvironmentContent? content, ValueList<KeyToPath> items, int? defaultMode)
    {
        if (content is null)
        {
            return [];
        }

        int mode = defaultMode ?? DefaultMode;
        return items.IsEmpty
            ? content.Values.Keys.Union(content.Bytes.Keys).Select(key => new VolumeFile(key, BytesOf(content, key), mode))
            : items.Where(item => BytesOf(content, item.Key) is not null).Select(item => new VolumeFile(item.Path, BytesOf(content, item.Key), item.Mode ?? mode));
    }

    private static byte[]? BytesOf(EnvironmentContent content, string key) =>
        content.Bytes.TryGetValue(key, out string? base64) ? Convert.FromBase64String(base64)
        : content.Values.TryGetValue(key, out string? text) ? Encoding.UTF8.GetBytes(text)
        : null;

    private static IEnumerable<VolumeFile> OfPod(Pod pod, ValueList<DownwardAPIVolumeFile> items, int? defaultMode, NodeValues node) => items.Select(item =>
        new VolumeFile(item.Path, Encoding.UTF8.GetBytes(TextOf(pod, item, node)), item.Mode ?? defaultMode ?? DefaultMode));

    private static string TextOf(Pod pod, DownwardAPIVolumeFile item, NodeValues node) => item.ResourceFieldRef is { } resource
        ? ContainerResourceValues.Of(pod, resource, own: null, node) ?? throw new IOException($"container {resource.ContainerName} not found")
        : TextOf(pod, item.FieldRef?.FieldPath ?? "");

    private static string TextOf(Pod pod, string field) => field switch
    {
        "metadata.labels" => Lines(pod.Metadata.Labels),
        "metadata.annotations" => Lines(pod.Metadata.Annotations),
        _ => PodFieldValues.Of(pod, field) ?? "",
    };

    /// <summary>One line each, the value in quotes: <c>app="web"</c>.</summary>
    private static string Lines(ValueMap<string> map) =>
        string.Concat(map.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key}={JsonSerializer.Serialize(entry.Value, ResourceJson.Options)}\n"));
}
