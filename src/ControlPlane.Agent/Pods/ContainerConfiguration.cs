using ControlPlane.Agent.Volumes;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent.Pods;

/// <summary>What a container's variables and a pod's volumes take from ConfigMaps and Secrets (Kubernetes: valueFrom, envFrom, volumes).</summary>
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
            if (ProblemOf(reference, isRemembered) is { } problem)
            {
                return problem;
            }

            if (!reference.IsOptional && reference.Key is { } key && !Find(reference)!.Values.ContainsKey(key))
            {
                return $"couldn't find key {key} in {reference.Kind} {Namespace}/{reference.Name}";
            }
        }

        return null;
    }

    /// <summary>What is missing for a pod's volumes, the first of them, in the kubelet's words; null when nothing is.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="isRemembered">As above.</param>
    public string? VolumeProblemOf(Pod pod, bool isRemembered) => pod.Spec.Volumes
        .Select(volume => ProblemOf(volume, isRemembered) is { } problem ? new VolumeException(volume.Name, problem).Message : null)
        .FirstOrDefault(problem => problem is not null);

    /// <summary>What is missing for a volume; null when nothing is.</summary>
    public string? ProblemOf(Volume volume, bool isRemembered)
    {
        foreach (EnvironmentReference reference in EnvironmentReference.Of(volume))
        {
            if (ProblemOf(reference, isRemembered) is { } problem)
            {
                return problem;
            }

            if (!reference.IsOptional && reference.Key is { } key && Find(reference) is { } content && !content.Values.ContainsKey(key) && !content.Bytes.ContainsKey(key))
            {
                return reference.Kind == nameof(Secret)
                    ? $"references non-existent secret key: {key}"
                    : $"configmap references non-existent config key: {key}";
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

    /// <summary>What is known of an object of the pod's namespace; null when it does not exist.</summary>
    public EnvironmentContent? Find(string kind, string? name) =>
        Contents.FirstOrDefault(content => content.Kind == kind && content.Namespace == Namespace && content.Name == name);

    private EnvironmentContent? Find(EnvironmentReference reference) => Find(reference.Kind, reference.Name);

    /// <summary>Why an object as such cannot be used; null when it exists, or need not.</summary>
    private string? ProblemOf(EnvironmentReference reference, bool isRemembered) =>
        Find(reference) is not null ? null
        : isRemembered && reference.Kind == nameof(Secret) ? $"secret \"{reference.Name}\" is not known while the control plane is away"
        : reference.IsOptional ? null
        : $"{reference.Kind.ToLowerInvariant()} \"{reference.Name}\" not found";
}
