using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>Settings for containers, by key.</summary>
public sealed record ConfigMap : Resource
{
    /// <summary>True once the values may no longer change.</summary>
    public bool? Immutable { get; init; }

    /// <summary>The values that are text. No key of these is in <see cref="BinaryData"/> too.</summary>
    public ValueMap<string> Data { get; init; }

    /// <summary>The values that are not text, base64.</summary>
    public ValueMap<string> BinaryData { get; init; }
}
