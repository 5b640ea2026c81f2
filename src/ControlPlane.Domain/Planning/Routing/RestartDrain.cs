using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Routing;

/// <summary>
/// The restart of a container in a pod that stays, as after a failed liveness probe. The node says in a condition that it wants to, and counts the pod as not ready; so gateways send nothing
/// more there. When they have said so, and nothing is in flight, the leader answers in an annotation, and the node stops the container. It waits only so long: neither a hung container nor a control plane that is away
/// delays a restart for more than some seconds.
/// </summary>
public static class RestartDrain
{
    /// <summary>The pod's condition while a restart waits; it is not there otherwise.</summary>
    public const string ConditionType = "controlplane.dev/RestartPending";

    /// <summary>The leader's answer: the condition's time of transition.</summary>
    public const string AnswerAnnotation = "controlplane.dev/restart-drained";

    /// <summary>How long requests are waited for: short, for what has failed its probe may hang.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>How long the node waits for the answer; longer than the leader does for the requests.</summary>
    public static readonly TimeSpan PatienceOfNode = TimeSpan.FromSeconds(12);

    /// <summary>Since when a restart waits; null when none does.</summary>
    public static DateTimeOffset? PendingSince(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return PendingSince(pod.Status);
    }

    /// <inheritdoc cref="PendingSince(Pod)"/>
    public static DateTimeOffset? PendingSince(PodStatus? status)
    {
        foreach (Condition condition in (status?.Conditions ?? default).AsSpan())
        {
            if (condition is { Type: ConditionType, Status: "True" })
            {
                return condition.LastTransitionTime;
            }
        }

        return null;
    }

    /// <summary>Whether a restart that waits since then may begin.</summary>
    public static bool IsAnswered(Pod pod, DateTimeOffset since)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return pod.Metadata.Annotations[AnswerAnnotation] == Draining.Stamp(since);
    }

    /// <summary>Whether the leader has to answer a pod.</summary>
    public static bool IsAsked(Pod pod) => PendingSince(pod) is { } since && !pod.Metadata.IsDeleting && !IsAnswered(pod, since);

    /// <summary>The answer as soon as no gateway is waited for, or the time is over. Any gateway still counts that the pod's own end would wait for.</summary>
    internal static Plan Judge(Pod pod, GatewayWaits waits, DateTimeOffset now)
    {
        DateTimeOffset since = PendingSince(pod)!.Value;
        bool isOver = waits.AreOver || !waits.Concern(pod) || waits.For(pod) is null || since + Timeout <= now;
        return isOver
            ? new Plan { Writes = [new Commits.Write.Update(Answered(pod, since), Commits.ResourceParts.Desired)] }
            : new Plan { RecheckAfter = Draining.RecheckDelay };
    }

    private static Pod Answered(Pod pod, DateTimeOffset since) => pod with
    {
        Metadata = pod.Metadata with { Annotations = pod.Metadata.Annotations.SetItem(AnswerAnnotation, Draining.Stamp(since)) },
    };
}
