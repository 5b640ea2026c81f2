using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Pods;

/// <summary>What a container's variables take from ConfigMaps and Secrets (Kubernetes: valueFrom, envFrom).</summary>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Contents">What the node knows of such objects.</param>
internal sealed record ContainerConfiguration(string Namespace, ValueList<EnvironmentContent> Contents)
{
    /// <summary>The reason of a container that waits for one of them.</summary>
    public const string ErrorReason = "CreateContainerConfigError";

    /// <summary>What is missing for a container to start, in the kubelet's words; null when nothing is.</summary>
    /// <param name="container">The container.</param>
    /// <param name="isRemembered">
    /// Whether this is what an earlier agent was told: it has kept no Secrets, so of those nothing is known, not even that they are missing.
    /// </param>
    public string? ProblemOf(Container container, bool isRemembered)
    {
        foreach (EnvironmentReference reference in EnvironmentReference.Of(container))
        {
            EnvironmentContent? content = Find(reference);
            if (content is null && isRemembered && reference.Kind == nameof(Secret))
            {
                return $"secret \"{reference.Name}\" is not known while the control plane is away";
            }

            if (reference.IsOptional)
            {
                continue;
            }

            if (content is null)
            {
                return $"{reference.Kind.ToLowerInvariant()} \"{reference.Name}\" not found";
            }

            if (reference.Key is { } key && !content.Values.ContainsKey(key))
            {
                return $"couldn't find key {key} in {reference.Kind} {Namespace}/{reference.Name}";
            }
        }

        return null;
    }

    /// <summary>The variables that come from a whole object, none when it does not exist.</summary>
    public IEnumerable<KeyValuePair<string, string>> VariablesOf(EnvFromSource source) =>
        EnvironmentReference.Of(source) is { } reference && Find(reference) is { } content
            ? content.Values.Select(entry => KeyValuePair.Create(source.Prefix + entry.Key, entry.Value))
            : [];

    /// <summary>The value of one key; null when there is none.</summary>
    public string? ValueOf(EnvironmentReference reference) => reference.Key is { } key ? Find(reference)?.Values[key] : null;

    private EnvironmentContent? Find(EnvironmentReference reference) =>
        Contents.FirstOrDefault(content => content.Kind == reference.Kind && content.Namespace == Namespace && content.Name == reference.Name);
}
