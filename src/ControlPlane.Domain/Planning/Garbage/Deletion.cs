using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Garbage;

/// <summary>How objects end: marked while something still has to happen elsewhere, removed when nothing has.</summary>
public static class Deletion
{
    /// <summary>The owner leaves after its dependants (Kubernetes: propagation policy Foreground).</summary>
    public const string ForegroundFinalizer = "foregroundDeletion";

    /// <summary>The dependants are let go first and stay (Kubernetes: propagation policy Orphan).</summary>
    public const string OrphanFinalizer = "orphan";

    /// <summary>Seconds between SIGTERM and SIGKILL where a pod does not say (Kubernetes API, PodSpec).</summary>
    public const long DefaultGracePeriodSeconds = 30;

    /// <summary>
    /// The grace of a pod that nobody gave another, in seconds. A template's 0 is 1, as <c>kubectl delete --grace-period=0</c> without <c>--force</c> asks for: a grace of 0 on a mark is a user's force, which waits for no gateway.
    /// </summary>
    public static long GraceOf(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return Math.Max(1, pod.Spec.TerminationGracePeriodSeconds ?? DefaultGracePeriodSeconds);
    }

    /// <summary>
    /// A plan that ends an object, or null when it is ending already. A pod on a node is marked, and its node removes it once its containers have
    /// stopped; an object with finalizers is marked; all else is removed at once.
    /// </summary>
    public static Plan? PlanFor(Resource item, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(item);
        if (item.Metadata.IsDeleting)
        {
            return null;
        }

        bool hasToStop = item is Pod pod && !string.IsNullOrEmpty(pod.Spec.NodeName);
        return hasToStop || !item.Metadata.Finalizers.IsEmpty ? Write(Marked(item, now)) : Removal(item);
    }

    /// <summary>
    /// The object with its deletion mark, a pod's with its grace period. The mark's time is when the grace ends (Kubernetes API, ObjectMeta
    /// deletionTimestamp): asked for at 12:00:00 with 30 s of grace, it says 12:00:30.
    /// </summary>
    public static Resource Marked(Resource item, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(item);
        long grace = item is Pod pod ? GraceOf(pod) : 0;
        return item with { Metadata = item.Metadata with { DeletionTimestamp = now.AddSeconds(grace), DeletionGracePeriodSeconds = grace } };
    }

    /// <summary>A plan that removes exactly the object that was read, for it may have been bound or changed hands since.</summary>
    internal static Plan Removal(Resource item) => new()
    {
        Preconditions = [Precondition.DesiredUnchanged.Of(item)],
        Writes = [Commits.Write.Remove.Of(item)],
    };

    internal static Plan Write(Resource desired) => new() { Writes = [new Write.Update(desired, ResourceParts.Desired)] };
}
