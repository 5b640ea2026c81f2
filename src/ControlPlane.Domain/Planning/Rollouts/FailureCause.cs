using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>Why a revision's pods are not available, in one sentence about the first of them that says anything.</summary>
internal static class FailureCause
{
    /// <summary>Such as <c>pod hello-5d59d67564-x7k2p on node-1: container main: ImagePullBackOff: manifest unknown</c>; empty when no pod says anything.</summary>
    public static string Of(RolloutMember member, DateTimeOffset now)
    {
        int minReadySeconds = member.ReplicaSet.Spec.MinReadySeconds ?? 0;
        return member.Pods.Active
            .Where(pod => !pod.IsAvailable(minReadySeconds, now))
            .Select(pod => (Pod: pod, Says: Says(pod)))
            .Where(told => told.Says is not null)
            .Select(told => $"pod {told.Pod.Name}{(told.Pod.IsBound() ? $" on {told.Pod.Spec.NodeName}" : "")}: {told.Says}")
            .FirstOrDefault() ?? "";
    }

    private static string? Says(Pod pod)
    {
        if (pod.Status is not { } status)
        {
            return null;
        }

        ContainerStatus? failing = status.InitContainerStatuses.Concat(status.ContainerStatuses)
            .FirstOrDefault(container => container.State?.Waiting?.Reason is not (null or "ContainerCreating" or "PodInitializing") || container.State?.Terminated is { ExitCode: not 0 });
        if (failing is not null)
        {
            return $"container {failing.Name}: {OfContainer(failing)}";
        }

        return Conditions.Find(status.Conditions, "PodScheduled") is { Status: "False" } unscheduled
            ? unscheduled.Message
            : Conditions.Find(status.Conditions, Conditions.Ready) is { Status: "False" } unready ? unready.Message : null;
    }

    private static string OfContainer(ContainerStatus container)
    {
        ContainerStateWaiting? waiting = container.State?.Waiting;
        ContainerStateTerminated? ended = container.State?.Terminated ?? container.LastState?.Terminated;
        string why = waiting?.Reason ?? ended?.Reason ?? "Error";
        why = string.IsNullOrEmpty(waiting?.Message) ? why : $"{why}: {waiting.Message}";
        return ended is null ? why : $"{why} (exit code {ended.ExitCode}, {container.RestartCount} restarts)";
    }
}
