using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>
/// The Progressing condition: whether a rollout moves, has arrived, or has stood still for longer than its deadline
/// (Kubernetes: Deployment, <c>progressDeadlineSeconds</c>). Its update time is when the rollout last moved.
/// </summary>
internal static class Progress
{
    public const string Created = "NewReplicaSetCreated";
    public const string Found = "FoundNewReplicaSet";
    public const string Updated = "ReplicaSetUpdated";
    public const string Complete = "NewReplicaSetAvailable";
    public const string TimedOut = "ProgressDeadlineExceeded";
    public const string Paused = "DeploymentPaused";
    public const string Resumed = "DeploymentResumed";

    /// <summary>Several policies are for the Deployment alike, so that nothing rolls.</summary>
    public const string Held = "PolicyConflict";

    /// <summary>A canary or blue-green waits for time, a person or figures (Argo Rollouts: RolloutPaused).</summary>
    public const string Waiting = "RolloutPaused";

    /// <summary>No deadline, in Kubernetes' way of saying so.</summary>
    private const int NoDeadline = int.MaxValue;

    public static TimeSpan? Deadline(Deployment deployment) =>
        deployment.Spec.ProgressDeadlineSeconds is { } seconds and not NoDeadline ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>
    /// Pausing stops the clock and resuming starts it anew, and so do a conflict of policies, or a policy that is gone, and its end; a rollout that has timed out already stays so until it moves.
    /// </summary>
    public static ValueList<Condition> AfterPauseOrResume(Rollout rollout, DateTimeOffset now)
    {
        Deployment deployment = rollout.Deployment;
        ValueList<Condition> conditions = deployment.Status?.Conditions ?? default;
        string? reason = Conditions.Find(conditions, WorkloadConditions.Progressing)?.Reason;
        if (Deadline(deployment) is null || reason == TimedOut)
        {
            return conditions;
        }

        bool isPaused = deployment.Spec.Paused == true;
        return (isPaused, rollout.IsInConflict, reason) switch
        {
            (false, false, not LostPolicy.Reason) when rollout.LacksPolicy =>
                WorkloadConditions.With(conditions, Progressing("Unknown", LostPolicy.Reason, "the policy of the revision on its way is not for the Deployment any longer", now)),
            (false, false, LostPolicy.Reason) when rollout.LacksPolicy => conditions,
            (true, _, not Paused) => WorkloadConditions.With(conditions, Progressing("Unknown", Paused, "Deployment is paused", now)),
            (false, true, not Held) => WorkloadConditions.With(conditions, Progressing("Unknown", Held, "nothing rolls while several policies are for the Deployment alike", now)),
            (false, false, Paused or Held or LostPolicy.Reason) => WorkloadConditions.With(conditions, Progressing("Unknown", Resumed, "Deployment is resumed", now)),
            _ => conditions,
        };
    }

    /// <summary>
    /// A new ReplicaSet starts the clock, even where the one before it got no further than being made; so does one that was found when nothing was on record yet, and one that is on trial anew (it may take
    /// over within one pass, so that no later one sees anything move; and what is on record speaks of another revision).
    /// </summary>
    public static ValueList<Condition> AfterNewReplicaSet(ValueList<Condition> conditions, Rollout rollout, DateTimeOffset now)
    {
        if (rollout.New is not { } current)
        {
            return rollout.Deployment.Status?.ObservedGeneration < rollout.Deployment.Metadata.Generation ? WithoutEarlierFailure(conditions, rollout.Deployment, now) : conditions;
        }

        if (Deadline(rollout.Deployment) is null)
        {
            return conditions;
        }

        if (current.Stored is null)
        {
            Condition created = Progressing("True", Created, $"Created new replica set \"{current.Name}\"", now);
            Condition? before = Conditions.Find(conditions, WorkloadConditions.Progressing);
            created = before?.Status == created.Status ? created with { LastTransitionTime = before.LastTransitionTime } : created;
            return WorkloadConditions.Without(conditions, WorkloadConditions.Progressing).Add(created);
        }

        if (Conditions.Find(conditions, WorkloadConditions.Progressing) is null)
        {
            return WorkloadConditions.With(conditions, Progressing("True", Found, $"Found new replica set \"{current.Name}\"", now));
        }

        if (!rollout.IsTrialNew)
        {
            return conditions;
        }

        return WorkloadConditions.Without(conditions, WorkloadConditions.Progressing).Add(rollout.Deployment.Spec.Paused == true
            ? Progressing("Unknown", Paused, "Deployment is paused", now)
            : Progressing("True", Updated, $"ReplicaSet \"{current.Name}\" is progressing.", now));
    }

    /// <summary>
    /// What is told of a Deployment whose new template has no ReplicaSet yet, because it is paused, scaled as well, or waits for its old pods to end: that the last release was rolled back
    /// says nothing of this one, and whoever waits for it would take it for its outcome. (What Kubernetes tells without a rollback, that one timed out, stays as there.)
    /// </summary>
    private static ValueList<Condition> WithoutEarlierFailure(ValueList<Condition> conditions, Deployment deployment, DateTimeOffset now)
    {
        if (Conditions.Find(conditions, Trial.RolledBack) is null)
        {
            return conditions;
        }

        ValueList<Condition> others = WorkloadConditions.Without(conditions, Trial.RolledBack);
        return Conditions.Find(others, WorkloadConditions.Progressing)?.Reason != TimedOut
            ? others
            : WorkloadConditions.Without(others, WorkloadConditions.Progressing).Add(deployment.Spec.Paused == true
                ? Progressing("Unknown", Paused, "Deployment is paused", now)
                : Progressing("True", Updated, $"Deployment \"{deployment.Name}\" is progressing.", now));
    }

    /// <summary>
    /// What a canary's or blue-green's step says: while it waits, the clock stands still; a step that has ended, and the end of waiting, start it anew. Otherwise as
    /// <see cref="Estimate"/> says.
    /// </summary>
    public static ValueList<Condition> AtStep(Release release, Rollout rollout, DeploymentStatus status, DateTimeOffset now)
    {
        if (Deadline(rollout.Deployment) is null)
        {
            return WorkloadConditions.Without(status.Conditions, WorkloadConditions.Progressing);
        }

        Condition? current = Conditions.Find(status.Conditions, WorkloadConditions.Progressing);
        if (release.IsWaiting)
        {
            string at = $"ReplicaSet \"{release.State!.Canary}\" waits at step {release.State.Step} of {release.State.Steps}: {release.State.Phase}";
            return current?.Reason == Waiting && current.Message == at
                ? status.Conditions
                : WorkloadConditions.Without(status.Conditions, WorkloadConditions.Progressing).Add(Progressing("Unknown", Waiting, at, now));
        }

        if (!release.HasAdvanced && current?.Reason != Waiting)
        {
            return Estimate(rollout, status, now);
        }

        Condition moved = Progressing("True", Updated, $"ReplicaSet \"{rollout.New?.Name}\" is progressing.", now);
        bool isNew = current?.Reason == Created && current.LastUpdateTime == now;
        return isNew ? status.Conditions : WorkloadConditions.Without(status.Conditions, WorkloadConditions.Progressing).Add(moved);
    }

    /// <summary>Out of time for good, with the cause; what is on record stays while it says the same.</summary>
    public static ValueList<Condition> Failed(ValueList<Condition> conditions, string message, Deployment deployment, DateTimeOffset now)
    {
        Condition? before = Conditions.Find(deployment.Status?.Conditions ?? default, WorkloadConditions.Progressing);
        Condition failed = Progressing("False", TimedOut, message, now);
        failed = before?.Reason != TimedOut ? failed : before.Message == message ? before : failed with { LastTransitionTime = before.LastTransitionTime };
        return WorkloadConditions.Without(conditions, WorkloadConditions.Progressing).Add(failed);
    }

    /// <summary>
    /// The first case that applies: no deadline, nothing to say; complete before and still whole in template, nothing new; complete; moved;
    /// stood still too long. Otherwise everything stays as it is.
    /// </summary>
    /// <param name="rollout">The rollout; its Deployment's status holds the counts before this pass.</param>
    /// <param name="status">The counts now, and the conditions so far.</param>
    /// <param name="now">The time of the pass.</param>
    public static ValueList<Condition> Estimate(Rollout rollout, DeploymentStatus status, DateTimeOffset now)
    {
        Deployment deployment = rollout.Deployment;
        ValueList<Condition> conditions = status.Conditions;
        if (Deadline(deployment) is not { } deadline)
        {
            return WorkloadConditions.Without(conditions, WorkloadConditions.Progressing);
        }

        Condition? current = Conditions.Find(conditions, WorkloadConditions.Progressing);
        string subject = rollout.New is { } newest ? $"ReplicaSet \"{newest.Name}\"" : $"Deployment \"{deployment.Name}\"";
        if (current?.Reason == Complete && status.Replicas == status.UpdatedReplicas)
        {
            return conditions;
        }

        if (RolloutStatus.IsComplete(deployment, status))
        {
            return WorkloadConditions.With(conditions, Progressing("True", Complete, $"{subject} has successfully progressed.", now));
        }

        if (HasMoved(deployment.Status ?? new DeploymentStatus(), status))
        {
            Condition moved = Progressing("True", Updated, $"{subject} is progressing.", now);
            moved = current?.Status == "True" ? moved with { LastTransitionTime = current.LastTransitionTime } : moved;
            return WorkloadConditions.With(WorkloadConditions.Without(conditions, WorkloadConditions.Progressing), moved);
        }

        return HasTimedOut(current, deadline, now)
            ? WorkloadConditions.With(conditions, Progressing("False", TimedOut, $"{subject} has timed out progressing.", now))
            : conditions;
    }

    /// <summary>
    /// How long until the deadline, when it is running: last moved at 12:00, deadline 10 minutes, now 12:03: in 7 minutes. Null when the
    /// rollout is complete, paused or timed out.
    /// </summary>
    public static TimeSpan? UntilDeadline(Deployment deployment, DeploymentStatus status, DateTimeOffset now)
    {
        Condition? current = Conditions.Find(status.Conditions, WorkloadConditions.Progressing);
        bool isRunning = deployment.Spec.Paused != true
            && current is { Reason: not (Complete or TimedOut or Paused or Held or LostPolicy.Reason or Waiting) }
            && !RolloutStatus.IsComplete(deployment, status);
        return isRunning && Deadline(deployment) is { } deadline && current!.LastUpdateTime + deadline - now is { } left
            ? left > TimeSpan.Zero ? left : TimeSpan.Zero
            : null;
    }

    /// <summary>More new pods, fewer old ones, more ready or more available ones than before.</summary>
    private static bool HasMoved(DeploymentStatus before, DeploymentStatus after) =>
        (after.UpdatedReplicas ?? 0) > (before.UpdatedReplicas ?? 0)
        || OldPods(after) < OldPods(before)
        || (after.ReadyReplicas ?? 0) > (before.ReadyReplicas ?? 0)
        || (after.AvailableReplicas ?? 0) > (before.AvailableReplicas ?? 0);

    private static int OldPods(DeploymentStatus status) => (status.Replicas ?? 0) - (status.UpdatedReplicas ?? 0);

    private static bool HasTimedOut(Condition? current, TimeSpan deadline, DateTimeOffset now) =>
        current is not null && current.Reason != Complete && (current.Reason == TimedOut || current.LastUpdateTime + deadline <= now);

    private static Condition Progressing(string status, string reason, string message, DateTimeOffset now) => new()
    {
        Type = WorkloadConditions.Progressing,
        Status = status,
        Reason = reason,
        Message = message,
        LastUpdateTime = now,
        LastTransitionTime = now,
    };
}
