using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Options;

/// <summary>An Eviction as it is on the wire, of policy/v1 or v1beta1: the two have the same fields.</summary>
internal sealed record EvictionBody
{
    public string? ApiVersion { get; init; }

    public string? Kind { get; init; }

    /// <summary>Names the pod.</summary>
    public ObjectMeta? Metadata { get; init; }

    public DeleteOptions.Body? DeleteOptions { get; init; }
}
