namespace ControlPlane.Agent.Pods;

/// <summary>
/// An image reference taken apart: <c>[registry/]repository[:tag][@digest]</c>. A first part without a dot, a colon or the name
/// <c>localhost</c> is no registry, so <c>hello:v1</c> is <c>docker.io/library/hello:v1</c> (Docker's reference rules).
/// </summary>
internal sealed record ImageName(string Registry, string Repository, string Tag, string Digest)
{
    public const string DefaultRegistry = "docker.io";

    /// <summary>Registry and repository, written out in full.</summary>
    public string FullRepository => $"{Registry}/{Repository}";

    /// <summary>What follows the repository when pulling: the digest, else the tag.</summary>
    public string Reference => Digest.Length > 0 ? Digest : Tag;

    public static ImageName Parse(string image)
    {
        string digest = "";
        int at = image.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
        {
            digest = image[(at + 1)..];
            image = image[..at];
        }

        string tag = digest.Length > 0 ? "" : "latest";
        int colon = image.LastIndexOf(':');
        if (colon > image.LastIndexOf('/'))
        {
            tag = image[(colon + 1)..];
            image = image[..colon];
        }

        int slash = image.IndexOf('/', StringComparison.Ordinal);
        string first = slash > 0 ? image[..slash] : "";
        bool hasRegistry = first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal) || first == "localhost";
        string registry = hasRegistry ? first : DefaultRegistry;
        string repository = hasRegistry ? image[(slash + 1)..] : image;
        return registry is DefaultRegistry or "index.docker.io" && !repository.Contains('/', StringComparison.Ordinal)
            ? new ImageName(DefaultRegistry, $"library/{repository}", tag, digest)
            : new ImageName(registry == "index.docker.io" ? DefaultRegistry : registry, repository, tag, digest);
    }

    /// <summary>The repository as it was written, with a digest in place of a tag: <c>hello:v1</c> becomes <c>hello@sha256:…</c>.</summary>
    public static string WithDigest(string image, string digest)
    {
        string name = image.Split('@')[0];
        int colon = name.LastIndexOf(':');
        return $"{(colon > name.LastIndexOf('/') ? name[..colon] : name)}@{digest}";
    }

    /// <summary>
    /// The registry that a login is for, as it stands in image names: logins are written with a scheme and a path too
    /// (<c>https://index.docker.io/v1/</c> is <c>docker.io</c>).
    /// </summary>
    public static string NormalizeRegistry(string registry)
    {
        int scheme = registry.IndexOf("://", StringComparison.Ordinal);
        string host = (scheme >= 0 ? registry[(scheme + 3)..] : registry).Split('/')[0];
        return host is "index.docker.io" or "registry-1.docker.io" ? DefaultRegistry : host;
    }

    /// <summary>Whether to pull an image that may be there already (Kubernetes: <c>imagePullPolicy</c>, by default Always for latest).</summary>
    public static string PullPolicyOf(string image, string? policy)
    {
        if (!string.IsNullOrEmpty(policy))
        {
            return policy;
        }

        ImageName name = Parse(image);
        return name is { Tag: "latest", Digest: "" } ? "Always" : "IfNotPresent";
    }
}
