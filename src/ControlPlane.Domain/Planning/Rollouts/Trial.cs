using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>
/// A new revision is on trial until it has been complete once. One that fails its trial is marked so, and the last good revision takes over again,
/// by the strategy's own rules, as if its template were declared. Nothing in the Deployment's spec or in any revision number
/// moves, so whoever compares it with what was applied sees no difference.
/// </summary>
internal static class Trial
{
    public const string RolledBack = "RolledBack";
    public const string CrashLoop = "CrashLoopBackOff";
    public const string Aborted = "Aborted";
    public const string AnalysisFailed = "AnalysisFailed";

    /// <summary>
    /// Restarts of one container after which a revision counts as crash-looping: with the agent's back-off of 10, 20 and 40 s that is after
    /// about 70 s.
    /// </summary>
    public const int CrashLoopRestarts = 3;

    /// <summary>
    /// The rollout as the strategy is to see it: with the last good revision in the new one's place when that one has failed. It stays as it is when
    /// there is nothing to go back to, or when the policy wants it so; an abort is the user's own wish, and so is a failed analysis.
    /// </summary>
    public static Rollout Target(Rollout rollout) => IsGivenUp(rollout) ? rollout.Around(Outcomes.LastGood(rollout.Old)!.Name) : rollout;

    /// <summary>Whether the new revision has failed and another takes over again.</summary>
    public static bool IsGivenUp(Rollout rollout) =>
        rollout.New is { } current
        && Outcomes.FailureOf(current.ReplicaSet) is { } failure
        && (failure.Reason is Aborted or AnalysisFailed || rollout.RollsBackOnFailure)
        && Outcomes.LastGood(rollout.Old) is not null;

    /// <summary>Whether the new revision's user has given it up.</summary>
    public static bool IsAborted(Rollout rollout) => IsGivenUp(rollout) && Outcomes.FailureOf(rollout.New!.ReplicaSet)!.Reason == Aborted;

    /// <summary>Whether the new revision's user gives it up while it is on trial: this pass marks it, unless it finds it complete.</summary>
    public static bool IsAbortAsked(Rollout rollout) =>
        rollout.New is { Stored: not null } current && Outcomes.MayBeGivenUp(current.ReplicaSet) && IsAbortAsked(rollout, current);

    /// <summary>
    /// The rollout with its new revision on trial again, if it failed and a retry was asked for since. A retry counts once: the revision keeps which one it was, so that no later failure is taken
    /// for an earlier one because the clock of who asked was ahead of the leader's.
    /// </summary>
    public static Rollout AfterRetry(Rollout rollout, DateTimeOffset now)
    {
        if (rollout.New is not { } current || !IsRetryNew(rollout.Deployment, current.ReplicaSet))
        {
            return rollout.New is { } retriedBefore && IsClockOfBefore(rollout.Deployment, retriedBefore.ReplicaSet) ? rollout with { IsTrialNew = true } : rollout;
        }

        bool isAgain = FailedAt(rollout.Deployment, current.ReplicaSet) is not null;
        ReplicaSet retried = Outcomes.WithRetry(Outcomes.WithoutFailure(current.ReplicaSet), rollout.Deployment.Metadata.Annotations[RolloutRequests.Retry]!, now);
        return rollout with { New = current with { ReplicaSet = retried }, IsTrialNew = rollout.IsTrialNew || isAgain };
    }

    /// <summary>
    /// Whether a retry was taken up and the conditions still tell the failure before it: a plan of very many pods stores the owners first and their statuses later (<c>UnitMaker</c>). A failure of the retry's own
    /// second is one before it too, for no deadline is shorter than a second.
    /// </summary>
    private static bool IsClockOfBefore(Deployment deployment, ReplicaSet replicaSet) =>
        Outcomes.RetryOf(replicaSet) is { } retry && Outcomes.FailureOf(replicaSet) is null
        && Conditions.Find(deployment.Status?.Conditions ?? default, WorkloadConditions.Progressing) is { Reason: Progress.TimedOut } progress && progress.LastUpdateTime <= retry.LastTransitionTime;

    /// <summary>
    /// Whether a retry of a revision was asked for that no pass has looked at. One that says of itself that it is older than the failure was not about it; what the API writes never does.
    /// </summary>
    public static bool IsRetryNew(Deployment deployment, ReplicaSet replicaSet) =>
        RetriedAt(deployment, replicaSet) is { } retriedAt
        && Outcomes.RetryOf(replicaSet)?.Message != deployment.Metadata.Annotations[RolloutRequests.Retry]
        && !(FailedAt(deployment, replicaSet) > retriedAt);

    /// <summary>Whether what the Deployment's conditions tell is from before a retry: no pass has looked at it, or one has whose statuses are yet to be read.</summary>
    public static bool IsRetryUnsettled(Deployment deployment, ReplicaSet replicaSet) => IsRetryNew(deployment, replicaSet) || IsClockOfBefore(deployment, replicaSet);

    /// <summary>When the declared revision failed, or ran out of time where nothing rolls it back; null when neither.</summary>
    public static DateTimeOffset? FailedAt(Deployment deployment, ReplicaSet replicaSet)
    {
        Condition? progress = Conditions.Find(deployment.Status?.Conditions ?? default, WorkloadConditions.Progressing);
        return Outcomes.FailureOf(replicaSet)?.LastTransitionTime ?? (progress?.Reason == Progress.TimedOut ? progress.LastUpdateTime : null);
    }

    /// <summary>
    /// What this pass learns about the new revision, and the conditions that tell it: complete, failed, or still on trial. The next pass acts
    /// on it.
    /// </summary>
    /// <param name="rollout">The rollout after this pass's step.</param>
    /// <param name="status">The counts now, with the progress as Kubernetes tells it.</param>
    /// <param name="now">The time of the pass.</param>
    /// <param name="measured">What the gateways saw of it that it must not show; null when there is nothing.</param>
    public static Verdict Judge(Rollout rollout, DeploymentStatus status, DateTimeOffset now, string? measured = null)
    {
        if (rollout.New is not { Stored: not null } current)
        {
            return new Verdict(rollout, Told(rollout, status.Conditions, now), []);
        }

        if (IsProven(rollout, status))
        {
            return Proven(rollout, status, now);
        }

        RolloutMember? good = Outcomes.LastGood(rollout.Old);
        if (!Outcomes.MayBeGivenUp(current.ReplicaSet) || good is null || Failure(rollout, current, status, now, measured) is not { } failure)
        {
            return new Verdict(rollout, Told(rollout, status.Conditions, now), []);
        }

        return Fail(rollout, current, good, failure, status.Conditions, now);
    }

    /// <summary>
    /// What a pass learns about a new revision that is held where it is: that it is complete, for its pods got available meanwhile, or that its user gives it up, which takes its requests away
    /// whether the Deployment is paused or not. No deadline runs, and what its conditions tell of its progress stays.
    /// </summary>
    public static Verdict JudgeHeld(Rollout rollout, DeploymentStatus status, DateTimeOffset now)
    {
        return IsProven(rollout, status) ? Proven(rollout, status, now)
            : IsAbortAsked(rollout) && Outcomes.LastGood(rollout.Old) is { } good
            ? Fail(rollout, rollout.New!, good, GivenUp, status.Conditions, now) with { Conditions = status.Conditions }
            : new Verdict(rollout, status.Conditions, []);
    }

    /// <summary>Whether the new revision is complete: from then on nothing rolls it back by itself, so no pass that sees it may leave it unsaid. No replicas prove nothing.</summary>
    public static bool IsProven(Rollout rollout, DeploymentStatus status) =>
        rollout.New is { Stored: not null } && rollout.Replicas > 0 && RolloutStatus.IsComplete(rollout.Deployment, status);

    /// <summary>The verdict on a new revision that is complete.</summary>
    public static Verdict Proven(Rollout rollout, DeploymentStatus status, DateTimeOffset now)
    {
        RolloutMember current = rollout.New!;
        Rollout proven = rollout with { New = current with { ReplicaSet = Outcomes.WithComplete(current.ReplicaSet, now) } };
        return new Verdict(proven, Told(proven, status.Conditions, now), []);
    }

    private static (string Reason, string What, string Cause) GivenUp => (Aborted, "was given up", "");

    private static Verdict Fail(
        Rollout rollout, RolloutMember current, RolloutMember good, (string Reason, string What, string Cause) failure, ValueList<Condition> conditions, DateTimeOffset now)
    {
        string message = $"ReplicaSet \"{current.Name}\" {failure.What}{(failure.Cause.Length == 0 ? "" : $": {failure.Cause}")}";
        Rollout failed = rollout with { New = current with { ReplicaSet = Outcomes.WithFailure(current.ReplicaSet, failure.Reason, message, now) } };
        return new Verdict(failed, Told(failed, conditions, now),
        [
            EventNote.Warning(rollout.Deployment, "RolloutFailed", message),
            EventNote.Normal(rollout.Deployment, "RollingBack", $"Going back to {Named(good)}"),
        ]);
    }

    /// <summary>
    /// The conditions of a Deployment whose new revision has failed: out of time, with the true cause, whatever moves while the last good revision
    /// takes over (<c>kubectl rollout status</c> gives up at this reason only), and which revision serves. They go with the failure.
    /// </summary>
    private static ValueList<Condition> Told(Rollout rollout, ValueList<Condition> conditions, DateTimeOffset now)
    {
        Rollout target = Target(rollout);
        if (ReferenceEquals(target, rollout))
        {
            return WorkloadConditions.Without(conditions, RolledBack);
        }

        Condition failure = Outcomes.FailureOf(rollout.New!.ReplicaSet)!;
        Condition? before = Conditions.Find(rollout.Deployment.Status?.Conditions ?? default, RolledBack);
        Condition back = new()
        {
            Type = RolledBack,
            Status = "True",
            Reason = failure.Reason,
            Message = $"Revision {Revisions.Of(rollout.New.ReplicaSet)} failed; {Named(target.New!)} serves.",
            LastUpdateTime = now,
            LastTransitionTime = now,
        };
        back = before?.Reason == back.Reason && before?.Message == back.Message ? before! : back;
        return WorkloadConditions.Without(Progress.Failed(conditions, failure.Message ?? "", rollout.Deployment, now), RolledBack).Add(back);
    }

    private static (string Reason, string What, string Cause)? Failure(Rollout rollout, RolloutMember current, DeploymentStatus status, DateTimeOffset now, string? measured)
    {
        if (IsAbortAsked(rollout, current))
        {
            return GivenUp;
        }

        if (measured is not null)
        {
            return (AnalysisFailed, "failed its analysis", measured);
        }

        // What was complete once is not rolled back by itself: it stays at its step, without the requests that its pods cannot take.
        if (!rollout.RollsBackOnFailure || Outcomes.TakesSteps(current.ReplicaSet))
        {
            return null;
        }

        if (Conditions.Find(status.Conditions, WorkloadConditions.Progressing)?.Reason == Progress.TimedOut)
        {
            return (Progress.TimedOut, "has timed out progressing", BlockedCondition.CauseOf(rollout, now));
        }

        return current.Counts.Available == 0 && current.Pods.Active.Any(pod => IsCrashLooping(pod) && !IsFromBefore(pod, rollout.Deployment, current.ReplicaSet))
            ? (CrashLoop, "keeps crashing", BlockedCondition.CauseOf(rollout, now))
            : null;
    }

    private static bool IsAbortAsked(Rollout rollout, RolloutMember current) =>
        RolloutRequests.At(rollout.Deployment, RolloutRequests.Abort, Revisions.Of(current.ReplicaSet)) is { } abortedAt
        && !(abortedAt <= RetriedAt(rollout.Deployment, current.ReplicaSet));

    private static DateTimeOffset? RetriedAt(Deployment deployment, ReplicaSet replicaSet) =>
        RolloutRequests.At(deployment, RolloutRequests.Retry, Revisions.Of(replicaSet));

    private static bool IsCrashLooping(Pod pod) =>
        !pod.IsReady() && pod.AllContainerStatuses().Any(container => container.RestartCount >= CrashLoopRestarts);

    /// <summary>
    /// Whether a pod is older than the pass that took the retry up, by the times that passes write, which are whole seconds. One that was there before, and was made within that second, cannot have
    /// crashed often.
    /// </summary>
    private static bool IsFromBefore(Pod pod, Deployment deployment, ReplicaSet replicaSet) =>
        RetriedAt(deployment, replicaSet) is not null && pod.Metadata.CreationTimestamp < Outcomes.RetryOf(replicaSet)?.LastTransitionTime;

    private static string Named(RolloutMember member) => $"revision {Revisions.Of(member.ReplicaSet)} (ReplicaSet \"{member.Name}\")";

    /// <summary>What a pass learned.</summary>
    /// <param name="Rollout">With the new revision's outcome.</param>
    /// <param name="Conditions">The Deployment's, with what there is to tell about it.</param>
    /// <param name="Events">News.</param>
    internal sealed record Verdict(Rollout Rollout, ValueList<Condition> Conditions, ValueList<EventNote> Events);
}
