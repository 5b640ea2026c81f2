using System.Text;
using System.Text.Unicode;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Agents;

/// <summary>
/// What a ConfigMap or a Secret gives to a node's containers, as variables and as files: all of its keys where one takes all, else those that are named. An
/// object that does not exist has none of these.
/// </summary>
public sealed record EnvironmentContent
{
    /// <summary><c>ConfigMap</c> or <c>Secret</c>.</summary>
    public required string Kind { get; init; }

    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>The values as text, by key: what a variable can be.</summary>
    public ValueMap<string> Values { get; init; }

    /// <summary>The values that text cannot hold, base64, by key: what a file has in place of <see cref="Values"/>.</summary>
    public ValueMap<string> Bytes { get; init; }

    /// <summary>Without the values, which have no place in a log.</summary>
    public override string ToString() => $"{Kind} {Namespace}/{Name}";
}

/// <summary>A place in a pod's spec that takes variables or files from an object, whichever kind it is.</summary>
/// <param name="Kind"><c>ConfigMap</c> or <c>Secret</c>.</param>
/// <param name="Name">The object, of the pod's namespace.</param>
/// <param name="Key">The one key that is taken; null for all.</param>
/// <param name="IsOptional">Whether the container starts without it.</param>
public sealed record EnvironmentReference(string Kind, string Name, string? Key, bool IsOptional)
{
    /// <summary>What a variable refers to; null for one that has its value from elsewhere.</summary>
    public static EnvironmentReference? Of(EnvVar variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        return variable.ValueFrom switch
        {
            { ConfigMapKeyRef: { } map } => new(nameof(ConfigMap), map.Name ?? "", map.Key, map.Optional == true),
            { SecretKeyRef: { } secret } => new(nameof(Secret), secret.Name ?? "", secret.Key, secret.Optional == true),
            _ => null,
        };
    }

    /// <summary>What a source of variables refers to; null for one that names nothing.</summary>
    public static EnvironmentReference? Of(EnvFromSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return source switch
        {
            { ConfigMapRef: { } map } => new(nameof(ConfigMap), map.Name ?? "", null, map.Optional == true),
            { SecretRef: { } secret } => new(nameof(Secret), secret.Name ?? "", null, secret.Optional == true),
            _ => null,
        };
    }

    /// <summary>What a volume's files come from, in the order in which they are taken.</summary>
    public static IEnumerable<EnvironmentReference> Of(Volume volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        return
        [
            .. volume.ConfigMap is { } map ? Of(nameof(ConfigMap), map.Name, map.Items, map.Optional) : [],
            .. volume.Secret is { } secret ? Of(nameof(Secret), secret.SecretName, secret.Items, secret.Optional) : [],
            .. (volume.Projected?.Sources ?? default).SelectMany(source =>
                source.ConfigMap is { } part ? Of(nameof(ConfigMap), part.Name, part.Items, part.Optional)
                : source.Secret is { } secretPart ? Of(nameof(Secret), secretPart.Name, secretPart.Items, secretPart.Optional)
                : []),
        ];
    }

    /// <summary>All that a pod refers to.</summary>
    public static IEnumerable<EnvironmentReference> Of(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return pod.Spec.AllContainers().SelectMany(Of).Concat(pod.Spec.Volumes.SelectMany(Of));
    }

    private static IEnumerable<EnvironmentReference> Of(string kind, string? name, ValueList<KeyToPath> items, bool? optional) => items.IsEmpty
        ? [new EnvironmentReference(kind, name ?? "", null, optional == true)]
        : items.Select(item => new EnvironmentReference(kind, name ?? "", item.Key, optional == true));

    /// <summary>All that a container's variables refer to, in the order in which it is taken.</summary>
    public static IEnumerable<EnvironmentReference> Of(Container container)
    {
        ArgumentNullException.ThrowIfNull(container);
        return container.EnvFrom.Select(Of).Concat(container.Env.Select(Of)).OfType<EnvironmentReference>();
    }
}

/// <summary>What agents are told of ConfigMaps and Secrets.</summary>
public static class EnvironmentContents
{
    /// <summary>What these pods refer to, as far as it exists, in the order of kind, namespace and name.</summary>
    /// <param name="pods">The pods of one node.</param>
    /// <param name="find">Finds an object by kind, namespace and name.</param>
    public static ValueList<EnvironmentContent> For(IEnumerable<Pod> pods, Func<string, ObjectKey, Resource?> find)
    {
        ArgumentNullException.ThrowIfNull(find);
        return pods
            .SelectMany(pod => EnvironmentReference.Of(pod).Select(reference => (Key: new ObjectKey(pod.Namespace, reference.Name), Reference: reference)))
            .GroupBy(use => (use.Reference.Kind, use.Key), use => use.Reference.Key)
            .OrderBy(uses => uses.Key.Kind, StringComparer.Ordinal)
            .ThenBy(uses => uses.Key.Key)
            .Select(uses => find(uses.Key.Kind, uses.Key.Key) is { } found ? ContentOf(found, [.. uses]) : null)
            .OfType<EnvironmentContent>()
            .ToValueList();
    }

    /// <summary>Whether a pod takes variables or files from an object.</summary>
    public static bool Uses(Pod pod, Resource resource)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(resource);
        string kind = ResourceKinds.Of(resource).Kind;
        return pod.Namespace == resource.Namespace
            && EnvironmentReference.Of(pod).Any(reference => reference.Kind == kind && reference.Name == resource.Name);
    }

    private static EnvironmentContent ContentOf(Resource resource, HashSet<string?> keys)
    {
        (ValueMap<string> values, ValueMap<string> bytes) = resource switch
        {
            ConfigMap map => (map.Data, map.BinaryData),
            Secret secret => (secret.Data.Select(TextOf).ToValueMap(), secret.Data.Where(IsNoText).ToValueMap()),
            _ => (default, default),
        };
        ValueMap<string> Named(ValueMap<string> all) => keys.Contains(null) ? all : all.Where(entry => keys.Contains(entry.Key)).ToValueMap();
        return new EnvironmentContent
        {
            Kind = ResourceKinds.Of(resource).Kind,
            Namespace = resource.Namespace,
            Name = resource.Name,
            Values = Named(values),
            Bytes = Named(bytes),
        };
    }

    private static KeyValuePair<string, string> TextOf(KeyValuePair<string, string> entry) =>
        KeyValuePair.Create(entry.Key, Encoding.UTF8.GetString(Convert.FromBase64String(entry.Value)));

    private static bool IsNoText(KeyValuePair<string, string> entry) => !Utf8.IsValid(Convert.FromBase64String(entry.Value));
}
