using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>Sensitive values, such as the login for a registry.</summary>
public sealed record Secret : Resource
{
    /// <summary>True once the values may no longer change.</summary>
    public bool? Immutable { get; init; }

    /// <summary>The values, base64.</summary>
    public ValueMap<string> Data { get; init; }

    /// <summary>Values as plain text, merged into <see cref="Data"/> on write and never read back.</summary>
    public ValueMap<string> StringData { get; init; }

    /// <summary>What the values mean; default Opaque. kubernetes.io/dockerconfigjson holds the login for a registry.</summary>
    public string? Type { get; init; }
}
