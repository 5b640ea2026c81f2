using ControlPlane.Api.Wire.Options;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Garbage = ControlPlane.Domain.Planning.Garbage.Deletion;

namespace ControlPlane.Api.Requests;

/// <summary>
/// What a delete does to an object: it leaves at once, or is marked and leaves when nothing holds it any longer
/// (Kubernetes: graceful deletion, finalizers, propagation policy).
/// </summary>
internal static class Deletion
{
    /// <summary>The object as a delete leaves it; <see cref="IsDone"/> says whether it leaves the store.</summary>
    /// <param name="stored">The object.</param>
    /// <param name="options">How.</param>
    /// <param name="now">The time, in whole seconds.</param>
    public static Resource Mark(Resource stored, DeleteOptions options, DateTimeOffset now) => stored switch
    {
        Namespace item => MarkNamespace(item, now),
        Pod pod => MarkPod(pod, options, now),
        _ => Marked(WithPropagation(stored, options), now, graceSeconds: 0),
    };

    /// <summary>True for an object with a deletion mark that nothing holds any longer: its grace is over and it has no finalizers.</summary>
    public static bool IsDone(Resource resource) => resource.Metadata is { IsDeleting: true, Finalizers.IsEmpty: true } && resource switch
    {
        Pod pod => (pod.Metadata.DeletionGracePeriodSeconds ?? 0) == 0 || string.IsNullOrEmpty(pod.Spec.NodeName),
        Namespace item => item.Spec?.Finalizers.IsEmpty ?? true,
        _ => true,
    };

    private static Namespace MarkNamespace(Namespace stored, DateTimeOffset now)
    {
        Namespace marked = (Namespace)Marked(stored, now, graceSeconds: null);
        return marked with { Status = (marked.Status ?? new NamespaceStatus()) with { Phase = "Terminating" } };
    }

    /// <summary>A pod stops within its grace period, which a second delete can shorten and never lengthen.</summary>
    private static Pod MarkPod(Pod stored, DeleteOptions options, DateTimeOffset now)
    {
        Pod pod = (Pod)WithPropagation(stored, options);
        long grace = GraceSeconds(pod, options);
        if (pod.Metadata.DeletionTimestamp is not { } ends)
        {
            return (Pod)Marked(pod, now, grace);
        }

        long granted = pod.Metadata.DeletionGracePeriodSeconds ?? 0;
        return options.GracePeriodSeconds is null || grace >= granted
            ? pod
            : pod with
            {
                Metadata = pod.Metadata with
                {
                    DeletionTimestamp = ends.AddSeconds(grace - granted),
                    DeletionGracePeriodSeconds = grace,
                },
            };
    }

    private static long GraceSeconds(Pod pod, DeleteOptions options)
    {
        if (string.IsNullOrEmpty(pod.Spec.NodeName) || pod.Status?.Phase is "Succeeded" or "Failed")
        {
            return 0;
        }

        return options.GracePeriodSeconds ?? Garbage.GraceOf(pod);
    }

    private static Resource Marked(Resource resource, DateTimeOffset now, long? graceSeconds) => resource.Metadata.IsDeleting
        ? resource
        : resource with
        {
            Metadata = resource.Metadata with
            {
                DeletionTimestamp = now.AddSeconds(graceSeconds ?? 0),
                DeletionGracePeriodSeconds = graceSeconds,
                Generation = resource.Metadata.Generation + 1,
            },
        };

    private static Resource WithPropagation(Resource resource, DeleteOptions options)
    {
        ValueList<string> others = resource.Metadata.Finalizers.Where(name => name is not Garbage.ForegroundFinalizer and not Garbage.OrphanFinalizer).ToValueList();
        ValueList<string> finalizers = options.Propagation switch
        {
            PropagationPolicy.Foreground => others.Add(Garbage.ForegroundFinalizer),
            PropagationPolicy.Orphan => others.Add(Garbage.OrphanFinalizer),
            PropagationPolicy.Background => others,
            _ => resource.Metadata.Finalizers,
        };
        return resource with { Metadata = resource.Metadata with { Finalizers = finalizers } };
    }
}
