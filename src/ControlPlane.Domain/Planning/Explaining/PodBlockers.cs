using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>What holds one pod up.</summary>
/// <param name="Rank">The place of its rule in the table.</param>
/// <param name="IsFault">False where the rollout waits by its own rules, and time alone ends it.</param>
/// <param name="From">From when on it is told: a pod that just starts holds nobody up yet.</param>
/// <param name="Blocker">What there is to tell.</param>
internal readonly record struct PodBlocker(int Rank, bool IsFault, DateTimeOffset From, Blocker Blocker);

/// <summary>Why a new pod is not available yet: an ordered table of rules, of which the first that has something to say wins.</summary>
internal static class PodBlockers
{
    /// <summary>The longest message of one blocker, in characters; what a runtime says can be long.</summary>
    public const int MessageLengthMax = 512;

    /// <summary>How long a fault must last to be told, so that one that is over at once is not news.</summary>
    public static TimeSpan FaultAfter { get; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a pod may take to start and get ready before that is told: a usual start is no blocker.</summary>
    public static TimeSpan StartingAfter { get; } = TimeSpan.FromSeconds(10);

    private static readonly IReadOnlyList<Rule> Rules =
    [
        new((pod, _) => Unschedulable(pod), FaultAfter),
        new((pod, _) => FirstContainer(pod, ImagePull), FaultAfter),
        new((pod, _) => FirstContainer(pod, Crash), FaultAfter),
        new((pod, _) => FirstContainer(pod, CannotStart), FaultAfter),
        new((pod, _) => Starting(pod), StartingAfter),
        new((pod, _) => NotReady(pod), StartingAfter),
        new(MinReady, TimeSpan.Zero, IsFault: false),
    ];

    /// <summary>What holds a pod up; null for an available pod, and for one made so recently that nothing can be told of it yet.</summary>
    public static PodBlocker? Of(Pod pod, int minReadySeconds, DateTimeOffset now)
    {
        if (pod.IsAvailable(minReadySeconds, now))
        {
            return null;
        }

        for (int rank = 0; rank < Rules.Count; rank++)
        {
            if (Rules[rank].Find(pod, minReadySeconds) is { } blocker)
            {
                DateTimeOffset since = blocker.Since ?? UnreadySince(pod) ?? now;
                return new PodBlocker(rank, Rules[rank].IsFault, since + Rules[rank].ToldAfter, blocker with
                {
                    Message = blocker.Message.Length > MessageLengthMax ? blocker.Message[..MessageLengthMax] : blocker.Message,
                    Pod = pod.Name,
                    Node = pod.Spec.NodeName,
                    Since = since,
                });
            }
        }

        return null;
    }

    private static Blocker? Unschedulable(Pod pod) =>
        !pod.IsBound() && Find(pod, "PodScheduled") is { Status: "False" } condition
            ? new Blocker
            {
                Reason = "Unschedulable",
                Message = pod.Status!.Unschedulable?.Summary ?? condition.Message ?? "no node fits",
                Since = condition.LastTransitionTime,
            }
            : null;

    private static Blocker? ImagePull(ContainerStatus container) =>
        container.State?.Waiting is { Reason: "ErrImagePull" or "ImagePullBackOff" or "ErrImageNeverPull" or "InvalidImageName" } waiting
            ? new Blocker { Reason = "ImagePull", Message = $"container {container.Name}: {Said(waiting)}" }
            : null;

    /// <summary>
    /// A container that ended badly and does not pass its probes again: it waits for its next start, or has just begun it. One that ends well and is started again
    /// has ended badly too once it has to wait for that.
    /// </summary>
    private static Blocker? Crash(ContainerStatus container) =>
        !container.Ready && (container.State?.Terminated ?? container.LastState?.Terminated) is { } end
        && (end.ExitCode != 0 || container.State?.Waiting?.Reason == Trial.CrashLoop)
            ? new Blocker
            {
                Reason = "ContainerCrash",
                Message = $"container {container.Name} ended with exit code {end.ExitCode} ({end.Reason ?? (end.ExitCode == 0 ? "Completed" : "Error")})",
                Restarts = container.RestartCount,
            }
            : null;

    private static Blocker? CannotStart(ContainerStatus container) =>
        container.State?.Waiting is { Reason: { } reason and not ("ContainerCreating" or "PodInitializing") } waiting
            ? new Blocker { Reason = reason, Message = $"container {container.Name}: {Said(waiting)}", Restarts = container.RestartCount }
            : null;

    /// <summary>A pod that its node has not taken on, or whose containers are still being made, their images perhaps still being pulled.</summary>
    private static Blocker? Starting(Pod pod)
    {
        if (!pod.IsBound() || pod.Status?.Phase is "Running")
        {
            return null;
        }

        if (pod.Status?.ContainerStatuses is not { IsEmpty: false })
        {
            return new Blocker { Reason = "NotStarted", Message = "its node has not taken it on yet", Since = pod.Metadata.CreationTimestamp };
        }

        return FirstContainer(pod, container => container.State switch
        {
            { Waiting: not null } => new Blocker
            {
                Reason = "ContainerCreating",
                Message = $"container {container.Name} is still being made, its image perhaps still being pulled",
            },
            { Running: not null } when pod.Spec.IsSidecar(container.Name) => container.Started == true ? null : Initializing(container, "started up"),
            { Running: not null } when pod.Spec.IsInitContainer(container.Name) => Initializing(container, "ended"),
            _ => null,
        });
    }

    private static Blocker Initializing(ContainerStatus container, string what) =>
        new() { Reason = "PodInitializing", Message = $"container {container.Name} has not {what} yet, and the others wait for it" };

    private static Blocker? NotReady(Pod pod) =>
        pod.Status?.Phase == "Running" && Find(pod, Conditions.Ready) is { Status: not "True" } condition
            ? new Blocker { Reason = "NotReady", Message = condition.Message is { Length: > 0 } message ? message : "not ready" }
            : null;

    private static Blocker? MinReady(Pod pod, int minReadySeconds) =>
        pod.IsReady()
            ? new Blocker
            {
                Reason = "MinReadySeconds",
                Message = $"ready, and available once it has been so for {minReadySeconds} s",
                Since = pod.ReadySince(),
            }
            : null;

    /// <summary>The first container that has something to tell; an init container says what it is.</summary>
    private static Blocker? FirstContainer(Pod pod, Func<ContainerStatus, Blocker?> rule) => pod.AllContainerStatuses()
        .Select(container => rule(container) is { } blocker && pod.Spec.IsInitContainer(container.Name) ? blocker with { Message = $"init {blocker.Message}" } : rule(container))
        .FirstOrDefault(blocker => blocker is not null);

    private static string? Said(ContainerStateWaiting waiting) => waiting.Message is { Length: > 0 } message ? message : waiting.Reason;

    /// <summary>Since when a pod has been missing: a crash loop began with its first crash, not with its last.</summary>
    private static DateTimeOffset? UnreadySince(Pod pod) =>
        Find(pod, Conditions.Ready) is { Status: not "True", LastTransitionTime: { } since } ? since : pod.Metadata.CreationTimestamp;

    private static Condition? Find(Pod pod, string type) => Conditions.Find(pod.Status?.Conditions ?? default, type);

    private sealed record Rule(Func<Pod, int, Blocker?> Find, TimeSpan ToldAfter, bool IsFault = true);
}
