using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>A name that pods run under. Pods get no credentials by it; the logins that it names for registries are theirs.</summary>
public sealed record ServiceAccount : Resource
{
    /// <summary>Secrets that belong to the account; nothing is made of them.</summary>
    public ValueList<ObjectReference> Secrets { get; init; }

    /// <summary>Secrets with logins for registries, for its pods that name none themselves.</summary>
    public ValueList<LocalObjectReference> ImagePullSecrets { get; init; }

    /// <summary>Whether pods are to find a token; kept, and without effect: no pod gets one.</summary>
    public bool? AutomountServiceAccountToken { get; init; }
}
