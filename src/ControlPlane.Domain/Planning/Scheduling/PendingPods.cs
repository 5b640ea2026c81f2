using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>Binds pods that have no node yet: bare pods, and those that fitted nowhere when they were made.</summary>
public static class PendingPods
{
    private const string PodScheduled = "PodScheduled";

    /// <summary>
    /// The higher priority first, then the older. A plan for each pod that can be bound, or whose reason for waiting has changed. The plans are independent: one that is refused
    /// holds up no other. Pods that are bound are entered in the cluster.
    /// </summary>
    public static IReadOnlyList<Plan> Plan(IEnumerable<Pod> unboundPods, ClusterState cluster, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(unboundPods);
        ArgumentNullException.ThrowIfNull(cluster);
        Scheduler scheduler = new(cluster);
        List<Plan> plans = [];
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
            else if (Explain(pod, placement.Why!, now) is { } explanation)
            {
                plans.Add(explanation);
            }
        }

        return plans;
    }

    /// <summary>Whether where a pod fits depends on other pods than those that take room: by affinity, anti-affinity or topology spread.</summary>
    public static bool DependsOnOthers(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return !pod.Spec.TopologySpreadConstraints.IsEmpty || pod.Spec.Affinity is { PodAffinity: not null } or { PodAntiAffinity: not null };
    }

    private static Plan Bind(Pod pod, string node, Scheduler scheduler, DateTimeOffset now)
    {
        Condition scheduled = new() { Type = PodScheduled, Status = "True", LastTransitionTime = now };
        Pod bound = WithCondition(pod with { Spec = pod.Spec with { NodeName = node } }, scheduled);
        scheduler.Enter(bound);
        return new Plan
        {
            Writes = [new Write.Update(bound, ResourceParts.All)],
            Events = [EventNote.Normal(pod, "Scheduled", $"Successfully assigned {pod.Namespace}/{pod.Name} to {node}")],
        };
    }

    private static Plan? Explain(Pod pod, Unschedulable why, DateTimeOffset now)
    {
        string reason = why.Message;
        Condition? known = pod.Status is { } status ? Conditions.Find(status.Conditions, PodScheduled) : null;
        if (known is { Status: "False" } && known.Message == reason)
        {
            return null;
        }

        Condition waiting = new() { Type = PodScheduled, Status = "False", Reason = "Unschedulable", Message = reason, LastTransitionTime = now };
        return new Plan
        {
            Preconditions = [Precondition.DesiredUnchanged.Of(pod)],
            Writes = [new Write.Update(WithCondition(pod, waiting, why), ResourceParts.Status)],
            Events = [EventNote.Warning(pod, "FailedScheduling", reason)],
        };
    }

    private static Pod WithCondition(Pod pod, Condition condition, Unschedulable? why = null)
    {
        PodStatus status = pod.Status ?? new PodStatus { Phase = "Pending" };
        return pod with { Status = status with { Conditions = Conditions.With(status.Conditions, condition), Unschedulable = why } };
    }
}
