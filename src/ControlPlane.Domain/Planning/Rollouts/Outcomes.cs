using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>How a revision has fared so far.</summary>
public enum RevisionOutcome
{
    /// <summary>Neither complete nor failed: it may still be rolled back.</summary>
    OnTrial,

    /// <summary>It was complete once; nothing rolls it back by itself.</summary>
    Complete,

    /// <summary>It did not get complete; the last good revision serves in its place.</summary>
    Failed,
}

/// <summary>
/// The outcome of a revision, kept in its ReplicaSet's conditions <c>Complete</c> and <c>Failed</c>: there it outlives the leader, and
/// <c>kubectl rollout undo</c>, which copies annotations, cannot carry it into another revision.
/// </summary>
public static class Outcomes
{
    public const string Complete = "Complete";

    public const string Failed = "Failed";

    private const string Retried = "Retried";

    public static RevisionOutcome Of(ReplicaSet replicaSet)
    {
        ArgumentNullException.ThrowIfNull(replicaSet);
        return IsSet(replicaSet, Complete) ? RevisionOutcome.Complete
            : IsSet(replicaSet, Failed) ? RevisionOutcome.Failed
            : RevisionOutcome.OnTrial;
    }

    /// <summary>When, why and by what cause the revision failed; null when it did not.</summary>
    public static Condition? FailureOf(ReplicaSet replicaSet)
    {
        ArgumentNullException.ThrowIfNull(replicaSet);
        return Of(replicaSet) == RevisionOutcome.Failed ? Conditions.Find(ConditionsOf(replicaSet), Failed) : null;
    }

    /// <summary>The newest revision of those given that was complete once; null when none was.</summary>
    internal static RolloutMember? LastGood(IEnumerable<RolloutMember> members) => members
        .Where(member => Of(member.ReplicaSet) == RevisionOutcome.Complete && !member.ReplicaSet.Metadata.IsDeleting)
        .MaxBy(member => Revisions.Of(member.ReplicaSet));

    /// <summary>Proven, whatever it was before.</summary>
    internal static ReplicaSet WithComplete(ReplicaSet replicaSet, DateTimeOffset now) => Of(replicaSet) == RevisionOutcome.Complete
        ? replicaSet
        : With(WithoutFailure(replicaSet), Complete, "NewReplicaSetAvailable", "The revision has been complete.", now);

    internal static ReplicaSet WithFailure(ReplicaSet replicaSet, string reason, string message, DateTimeOffset now) =>
        With(replicaSet, Failed, reason, message, now);

    /// <summary>On trial again.</summary>
    internal static ReplicaSet WithoutFailure(ReplicaSet replicaSet) => !IsSet(replicaSet, Failed)
        ? replicaSet
        : replicaSet with { Status = replicaSet.Status! with { Conditions = WorkloadConditions.Without(replicaSet.Status.Conditions, Failed) } };

    /// <summary>On trial again, though it was complete once: its template is declared again, and has to go through the steps of its policy.</summary>
    internal static ReplicaSet WithoutComplete(ReplicaSet replicaSet) => !IsSet(replicaSet, Complete)
        ? replicaSet
        : replicaSet with { Status = replicaSet.Status! with { Conditions = WorkloadConditions.Without(replicaSet.Status.Conditions, Complete) } };

    /// <summary>The last retry that has been looked at: its message is the request as it was written down, its time when a pass first saw it. Null when there was none.</summary>
    internal static Condition? RetryOf(ReplicaSet replicaSet) => Conditions.Find(ConditionsOf(replicaSet), Retried);

    /// <summary>With a retry that has been looked at: the same one means nothing to a later failure.</summary>
    internal static ReplicaSet WithRetry(ReplicaSet replicaSet, string request, DateTimeOffset now)
    {
        Condition retried = new() { Type = Retried, Status = "True", Reason = "RetryAsked", Message = request, LastTransitionTime = now };
        ReplicaSetStatus status = replicaSet.Status ?? new ReplicaSetStatus();
        return replicaSet with { Status = status with { Conditions = WorkloadConditions.Without(status.Conditions, Retried).Add(retried) } };
    }

    private static ReplicaSet With(ReplicaSet replicaSet, string type, string reason, string message, DateTimeOffset now)
    {
        Condition condition = new() { Type = type, Status = "True", Reason = reason, Message = message, LastTransitionTime = now };
        ReplicaSetStatus status = replicaSet.Status ?? new ReplicaSetStatus();
        return replicaSet with { Status = status with { Conditions = WorkloadConditions.With(status.Conditions, condition) } };
    }

    private static bool IsSet(ReplicaSet replicaSet, string type) => Conditions.Find(ConditionsOf(replicaSet), type)?.Status == "True";

    private static ValueList<Condition> ConditionsOf(ReplicaSet replicaSet) => replicaSet.Status?.Conditions ?? default;
}
