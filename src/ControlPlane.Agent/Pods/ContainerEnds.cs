using ControlPlane.Agent.Runtimes;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Pods;

/// <summary>How containers ended, in the kubelet's words: those that are there to be looked at, those that vanished, and those of which only the record is left.</summary>
internal static class ContainerEnds
{
    /// <summary>What the kubelet says of a container that it cannot find (Kubernetes: <c>convertToAPIContainerStatuses</c>).</summary>
    private const int UnknownExitCode = 137;
    private const string UnknownReason = "ContainerStatusUnknown";

    /// <summary>The end of a container that is there, or was when it was last seen.</summary>
    public static ContainerStateTerminated Of(ObservedContainer ended, string runtime) => new()
    {
        ExitCode = ended.ExitCode,
        Reason = ended.IsOutOfMemory ? "OOMKilled" : ended.Error.Length > 0 ? "ContainerCannotRun" : ended.ExitCode == 0 ? "Completed" : "Error",
        Message = ended is { Error.Length: > 0, Message.Length: > 0 } ? $"{ended.Error}: {ended.Message}" : ended.Error + ended.Message,
        StartedAt = ended.StartedAt,
        FinishedAt = ended.FinishedAt,
        ContainerID = $"{runtime}://{ended.Id}",
    };

    /// <summary>The end of a container that ran when it was last seen and is no more.</summary>
    public static ContainerStateTerminated OfVanished(ObservedContainer vanished, string runtime) =>
        Unknown(vanished.StartedAt, $"{runtime}://{vanished.Id}", "The container could not be located when the pod was running; it has been removed by someone");

    /// <summary>
    /// The end of a container that this agent has never seen, as the record has it: an end that was reported stays as it was, and a container that
    /// was reported to run and is no more has ended, however. Null when the record does not say that it ever ran.
    /// </summary>
    public static ContainerStateTerminated? Recorded(Pod pod, string container)
    {
        if (pod.StatusOf(container) is not { } recorded)
        {
            return null;
        }

        if (recorded.State?.Terminated is { } ended)
        {
            return ended;
        }

        return recorded.State?.Running is { } running
            ? Unknown(running.StartedAt, recorded.ContainerID, "The container could not be located when the agent was restarted")
            : recorded.LastState?.Terminated;
    }

    /// <summary>The end of an init container that has succeeded, for others run that come after it, and of which nothing else is known any more.</summary>
    public static ContainerStateTerminated Succeeded() => new()
    {
        ExitCode = 0,
        Reason = "Completed",
        Message = "Unable to get init container status from container runtime and pod has been initialized",
    };

    private static ContainerStateTerminated Unknown(DateTimeOffset? startedAt, string? containerId, string message) => new()
    {
        ExitCode = UnknownExitCode,
        Reason = UnknownReason,
        Message = message,
        StartedAt = startedAt,
        ContainerID = containerId,
    };
}
