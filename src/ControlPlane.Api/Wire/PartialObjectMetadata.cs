using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire;

/// <summary>An object's metadata alone (<c>as=PartialObjectMetadata</c>), for clients that need no more.</summary>
internal sealed record PartialObjectMetadata : Resource
{
    public static PartialObjectMetadata Of(Resource resource, ReplyForm form) =>
        new() { ApiVersion = form.ApiVersion, Kind = nameof(PartialObjectMetadata), Metadata = resource.Metadata };
}
