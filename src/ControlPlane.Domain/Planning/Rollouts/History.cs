namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>Which old ReplicaSets are no longer kept for rollback (Kubernetes: <c>revisionHistoryLimit</c>).</summary>
internal static class History
{
    /// <summary>
    /// Of the old ones, those beyond the limit, lowest revisions first, as far as they have no pods: with revisions 1, 2, 3 and 5 old
    /// and a limit of 2, 1 and 2 are surplus; if 1 still has a pod, only 2 goes. A limit of 0 keeps none; no limit keeps all.
    /// </summary>
    public static IReadOnlyList<RolloutMember> Surplus(Rollout rollout)
    {
        if (rollout.Deployment.Spec.RevisionHistoryLimit is not { } limit)
        {
            return [];
        }

        RolloutMember? needed = Needed(rollout);
        List<RolloutMember> kept = [.. rollout.Old.Where(member => !member.ReplicaSet.Metadata.IsDeleting)];
        return [.. kept
            .OrderBy(member => Revisions.Of(member.ReplicaSet))
            .ThenBy(member => member, Comparer<RolloutMember>.Create(RolloutMember.CompareAge))
            .Take(Math.Max(0, kept.Count - limit))
            .Where(member => IsEmpty(member) && !ReferenceEquals(member, needed))];
    }

    /// <summary>What the new revision would be rolled back to, as long as it has not been complete.</summary>
    private static RolloutMember? Needed(Rollout rollout) =>
        rollout.New is { } current && rollout.RollsBackOnFailure && (Outcomes.Of(current.ReplicaSet) != RevisionOutcome.Complete || Outcomes.TakesSteps(current.ReplicaSet))
            ? Outcomes.LastGood(rollout.Old)
            : null;

    /// <summary>Terminating pods hold it too: without it, nobody would know any longer that they belong to an old revision.</summary>
    private static bool IsEmpty(RolloutMember member) =>
        member.Replicas == 0 && member.Stored?.Spec.Replicas == 0 && member.Counts.Active == 0 && member.Counts.Terminating == 0;
}
