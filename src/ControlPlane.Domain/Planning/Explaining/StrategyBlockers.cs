using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>What Recreate and RollingUpdate wait for by their own rules.</summary>
internal static class StrategyBlockers
{
    /// <summary>
    /// Recreate waits until every old pod has gone. RollingUpdate stands still between its bounds: of 4 replicas with 1 surge and 1 unavailable,
    /// 5 pods of which 3 are available let it neither add one nor take one away. Null while there is something that it can do.
    /// </summary>
    public static Blocker? Of(Rollout rollout, DateTimeOffset now) =>
        rollout.IsRecreate ? WaitingForTermination([.. rollout.Old.SelectMany(member => member.Pods.Terminating)])
        : rollout.Deployment.Spec.Paused == true ? null
        : BudgetUsedUp(rollout, now);

    private static Blocker? WaitingForTermination(IReadOnlyList<Pod> terminating) => terminating.Count == 0 ? null : new Blocker
    {
        Reason = "WaitingForTermination",
        Message = "old pods are terminating, and new ones start when they have gone",
        Pod = terminating[0].Name,
        Node = terminating[0].Spec.NodeName,
        Since = terminating.Min(MarkedAt),
        Count = terminating.Count,
    };

    private static Blocker? BudgetUsedUp(Rollout rollout, DateTimeOffset now)
    {
        int minReadySeconds = rollout.Deployment.Spec.MinReadySeconds ?? 0;
        int total = rollout.Members.Sum(member => member.Counts.Active);
        bool hasOld = total > (rollout.New?.Counts.Active ?? 0);
        int available = hasOld && total >= rollout.MaxTotal ? rollout.Members.SelectMany(member => member.Pods.Active).Count(pod => pod.IsAvailable(minReadySeconds, now)) : int.MaxValue;
        if (available > rollout.MinAvailable)
        {
            return null;
        }

        ValueList<Pod> ofNew = rollout.New?.Pods.Active ?? default;
        List<Pod> waitedFor = [.. ofNew.Where(pod => !pod.IsAvailable(minReadySeconds, now)).OrderBy(pod => pod.Name, StringComparer.Ordinal)];
        return new Blocker
        {
            Reason = "BudgetUsedUp",
            Message = $"{total} of at most {rollout.MaxTotal} pods exist, and {available} are available of which at least "
                + $"{rollout.MinAvailable} must stay: waiting for new pods to become available",
            Pod = waitedFor.FirstOrDefault()?.Name,
            Node = waitedFor.FirstOrDefault()?.Spec.NodeName,
            Since = rollout.Members.SelectMany(member => member.Pods.Active.Select(pod => ChangedAt(pod, minReadySeconds, now)).Concat(member.Pods.Terminating.Select(MarkedAt))).Max(),
            Count = Math.Max(1, waitedFor.Count),
        };
    }

    /// <summary>When a pod last changed what the bounds count: it was made, it stopped being ready, it had been ready for long enough.</summary>
    private static DateTimeOffset? ChangedAt(Pod pod, int minReadySeconds, DateTimeOffset now) =>
        pod.IsAvailable(minReadySeconds, now) ? pod.ReadySince()?.AddSeconds(minReadySeconds)
        : Conditions.Find(pod.Status?.Conditions ?? default, Conditions.Ready) is { Status: "False", LastTransitionTime: { } since } ? since
        : pod.Metadata.CreationTimestamp;

    private static DateTimeOffset? MarkedAt(Pod pod) => pod.Metadata.DeletionTimestamp?.AddSeconds(-(pod.Metadata.DeletionGracePeriodSeconds ?? 0));
}
