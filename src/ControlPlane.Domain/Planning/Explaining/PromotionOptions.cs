using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>The body of <c>deployments/{name}/promote-to</c>: what is promoted, and where to. Its <c>metadata.resourceVersion</c> is the target's.</summary>
public sealed record PromotionOptions : Resource
{
    /// <summary>The namespace of the Deployment that gets the images.</summary>
    public string ToNamespace { get; init => field = value ?? ""; } = "";

    /// <summary>That Deployment's name; absent: the same as this one's.</summary>
    public string? ToName { get; init; }

    /// <summary>The revision whose images are promoted; absent: the present one. It must have been complete.</summary>
    public long? Revision { get; init; }

    /// <summary>Whether an image that no registry gave a digest is carried by its name as it is; absent: false, it is refused.</summary>
    public bool? AllowTags { get; init; }
}

/// <summary>Another image of a container.</summary>
public sealed record ImageChange
{
    /// <summary>The container's name.</summary>
    public string Container { get; init => field = value ?? ""; } = "";

    /// <summary>Its image until now.</summary>
    public string From { get; init => field = value ?? ""; } = "";

    /// <summary>Its image from now on.</summary>
    public string To { get; init => field = value ?? ""; } = "";
}
