using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Policies;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>What a pass does about a Deployment: its own next version, and each ReplicaSet's.</summary>
internal sealed record RolloutPlan
{
    /// <summary>Null for a bare ReplicaSet.</summary>
    public Deployment? Deployment { get; init; }

    /// <summary>The ReplicaSets that stay, as this pass wants them; one without a stored version is made.</summary>
    public ValueList<RolloutMember> Members { get; init; }

    /// <summary>Old ReplicaSets beyond the history's limit.</summary>
    public ValueList<ReplicaSet> Removed { get; init; }

    /// <summary>Writes of how far a canary or blue-green has come.</summary>
    public ValueList<Write> State { get; init; }

    /// <summary>Writes of the Deployment's revision records.</summary>
    public ValueList<Write> Records { get; init; }

    public ValueList<EventNote> Events { get; init; }

    public TimeSpan? RecheckAfter { get; init; }
}

/// <summary>Decides how many pods each revision of a Deployment has, one safe step a pass.</summary>
internal static class DeploymentPlanner
{
    /// <param name="deployment">The Deployment as it is stored.</param>
    /// <param name="members">The ReplicaSets it controls or adopts, with their pods.</param>
    /// <param name="snapshot">The world, for names and time.</param>
    public static RolloutPlan Plan(Deployment deployment, IEnumerable<RolloutMember> members, WorkloadSnapshot snapshot)
    {
        Rollout rollout = Read(deployment, members, snapshot);
        if (deployment.Metadata.IsDeleting)
        {
            ValueList<Condition> unchanged = deployment.Status?.Conditions ?? default;
            return Finish(rollout, RolloutStatus.Of(rollout, unchanged, snapshot.Now));
        }

        rollout = WithNewUpToDate(WithPromotedProven(rollout, snapshot), isOnRecord: snapshot.State is not null, snapshot.Now);
        if (deployment.Spec.Paused != true && Rollback.Asked(deployment) is { } revision)
        {
            (Deployment back, EventNote note) = Rollback.Apply(rollout, revision);
            return new RolloutPlan { Deployment = WithConditions(back, ConditionsBefore(rollout, snapshot.Now)), Members = [.. rollout.Members], Events = [note] };
        }

        rollout = NewReplicaSet.Remake(Trial.AfterRetry(rollout, snapshot.Now), snapshot);
        if (Release.Of(rollout, snapshot) is { } release)
        {
            return WithConflict(Follow(release, snapshot), snapshot);
        }

        bool isHeld = deployment.Spec.Paused == true || snapshot.Policy.IsConflict;
        RolloutPlan plan = isHeld || Proportional.IsScaling(rollout) ? Scale(rollout, snapshot) : Roll(rollout, snapshot);
        return WithConflict(Ended(plan, rollout, isHeld, snapshot), snapshot);
    }

    /// <summary>No release is on its way: what is on record of the last one goes with the last pod that gateways may take for one of its others, or stays while nobody knows by which policy to go on.</summary>
    private static RolloutPlan Ended(RolloutPlan plan, Rollout rollout, bool isHeld, WorkloadSnapshot snapshot)
    {
        RolloutStateSpec? state = snapshot.State?.Spec;
        bool isOver = state is not null && state.Step >= state.Steps && state.Phase != RolloutPhases.Aborted && rollout.New?.Name == state.Canary;
        bool isLate = isOver && LateSlices.ListOthers(rollout, state!.Canary, state, snapshot);
        return plan with
        {
            State = RolloutStates.Writes(snapshot.State, isLate || (isHeld && !isOver) ? state : null, snapshot),
            RecheckAfter = isLate && !(plan.RecheckAfter < LateSlices.RecheckDelay) ? LateSlices.RecheckDelay : plan.RecheckAfter,
        };
    }

    /// <summary>A policy's canary or blue-green.</summary>
    private static RolloutPlan Follow(Release release, WorkloadSnapshot snapshot)
    {
        Release stepped = ReleaseSteps.Step(release, snapshot);
        Rollout rolled = Sized(stepped.Rollout, member => member.IsActive || IsResized(member));
        ValueList<Condition> before = ConditionsBefore(rolled, snapshot.Now);
        DeploymentStatus status = RolloutStatus.Of(rolled, before, snapshot.Now);
        ValueList<Condition> conditions = stepped.IsHeld ? status.Conditions : Progress.AtStep(stepped, rolled, status, snapshot.Now);
        status = status with { Conditions = RolloutStatus.WithReplicaFailure(conditions, rolled) };
        Trial.Verdict verdict = stepped.IsHeld ? Trial.JudgeHeld(rolled, status, snapshot.Now) : Trial.Judge(rolled, status, snapshot.Now, stepped.Failure);
        status = status with { Conditions = verdict.Conditions };
        RolloutPlan plan = Finish(verdict.Rollout, status);
        Release judged = AfterVerdict(stepped, verdict.Rollout, status, snapshot);
        TimeSpan? rest = judged.IsHeld ? null : Progress.UntilDeadline(rolled.Deployment, status, snapshot.Now);
        return plan with
        {
            Events = [.. plan.Events, .. stepped.Events, .. verdict.Events],
            RecheckAfter = rest is null || judged.RecheckAfter < rest ? judged.RecheckAfter : rest,
            State = RolloutStates.Writes(snapshot.State, judged.State, snapshot),
        };
    }

    /// <summary>Given up in this pass: the requests go back with the same commit. Complete: there is nothing more to tell once gateways can choose none but the new pods.</summary>
    private static Release AfterVerdict(Release release, Rollout judged, DeploymentStatus status, WorkloadSnapshot snapshot)
    {
        bool isGivenUp = Trial.IsGivenUp(judged) && release.State?.Phase != RolloutPhases.Aborted;
        bool isComplete = release.Replicas > 0 && !release.IsHeld && release.IsFinishing && RolloutStatus.IsComplete(judged.Deployment, status);
        return isGivenUp ? release.Aborted(Outcomes.FailureOf(judged.New!.ReplicaSet)?.Message ?? "")
            : !isComplete ? release
            : LateSlices.ListOthers(judged, release.State!.Canary, release.State, snapshot) ? release with { RecheckAfter = LateSlices.RecheckDelay }
            : release with { State = null };
    }

    /// <summary>A blue-green that has the requests was good enough for them: what comes after it goes back to it, unless it is itself the way back.</summary>
    private static Rollout WithPromotedProven(Rollout rollout, WorkloadSnapshot snapshot)
    {
        if (snapshot.State is not { Spec: { WeightPerMille: TrafficShare.Whole, Phase: not RolloutPhases.Aborted } state } || !BlueGreen.Is(state)
            || rollout.New?.Name == state.Canary || rollout.New?.Name == state.Stable || rollout.Deployment.Spec.Paused == true)
        {
            return rollout;
        }

        return rollout with
        {
            Old = rollout.Old
                .Select(member => member.Name == state.Canary && Outcomes.MayBeGivenUp(member.ReplicaSet)
                    ? member with { ReplicaSet = Outcomes.WithComplete(member.ReplicaSet, snapshot.Now) }
                    : member)
                .ToValueList(),
        };
    }

    private static RolloutPlan WithConflict(RolloutPlan plan, WorkloadSnapshot snapshot)
    {
        if (plan.Deployment is not { Status: { } status } deployment)
        {
            return plan;
        }

        Condition? known = Conditions.Find(status.Conditions, PolicyChoice.ConflictType);
        if (!snapshot.Policy.IsConflict)
        {
            return known is null ? plan : plan with
            {
                Deployment = deployment with { Status = status with { Conditions = WorkloadConditions.Without(status.Conditions, PolicyChoice.ConflictType) } },
            };
        }

        string message = snapshot.Policy.ConflictMessage;
        if (known?.Message == message)
        {
            return plan;
        }

        Condition conflict = new()
        {
            Type = PolicyChoice.ConflictType,
            Status = "True",
            Reason = "SeveralPolicies",
            Message = message,
            LastUpdateTime = snapshot.Now,
            LastTransitionTime = known?.LastTransitionTime ?? snapshot.Now,
        };
        return plan with
        {
            Deployment = deployment with { Status = status with { Conditions = WorkloadConditions.Without(status.Conditions, PolicyChoice.ConflictType).Add(conflict) } },
            Events = plan.Events.Add(EventNote.Warning(deployment, PolicyChoice.ConflictType, message)),
        };
    }

    /// <summary>
    /// Paused, or scaled in mid-rollout: every revision keeps its share, and progress is not judged; but one that is complete is marked so. History goes while paused, but not while a rollback waits for the pause to end, for it may
    /// want any of it (Kubernetes' deployment controller, sync).
    /// </summary>
    private static RolloutPlan Scale(Rollout rollout, WorkloadSnapshot snapshot)
    {
        Rollout scaled = Back(Proportional.Scale(Trial.Target(rollout)), rollout);
        scaled = Sized(scaled, member => member.IsActive || IsResized(member));
        DeploymentStatus status = RolloutStatus.Of(scaled, ConditionsBefore(scaled, snapshot.Now), snapshot.Now);
        status = status with { Conditions = RolloutStatus.WithReplicaFailure(status.Conditions, scaled) };
        if (Trial.IsProven(scaled, status))
        {
            Trial.Verdict verdict = Trial.Proven(scaled, status, snapshot.Now);
            scaled = verdict.Rollout;
            status = status with { Conditions = verdict.Conditions };
        }

        RolloutPlan plan = Finish(scaled, status);
        return rollout.Deployment.Spec.Paused == true && Rollback.Asked(rollout.Deployment) is null ? WithoutSurplus(plan, scaled) : plan;
    }

    private static RolloutPlan Roll(Rollout rollout, WorkloadSnapshot snapshot)
    {
        Rollout target = Trial.Target(rollout);
        Rollout rolled = target.IsRecreate ? RecreateStep(target, snapshot) : RollingUpdate.Step(NewReplicaSet.Ensure(target, snapshot));
        rolled = Sized(Back(rolled, rollout), IsResized);
        DeploymentStatus status = RolloutStatus.Of(rolled, ConditionsBefore(rolled, snapshot.Now), snapshot.Now);
        status = status with { Conditions = RolloutStatus.WithReplicaFailure(Progress.Estimate(rolled, status, snapshot.Now), rolled) };
        Trial.Verdict verdict = Trial.Judge(rolled, status, snapshot.Now);
        status = status with { Conditions = verdict.Conditions };
        RolloutPlan plan = Finish(verdict.Rollout, status);
        plan = plan with
        {
            Events = [.. plan.Events, .. verdict.Events],
            RecheckAfter = Progress.UntilDeadline(rolled.Deployment, status, snapshot.Now),
        };
        bool isWaiting = rolled.IsRecreate && !Recreate.OldIsGone(rolled);
        return RolloutStatus.IsComplete(rolled.Deployment, status) && !isWaiting ? WithoutSurplus(plan, verdict.Rollout) : plan;
    }

    /// <summary>The rollout around its own new revision again, after a step towards another.</summary>
    private static Rollout Back(Rollout stepped, Rollout rollout) => rollout.New is { } current ? stepped.Around(current.Name) : stepped;

    private static Rollout RecreateStep(Rollout rollout, WorkloadSnapshot snapshot)
    {
        Rollout stopped = Recreate.StopOld(rollout);
        return Recreate.OldIsGone(stopped) ? Recreate.StartNew(NewReplicaSet.Ensure(stopped, snapshot)) : Recreate.HoldNew(stopped);
    }

    private static Rollout Read(Deployment deployment, IEnumerable<RolloutMember> members, WorkloadSnapshot snapshot)
    {
        Rollout rollout = Rollout.Of(deployment, members, snapshot.Policy);
        return rollout with
        {
            IsInConflict = snapshot.Policy.IsConflict,
            New = rollout.New is null ? null : Recount(rollout.New, snapshot.Now),
            Old = rollout.Old.Select(member => Recount(member, snapshot.Now)).ToValueList(),
        };
    }

    /// <summary>
    /// The new ReplicaSet with the Deployment's annotations, its revision and its minReadySeconds, which start no rollout. One that was complete before, and is declared again while a release is on
    /// record, does not take the place of the stable one for that, also where the policy of the release is gone.
    /// </summary>
    private static Rollout WithNewUpToDate(Rollout rollout, bool isOnRecord, DateTimeOffset now)
    {
        if (rollout.New is not { } current)
        {
            return rollout;
        }

        ReplicaSet updated = Revisions.OnNew(current.ReplicaSet, rollout.Deployment, Revisions.Next(rollout.Old.Select(member => member.ReplicaSet)));
        bool isDeclaredAgain = Revisions.Of(updated) > Revisions.Of(current.ReplicaSet);
        updated = isDeclaredAgain ? Outcomes.WithoutFailure(updated) : updated;
        bool takesSteps = isDeclaredAgain && (rollout.HasPolicyStrategy || isOnRecord) && Outcomes.LastGood(rollout.Members)?.Name != updated.Name;
        updated = takesSteps ? Outcomes.WithSteps(updated, now) : updated;
        if ((updated.Spec.MinReadySeconds ?? 0) != (rollout.Deployment.Spec.MinReadySeconds ?? 0))
        {
            updated = updated with { Spec = updated.Spec with { MinReadySeconds = rollout.Deployment.Spec.MinReadySeconds } };
        }

        return rollout with { New = Recount(current with { ReplicaSet = updated }, now), IsTrialNew = isDeclaredAgain };
    }

    private static RolloutMember Recount(RolloutMember member, DateTimeOffset now) =>
        member with { Counts = PodCounts.Of(member.ReplicaSet, member.Pods, now) };

    /// <summary>That it was resumed, or that its template is declared again, is seen by one pass alone; so that pass says it, whatever else it does.</summary>
    private static Deployment WithConditions(Deployment deployment, ValueList<Condition> conditions) => conditions == (deployment.Status?.Conditions ?? default)
        ? deployment
        : deployment with { Status = (deployment.Status ?? new DeploymentStatus()) with { Conditions = conditions } };

    private static ValueList<Condition> ConditionsBefore(Rollout rollout, DateTimeOffset now) =>
        Progress.AfterNewReplicaSet(Progress.AfterPauseOrResume(rollout, now), rollout, now);

    /// <summary>The chosen members with the record of what they were sized for.</summary>
    private static Rollout Sized(Rollout rollout, Func<RolloutMember, bool> isChosen)
    {
        RolloutMember Record(RolloutMember member) => !isChosen(member)
            ? member
            : member with { ReplicaSet = Revisions.SizedFor(member.ReplicaSet, rollout.Replicas, rollout.MaxTotal) };

        return rollout with
        {
            New = rollout.New is null ? null : Record(rollout.New),
            Old = rollout.Old.Select(Record).ToValueList(),
        };
    }

    private static bool IsResized(RolloutMember member) => member.Stored is null || (member.Stored.Spec.Replicas ?? 1) != member.Replicas;

    private static RolloutPlan Finish(Rollout rollout, DeploymentStatus status)
    {
        Deployment deployment = rollout.Deployment with { Status = status };
        return new RolloutPlan
        {
            Deployment = rollout.New is { } current && !deployment.Metadata.IsDeleting ? Revisions.OnDeployment(deployment, current.ReplicaSet) : deployment,
            Members = [.. rollout.Members],
            Events = [.. rollout.Members.SelectMany(member => ScalingEvents(rollout.Deployment, member))],
        };
    }

    private static IEnumerable<EventNote> ScalingEvents(Deployment deployment, RolloutMember member)
    {
        int before = member.Stored is { } stored ? stored.Spec.Replicas ?? 1 : 0;
        if (before != member.Replicas)
        {
            string direction = member.Replicas > before ? "up" : "down";
            yield return EventNote.Normal(deployment, "ScalingReplicaSet", $"Scaled {direction} replica set {member.Name} from {before} to {member.Replicas}");
        }
    }

    private static RolloutPlan WithoutSurplus(RolloutPlan plan, Rollout rollout)
    {
        IReadOnlyList<RolloutMember> surplus = History.Surplus(rollout);
        HashSet<string> names = surplus.Select(member => member.Name).ToHashSet(StringComparer.Ordinal);
        return names.Count == 0 ? plan : plan with
        {
            Members = plan.Members.Where(member => !names.Contains(member.Name)).ToValueList(),
            Removed = surplus.Select(member => member.ReplicaSet).ToValueList(),
        };
    }
}
