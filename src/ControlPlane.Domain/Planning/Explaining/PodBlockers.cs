using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>Why a new pod is not available yet: an ordered table of rules, of which the first that has something to say wins.</summary>
internal static class PodBlockers
{
    private static readonly IReadOnlyList<Func<Pod, int, DateTimeOffset, Blocker?>> Rules =
    [
        (pod, _, _) => Unschedulable(pod),
        (pod, _, _) => FirstContainer(pod, ImagePull),
        (pod, _, _) => FirstContainer(pod, Crash),
        (pod, _, _) => FirstContainer(pod, CannotStart),
        (pod, _, _) => NotReady(pod),
        MinReady,
    ];

    /// <summary>What holds a pod up, and the place of its rule in the table; null for an available pod and for one that just starts.</summary>
    public static (int Rank, Blocker Blocker)? Of(Pod pod, int minReadySeconds, DateTimeOffset now)
    {
        if (pod.IsAvailable(minReadySeconds, now))
        {
            return null;
        }

        for (int rank = 0; rank < Rules.Count; rank++)
        {
            if (Rules[rank](pod, minReadySeconds, now) is { } blocker)
            {
                return (rank, blocker with { Pod = pod.Name, Node = pod.Spec.NodeName, Since = blocker.Since ?? pod.Metadata.CreationTimestamp });
            }
        }

        return null;
    }

    private static Blocker? Unschedulable(Pod pod) =>
        Find(pod, "PodScheduled") is { Status: "False" } condition
            ? new Blocker { Reason = "Unschedulable", Message = condition.Message ?? "no node fits", Since = condition.LastTransitionTime }
            : null;

    private static Blocker? ImagePull(ContainerStatus container) =>
        container.State?.Waiting is { Reason: "ErrImagePull" or "ImagePullBackOff" or "ErrImageNeverPull" or "InvalidImageName" } waiting
            ? new Blocker { Reason = "ImagePull", Message = $"container {container.Name}: {waiting.Message ?? waiting.Reason}" }
            : null;

    /// <summary>A container that ended badly and does not pass its probes again: it waits for its next start, or has just begun it.</summary>
    private static Blocker? Crash(ContainerStatus container) =>
        !container.Ready && (container.State?.Terminated ?? container.LastState?.Terminated) is { ExitCode: not 0 } end
            ? new Blocker
            {
                Reason = "ContainerCrash",
                Message = $"container {container.Name} ended with exit code {end.ExitCode} ({end.Reason ?? "Error"})",
                Since = end.FinishedAt,
                Restarts = container.RestartCount,
            }
            : null;

    private static Blocker? CannotStart(ContainerStatus container) =>
        container.State?.Waiting is { Reason: { } reason and not ("ContainerCreating" or "PodInitializing") } waiting
            ? new Blocker { Reason = reason, Message = $"container {container.Name}: {waiting.Message ?? reason}", Restarts = container.RestartCount }
            : null;

    private static Blocker? NotReady(Pod pod) =>
        pod.Status?.Phase == "Running" && Find(pod, Conditions.Ready) is { Status: not "True" } condition
            ? new Blocker { Reason = "NotReady", Message = condition.Message ?? "not ready", Since = condition.LastTransitionTime }
            : null;

    private static Blocker? MinReady(Pod pod, int minReadySeconds, DateTimeOffset now) =>
        pod.IsReady()
            ? new Blocker
            {
                Reason = "MinReadySeconds",
                Message = $"ready, and available once it has been so for {minReadySeconds} s",
                Since = Find(pod, Conditions.Ready)?.LastTransitionTime,
            }
            : null;

    private static Blocker? FirstContainer(Pod pod, Func<ContainerStatus, Blocker?> rule) =>
        (pod.Status?.ContainerStatuses ?? default).Select(rule).FirstOrDefault(blocker => blocker is not null);

    private static Condition? Find(Pod pod, string type) => Conditions.Find(pod.Status?.Conditions ?? default, type);
}
