using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>Binds pods that have no node yet: bare pods, and those that fitted nowhere when they were made.</summary>
public static class PendingPods
{
    private const string PodScheduled = "PodScheduled";

    /// <summary>
    /// The higher priority first, then the older. A plan for each pod that can be bound, or whose reason for waiting has changed, and one that says when there is more to tell. The plans are
    /// independent: one that is refused holds up no other. Pods that are bound are entered in the cluster.
    /// </summary>
    /// <param name="unboundPods">Those that may wait for a node.</param>
    /// <param name="cluster">The nodes, and what they hold.</param>
    /// <param name="now">The time of the pass.</param>
    /// <param name="bounds">How often reasons are told again; by default <see cref="RewriteBounds.Default"/>.</param>
    public static IReadOnlyList<Plan> Plan(IEnumerable<Pod> unboundPods, ClusterState cluster, DateTimeOffset now, RewriteBounds? bounds = null)
    {
        ArgumentNullException.ThrowIfNull(unboundPods);
        ArgumentNullException.ThrowIfNull(cluster);
        Scheduler scheduler = new(cluster);
        List<Plan> plans = [];
        List<Retold> retold = [];
        foreach (Pod pod in unboundPods.OrderByDescending(pod => pod.Spec.Priority ?? 0).ThenBy(pod => pod.Metadata.CreationTimestamp).ThenBy(pod => pod.Key))
        {
            if (pod.Metadata.IsDeleting || !string.IsNullOrEmpty(pod.Spec.NodeName) || pod.Status?.Phase is "Succeeded" or "Failed")
            {
                continue;
            }

            Placement placement = scheduler.Place(pod);
            if (placement.Node is { } node)
            {
                plans.Add(Bind(pod, node, scheduler, now));
            }
            else if (Told(pod) is not { } told)
            {
                plans.Add(Explain(pod, placement.Why!, now));
            }
            else if (told.Message != placement.Why!.Message)
            {
                retold.Add(new Retold(pod, placement.Why, told.LastProbeTime, HasOtherReasons(pod, placement.Why)));
            }
        }

        return [.. plans, .. Explain(retold, now, bounds ?? RewriteBounds.Default)];
    }

    /// <summary>A pod on its node, which says so.</summary>
    public static Pod Bound(Pod pod, string node, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return WithCondition(pod with { Spec = pod.Spec with { NodeName = node } }, new Condition { Type = PodScheduled, Status = "True", LastTransitionTime = now });
    }

    /// <summary>Whether where a pod fits depends on other pods than those that take room: by affinity, anti-affinity or topology spread.</summary>
    public static bool DependsOnOthers(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return !pod.Spec.TopologySpreadConstraints.IsEmpty || pod.Spec.Affinity is { PodAffinity: not null } or { PodAntiAffinity: not null };
    }

    /// <summary>
    /// What a pod says for which there is no node (Kubernetes: the scheduler's condition PodScheduled, with the pod's generation that it looked at). When it was told last, which Kubernetes leaves out, is what bounds how soon it is told
    /// again.
    /// </summary>
    internal static Condition Waiting(Pod pod, Unschedulable why, DateTimeOffset now) => new()
    {
        Type = PodScheduled,
        Status = "False",
        Reason = "Unschedulable",
        Message = why.Message,
        ObservedGeneration = pod.Metadata.Generation,
        LastProbeTime = now,
        LastTransitionTime = now,
    };

    private static Plan Bind(Pod pod, string node, Scheduler scheduler, DateTimeOffset now)
    {
        Pod bound = Bound(pod, node, now);
        scheduler.Enter(bound);
        return new Plan
        {
            Writes = [new Write.Update(bound, ResourceParts.All)],
            Events = [EventNote.Normal(pod, "Scheduled", $"Successfully assigned {pod.Namespace}/{pod.Name} to {node}")],
        };
    }

    private static Condition? Told(Pod pod) => Conditions.Find(pod.Status?.Conditions ?? default, PodScheduled) is { Status: "False" } told ? told : null;

    /// <summary>Whether more has changed than on how many nodes each reason holds: <c>2 Insufficient cpu</c> and <c>3 Insufficient cpu</c> are one reason.</summary>
    private static bool HasOtherReasons(Pod pod, Unschedulable why) =>
        pod.Status?.Unschedulable is not { } known
        || !known.Reasons.Select(reason => reason.Text).ToHashSet(StringComparer.Ordinal).SetEquals(why.Reasons.Select(reason => reason.Text));

    /// <summary>Explanations that have changed, as many as the bounds allow now; then when the rest is due.</summary>
    private static IEnumerable<Plan> Explain(List<Retold> retold, DateTimeOffset now, RewriteBounds bounds)
    {
        Retold[] due = [.. retold.Where(one => one.DueAt(bounds) <= now).OrderBy(one => one.At)];
        foreach (Retold one in due.Take(bounds.PodsPerPass))
        {
            yield return Explain(one.Pod, one.Why, now);
        }

        TimeSpan? rest = due.Length > bounds.PodsPerPass ? RewriteBounds.RestAfter : null;
        TimeSpan? next = retold.Select(one => one.DueAt(bounds) - now).Where(wait => wait > TimeSpan.Zero).Select(wait => (TimeSpan?)wait).Min();
        if (rest is not null || next is not null)
        {
            yield return new Plan { RecheckAfter = next < rest ? next : rest ?? next };
        }
    }

    private static Plan Explain(Pod pod, Unschedulable why, DateTimeOffset now)
    {
        return new Plan
        {
            Preconditions = [Precondition.DesiredUnchanged.Of(pod)],
            Writes = [new Write.Update(WithCondition(pod, Waiting(pod, why, now), why), ResourceParts.Status)],
            Events = [EventNote.Warning(pod, "FailedScheduling", why.Message)],
        };
    }

    private static Pod WithCondition(Pod pod, Condition condition, Unschedulable? why = null)
    {
        PodStatus status = pod.Status ?? new PodStatus { Phase = "Pending" };
        return pod with { Status = status with { Conditions = Conditions.With(status.Conditions, condition), Unschedulable = why } };
    }

    /// <summary>An explanation that has changed since it was written.</summary>
    private sealed record Retold(Pod Pod, Unschedulable Why, DateTimeOffset? At, bool HasOtherReasons)
    {
        public DateTimeOffset DueAt(RewriteBounds bounds) => HasOtherReasons || At is null ? DateTimeOffset.MinValue : At.Value + bounds.CountsInterval;
    }
}
