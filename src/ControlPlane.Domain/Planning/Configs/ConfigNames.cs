using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Configs;

/// <summary>Gives a pod's references to ConfigMaps and Secrets other names.</summary>
internal static class ConfigNames
{
    /// <summary>The spec with each name that <paramref name="rename"/> has another one for; it is asked by kind and name.</summary>
    public static PodSpec Renamed(PodSpec spec, Func<string, string, string> rename) => spec with
    {
        InitContainers = spec.InitContainers.Select(container => Renamed(container, rename)).ToValueList(),
        Containers = spec.Containers.Select(container => Renamed(container, rename)).ToValueList(),
        Volumes = spec.Volumes.Select(volume => Renamed(volume, rename)).ToValueList(),
    };

    private static Container Renamed(Container container, Func<string, string, string> rename) => container with
    {
        EnvFrom = container.EnvFrom.Select(source => source with
        {
            ConfigMapRef = source.ConfigMapRef is { } map ? map with { Name = Other(rename, nameof(ConfigMap), map.Name) } : null,
            SecretRef = source.SecretRef is { } secret ? secret with { Name = Other(rename, nameof(Secret), secret.Name) } : null,
        }).ToValueList(),
        Env = container.Env.Select(variable => variable.ValueFrom is not { } source ? variable : variable with
        {
            ValueFrom = source with
            {
                ConfigMapKeyRef = source.ConfigMapKeyRef is { } map ? map with { Name = Other(rename, nameof(ConfigMap), map.Name) } : null,
                SecretKeyRef = source.SecretKeyRef is { } secret ? secret with { Name = Other(rename, nameof(Secret), secret.Name) } : null,
            },
        }).ToValueList(),
    };

    private static Volume Renamed(Volume volume, Func<string, string, string> rename) => volume with
    {
        ConfigMap = volume.ConfigMap is { } map ? map with { Name = Other(rename, nameof(ConfigMap), map.Name) } : null,
        Secret = volume.Secret is { } secret ? secret with { SecretName = Other(rename, nameof(Secret), secret.SecretName) } : null,
        Projected = volume.Projected is not { } projected ? null : projected with
        {
            Sources = projected.Sources.Select(source => source with
            {
                ConfigMap = source.ConfigMap is { } part ? part with { Name = Other(rename, nameof(ConfigMap), part.Name) } : null,
                Secret = source.Secret is { } secretPart ? secretPart with { Name = Other(rename, nameof(Secret), secretPart.Name) } : null,
            }).ToValueList(),
        },
    };

    private static string? Other(Func<string, string, string> rename, string kind, string? name) => string.IsNullOrEmpty(name) ? name : rename(kind, name);
}
