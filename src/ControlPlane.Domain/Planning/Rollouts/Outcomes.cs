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
/// <c>kubectl rollout undo</c>, which copies annotations, cannot carry it into another revision. One that was complete once, is declared again and takes the steps of a policy is <c>DeclaredAgain</c>
/// too: nothing but its user or its policy's analysis gives it up, and <c>Failed</c> beside <c>Complete</c> says that one of them did.
/// </summary>
public static class Outcomes
{
    public const string Complete = "Complete";

    public const string Failed = "Failed";

    private const string Retried = "Retried";

    /// <summary>Complete once, and on its way through its policy's steps again.</summary>
    public const string DeclaredAgain = "DeclaredAgain";

    public static RevisionOutcome Of(ReplicaSet replicaSet)
    {
        ArgumentNullException.ThrowIfNull(replicaSet);
        return IsSet(replicaSet, Failed) ? RevisionOutcome.Failed
            : IsSet(replicaSet, Complete) ? RevisionOutcome.Complete
            : RevisionOutcome.OnTrial;
    }

    /// <summary>When, why and by what cause the revision failed; null when it did not.</summary>
    public static Condition? FailureOf(ReplicaSet replicaSet)
    {
        ArgumentNullException.ThrowIfNull(replicaSet);
        return Of(replicaSet) == RevisionOutcome.Failed ? Conditions.Find(ConditionsOf(replicaSet), Failed) : null;
    }

    /// <summary>Whether the revision was complete once and goes through its policy's steps again.</summary>
    internal static bool TakesSteps(ReplicaSet replicaSet) => Of(replicaSet) == RevisionOutcome.Complete && IsSet(replicaSet, DeclaredAgain);

    /// <summary>Whether its user, or the analysis of its policy, may give the revision up.</summary>
    internal static bool MayBeGivenUp(ReplicaSet replicaSet) => Of(replicaSet) == RevisionOutcome.OnTrial || TakesSteps(replicaSet);

    /// <summary>The newest revision of those given that was complete, and is not on its way there again; null when none was.</summary>
    internal static RolloutMember? LastGood(IEnumerable<RolloutMember> members) => members
        .Where(member => Of(member.ReplicaSet) == RevisionOutcome.Complete && !TakesSteps(member.ReplicaSet) && !member.ReplicaSet.Metadata.IsDeleting)
        .MaxBy(member => Revisions.Of(member.ReplicaSet));

    /// <summary>Proven, whatever it was before.</summary>
    internal static ReplicaSet WithComplete(ReplicaSet replicaSet, DateTimeOffset now) => Of(replicaSet) == RevisionOutcome.Complete && !TakesSteps(replicaSet)
        ? replicaSet
        : With(Without(WithoutFailure(replicaSet), DeclaredAgain), Complete, "NewReplicaSetAvailable", "The revision has been complete.", now);

    internal static ReplicaSet WithFailure(ReplicaSet replicaSet, string reason, string message, DateTimeOffset now) =>
        With(replicaSet, Failed, reason, message, now);

    /// <summary>On trial again or, if it was complete once, complete again.</summary>
    internal static ReplicaSet WithoutFailure(ReplicaSet replicaSet) => Without(replicaSet, Failed);

    /// <summary>What was complete once goes through the steps of its policy again; anything else stays as it is.</summary>
    internal static ReplicaSet WithSteps(ReplicaSet replicaSet, DateTimeOffset now) => Of(replicaSet) != RevisionOutcome.Complete || TakesSteps(replicaSet)
        ? replicaSet
        : With(replicaSet, DeclaredAgain, "TakesSteps", "The revision has been complete, is declared again, and takes the steps of its policy.", now);

    private static ReplicaSet Without(ReplicaSet replicaSet, string type) => !IsSet(replicaSet, type)
        ? replicaSet
        : replicaSet with { Status = replicaSet.Status! with { Conditions = WorkloadConditions.Without(replicaSet.Status.Conditions, type) } };

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
