using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Garbage;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Nodes;

/// <summary>
/// Takes pods off nodes with taints of effect NoExecute that they do not tolerate, or no longer. Worked example: a taint added at 12:00:00; a pod without a
/// toleration goes at once, one with <c>tolerationSeconds: 60</c> at 12:01:00, one that came at 12:00:30 with the same at 12:01:30, one without seconds
/// stays.
/// </summary>
public static class TaintEviction
{
    /// <summary>A plan for each pod that goes, independent of the others, and when to look again.</summary>
    /// <param name="nodes">The nodes.</param>
    /// <param name="podsOn">The pods bound to a node.</param>
    /// <param name="now">The time of the pass.</param>
    public static IReadOnlyList<Plan> Plan(IEnumerable<Node> nodes, Func<string, IReadOnlyCollection<Pod>> podsOn, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(podsOn);
        List<Plan> plans = [];
        DateTimeOffset? next = null;
        foreach (Node node in nodes.Where(HasEvictingTaint))
        {
            foreach (Pod pod in podsOn(node.Name).Where(pod => !pod.Metadata.IsDeleting && !NodeHealth.HasEnded(pod)))
            {
                DateTimeOffset? end = EndOfPatience(pod, node);
                if (end <= now)
                {
                    plans.Add(Evict(pod, node, now));
                }
                else
                {
                    next = next < end ? next : end ?? next;
                }
            }
        }

        if (next is { } time)
        {
            plans.Add(new Plan { RecheckAfter = time - now });
        }

        return plans;
    }

    /// <summary>Whether a node has taints that take pods off it.</summary>
    public static bool HasEvictingTaint(Node node) => node.Spec is { } spec && spec.Taints.Any(taint => taint.Effect == "NoExecute");

    /// <summary>When the first of the node's taints is no longer tolerated; null for never.</summary>
    private static DateTimeOffset? EndOfPatience(Pod pod, Node node) => node.Spec!.Taints
        .Where(taint => taint.Effect == "NoExecute")
        .Min(taint => Tolerations.Patience(pod, taint) is { } patience ? Later(taint.TimeAdded, BoundAt(pod)) + patience : (DateTimeOffset?)null);

    private static DateTimeOffset Later(DateTimeOffset? taintAdded, DateTimeOffset bound) => taintAdded > bound ? taintAdded.Value : bound;

    private static DateTimeOffset BoundAt(Pod pod) =>
        Conditions.Find(pod.Status?.Conditions ?? default, "PodScheduled") is { Status: "True", LastTransitionTime: { } time } ? time
        : pod.Metadata.CreationTimestamp ?? DateTimeOffset.UnixEpoch;

    private static Plan Evict(Pod pod, Node node, DateTimeOffset now) => Deletion.Write(Deletion.Marked(pod, now)) with
    {
        Preconditions = [Precondition.DesiredUnchanged.Of(node)],
        Events = [EventNote.Normal(pod, "TaintManagerEviction", $"Marking for deletion Pod {pod.Namespace}/{pod.Name}")],
    };
}
