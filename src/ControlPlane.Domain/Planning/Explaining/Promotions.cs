using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>
/// From one environment to the next: a Deployment gets the images of another one's revision, which has been complete there. Carried are the images alone, by container name and pinned by digest. All
/// else (replicas, resources, environment, labels, containers that the other has not) is the target's own.
/// </summary>
public static class Promotions
{
    /// <param name="source">The Deployment whose revision has proven itself.</param>
    /// <param name="replicaSets">Those that it controls.</param>
    /// <param name="options">What is asked.</param>
    /// <param name="target">The Deployment that gets the images.</param>
    public static ActionOutcome Apply(Deployment source, IReadOnlyList<ReplicaSet> replicaSets, PromotionOptions options, Deployment target)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(replicaSets);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(target);
        if (source.Key == target.Key)
        {
            return new ActionOutcome.Invalid("toNamespace", $"Invalid value: \"{options.ToNamespace}\": a Deployment cannot be promoted to itself");
        }

        if (RevisionOf(source, replicaSets, options) is not { } replicaSet)
        {
            return options.Revision is { } unknown
                ? new ActionOutcome.Invalid("revision", $"Invalid value: {unknown}: there is no such revision; there are {RolloutActions.Known(replicaSets)}")
                : RolloutActions.NotBegun;
        }

        long revision = Revisions.Of(replicaSet);
        return Outcomes.Of(replicaSet) switch
        {
            RevisionOutcome.Failed => new ActionOutcome.NotNow($"revision {revision} has failed: {Outcomes.FailureOf(replicaSet)?.Message}"),
            RevisionOutcome.OnTrial => new ActionOutcome.NotNow($"revision {revision} has not proven itself: it has not been complete yet"),
            _ when Outcomes.TakesSteps(replicaSet) => new ActionOutcome.NotNow($"revision {revision} is declared again and takes the steps of its policy: it has not been complete since"),
            _ when target.Metadata.IsDeleting => new ActionOutcome.NotNow($"{target.Key} is being deleted"),
            _ => Carry(source, replicaSet, options.AllowTags == true, target),
        };
    }

    /// <summary>What a promotion says of itself where it is the cause of a change: <c>promoted from staging/hello, revision 3</c>.</summary>
    public static string CauseOf(Deployment source, IReadOnlyList<ReplicaSet> replicaSets, PromotionOptions options)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(replicaSets);
        ArgumentNullException.ThrowIfNull(options);
        return RevisionOf(source, replicaSets, options) is { } replicaSet ? CauseOf(source, replicaSet) : "";
    }

    /// <summary>The containers of two templates whose images differ, in the order of the later one.</summary>
    public static ValueList<ImageChange> ChangesBetween(PodTemplateSpec before, PodTemplateSpec after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        Dictionary<string, string> known = ImagesOf(before);
        return
        [
            .. from container in ContainersOf(after)
               let was = known.GetValueOrDefault(container.Name, "")
               where was != (container.Image ?? "")
               select new ImageChange { Container = container.Name, From = was, To = container.Image ?? "" },
        ];
    }

    private static string CauseOf(Deployment source, ReplicaSet replicaSet) => $"promoted from {source.Key}, revision {Revisions.Of(replicaSet)}";

    private static ReplicaSet? RevisionOf(Deployment source, IReadOnlyList<ReplicaSet> replicaSets, PromotionOptions options) =>
        options.Revision is { } revision ? replicaSets.FirstOrDefault(item => Revisions.Of(item) == revision) : RolloutActions.Current(source, replicaSets);

    private static ActionOutcome Carry(Deployment source, ReplicaSet replicaSet, bool allowTags, Deployment target)
    {
        long revision = Revisions.Of(replicaSet);
        PodTemplateSpec template = target.Spec.Template;
        Dictionary<string, string> own = ImagesOf(template);
        Dictionary<string, string> carried = new(StringComparer.Ordinal);
        foreach ((string container, string image) in ImagesOf(replicaSet.Spec.Template))
        {
            if (!own.ContainsKey(container))
            {
                return new ActionOutcome.NotNow($"{target.Key} has no container {container}, which revision {revision} has: apply its manifests first");
            }

            if ((Pinned(replicaSet, image) ?? (allowTags ? image : null)) is not { } pinned)
            {
                return new ActionOutcome.NotNow(
                    $"container {container} of revision {revision} runs {image}, of which no registry's digest is known, so another node may run something else by that name; allowTags carries the name");
            }

            carried.Add(container, pinned);
        }

        if (carried.All(image => own[image.Key] == image.Value))
        {
            return new ActionOutcome.Done(target, $"{target.Key} declares the images of revision {revision} already", revision);
        }

        Deployment promoted = target with
        {
            Metadata = target.Metadata with { Annotations = AnnotationsOf(target, CauseOf(source, replicaSet)) },
            Spec = target.Spec with
            {
                Template = template with
                {
                    Spec = template.Spec with
                    {
                        InitContainers = With(template.Spec.InitContainers, carried),
                        Containers = With(template.Spec.Containers, carried),
                    },
                },
            },
        };
        return new ActionOutcome.Done(promoted, $"revision {revision} of {source.Key} is promoted to {target.Key}", revision);
    }

    /// <summary>The image by its digest; null when none is known.</summary>
    private static string? Pinned(ReplicaSet replicaSet, string image) =>
        ImageReference.Parse(image) is { Digest: not null } ? image
        : ResolvedImages.Of(replicaSet)[image] is { } resolved && ResolvedImages.IsOfRegistry(resolved) ? resolved
        : null;

    /// <summary>A change cause that a user gave speaks of the images until now. Where there is none, the revision is given one, as always.</summary>
    private static ValueMap<string> AnnotationsOf(Deployment target, string cause) => Revisions.HasChangeCause(target)
        ? target.Metadata.Annotations.SetItem(Revisions.ChangeCause, cause)
        : target.Metadata.Annotations;

    private static ValueList<Container> With(ValueList<Container> containers, Dictionary<string, string> images) =>
        [.. containers.Select(container => images.TryGetValue(container.Name, out string? image) ? container with { Image = image } : container)];

    private static IEnumerable<Container> ContainersOf(PodTemplateSpec template) => template.Spec.AllContainers();

    /// <summary>By container; names are unique in a pod.</summary>
    private static Dictionary<string, string> ImagesOf(PodTemplateSpec template) =>
        ContainersOf(template).ToDictionary(container => container.Name, container => container.Image ?? "", StringComparer.Ordinal);
}
