using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire;

/// <summary>An object's metadata alone (<c>as=PartialObjectMetadata</c>), for clients that need no more.</summary>
internal sealed record PartialObjectMetadata : Resource
{
    public static PartialObjectMetadata Of(Resource resource) =>
        new() { ApiVersion = "meta.k8s.io/v1", Kind = nameof(PartialObjectMetadata), Metadata = resource.Metadata };
}
