using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Nodes;

/// <summary>Pods as they count for whoever plans with them, which is not always as they were last reported.</summary>
public static class CountedPods
{
    /// <summary>
    /// A node that was deleted takes its pods' readiness with it at once, not only when they are ended: a rollout that counted on them would end others. (Those of a lost node are stored as not ready.)
    /// </summary>
    /// <param name="pod">As it is stored.</param>
    /// <param name="isThere">Whether a node of a name has a record.</param>
    /// <param name="now">The time of the pass.</param>
    public static Pod Of(Pod pod, Func<string, bool> isThere, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(isThere);
        return pod is { Spec.NodeName: { Length: > 0 } node, Status: { } status } && pod.IsReady() && !isThere(node)
            ? pod with { Status = status with { Conditions = Conditions.With(status.Conditions, Gone(node, now)) } }
            : pod;
    }

    private static Condition Gone(string node, DateTimeOffset now) => new()
    {
        Type = Conditions.Ready,
        Status = "False",
        LastTransitionTime = now,
        Reason = "NodeDeleted",
        Message = $"node {node} has been deleted",
    };
}
