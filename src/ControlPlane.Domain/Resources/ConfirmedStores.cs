using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>The body of <c>nodes/{name}/confirm-store</c> (group <c>controlplane.dev/v1</c>).</summary>
public sealed record ConfirmedStores : Resource
{
    /// <summary>The identities of the stores whose containers may be stopped on the node, as its condition OtherStoreContainers names them.</summary>
    public ValueList<string> Stores { get; init; }
}
