using System.Text.Json;
using System.Text.RegularExpressions;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Planning.ReplicaSets;

/// <summary>
/// What the image names of a revision's template stand for: found out by the first node that starts one of its pods, kept in an annotation of its
/// ReplicaSet, and run by all its pods from then on, wherever the tag moves. By image name: a registry's digest (<c>hello@sha256:…</c>), or,
/// for an image that no registry gave, the engine's id of it (<c>sha256:…</c>), which runs by its name.
/// </summary>
public static partial class ResolvedImages
{
    /// <summary>A JSON object. The first word about a name holds as long as the ReplicaSet lives.</summary>
    public const string Annotation = "controlplane.dev/resolved-images";

    /// <summary>What is known so far; empty when nothing is, or when the annotation was made unreadable.</summary>
    public static ValueMap<string> Of(ReplicaSet replicaSet)
    {
        ArgumentNullException.ThrowIfNull(replicaSet);
        if (replicaSet.Metadata.Annotations[Annotation] is not { Length: > 0 } json)
        {
            return default;
        }

        try
        {
            return JsonSerializer.Deserialize<ValueMap<string>>(json, ResourceJson.Options)
                .Where(known => known.Value is { } resolved && IsResolutionOf(known.Key, resolved))
                .ToValueMap();
        }
        catch (JsonException)
        {
            // Somebody has written over it: it is found out anew, like a name that was never looked up.
            return default;
        }
    }

    /// <summary>
    /// The ReplicaSet with what one of its template's names stands for; null when there is nothing to keep: it is known already, the template has no
    /// such name (somebody changed the pod's), or the name has a digest of its own.
    /// </summary>
    /// <param name="replicaSet">The revision's.</param>
    /// <param name="image">The name as the template has it.</param>
    /// <param name="resolved">What a node says it stands for.</param>
    public static ReplicaSet? With(ReplicaSet replicaSet, string image, string resolved)
    {
        ValueMap<string> known = Of(replicaSet);
        return known.ContainsKey(image) || ImageReference.Parse(image) is not { Digest: null } || !IsOfTemplate(replicaSet, image)
            ? null
            : replicaSet with
            {
                Metadata = replicaSet.Metadata with
                {
                    Annotations = replicaSet.Metadata.Annotations.SetItem(Annotation, ResourceJson.Serialize(known.SetItem(image, resolved))),
                },
            };
    }

    /// <summary>Whether a text can be what an image's name stands for: the same repository with a digest, or an engine's id.</summary>
    public static bool IsResolutionOf(string image, string resolved) =>
        LocalId().IsMatch(resolved)
        || (ImageReference.Parse(resolved) is { Tag: null, Digest: not null } exact && ImageReference.Parse(image)?.Name == exact.Name);

    /// <summary>True for a registry's digest, which can be run by it; false for the id of an image that only its engine has.</summary>
    public static bool IsOfRegistry(string resolved)
    {
        ArgumentNullException.ThrowIfNull(resolved);
        return resolved.Contains('@', StringComparison.Ordinal);
    }

    private static bool IsOfTemplate(ReplicaSet replicaSet, string image) =>
        replicaSet.Spec.Template.Spec.AllContainers().Any(container => container.Image == image);

    [GeneratedRegex(@"\Asha256:[a-f0-9]{64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex LocalId();
}
