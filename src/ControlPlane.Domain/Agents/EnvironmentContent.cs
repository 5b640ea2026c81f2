using System.Text;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Agents;

/// <summary>
/// What a ConfigMap or a Secret gives to the variables of a node's containers: all of its keys where one takes all, else those that are named. An object that
/// does not exist has none of these.
/// </summary>
public sealed record EnvironmentContent
{
    /// <summary><c>ConfigMap</c> or <c>Secret</c>.</summary>
    public required string Kind { get; init; }

    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>The values as the containers get them, by key.</summary>
    public ValueMap<string> Values { get; init; }

    /// <summary>Without the values, which have no place in a log.</summary>
    public override string ToString() => $"{Kind} {Namespace}/{Name}";
}

/// <summary>A place in a container's spec that takes variables from an object, whichever kind it is.</summary>
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

    /// <summary>All that a container refers to, in the order in which it is taken.</summary>
    public static IEnumerable<EnvironmentReference> Of(Container container)
    {
        ArgumentNullException.ThrowIfNull(container);
        return container.EnvFrom.Select(Of).Concat(container.Env.Select(Of)).OfType<EnvironmentReference>();
    }
}

/// <summary>What agents are told of ConfigMaps and Secrets.</summary>
public static class EnvironmentContents
{
    /// <summary>What the containers of these pods refer to, as far as it exists, in the order of kind, namespace and name.</summary>
    /// <param name="pods">The pods of one node.</param>
    /// <param name="find">Finds an object by kind, namespace and name.</param>
    public static ValueList<EnvironmentContent> For(IEnumerable<Pod> pods, Func<string, ObjectKey, Resource?> find)
    {
        ArgumentNullException.ThrowIfNull(find);
        return pods
            .SelectMany(pod => pod.Spec.AllContainers().SelectMany(EnvironmentReference.Of).Select(reference => (Key: new ObjectKey(pod.Namespace, reference.Name), Reference: reference)))
            .GroupBy(use => (use.Reference.Kind, use.Key), use => use.Reference.Key)
            .OrderBy(uses => uses.Key.Kind, StringComparer.Ordinal)
            .ThenBy(uses => uses.Key.Key)
            .Select(uses => find(uses.Key.Kind, uses.Key.Key) is { } found ? ContentOf(found, [.. uses]) : null)
            .OfType<EnvironmentContent>()
            .ToValueList();
    }

    /// <summary>Whether a container of a pod takes variables from an object.</summary>
    public static bool Uses(Pod pod, Resource resource)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(resource);
        string kind = ResourceKinds.Of(resource).Kind;
        return pod.Namespace == resource.Namespace
            && pod.Spec.AllContainers().SelectMany(EnvironmentReference.Of).Any(reference => reference.Kind == kind && reference.Name == resource.Name);
    }

    private static EnvironmentContent ContentOf(Resource resource, HashSet<string?> keys)
    {
        IEnumerable<KeyValuePair<string, string>> values = resource switch
        {
            ConfigMap map => map.Data,
            Secret secret => secret.Data.Select(entry => KeyValuePair.Create(entry.Key, Encoding.UTF8.GetString(Convert.FromBase64String(entry.Value)))),
            _ => [],
        };
        return new EnvironmentContent
        {
            Kind = ResourceKinds.Of(resource).Kind,
            Namespace = resource.Namespace,
            Name = resource.Name,
            Values = values.Where(entry => keys.Contains(null) || keys.Contains(entry.Key)).ToValueMap(),
        };
    }
}
