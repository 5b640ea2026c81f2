namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>
/// Scaling that starts no rollout: when the declared replicas change in the middle of one, or while it is paused, every ReplicaSet
/// keeps its share (Kubernetes: Deployment, proportional scaling).
/// </summary>
internal static class Proportional
{
    /// <summary>
    /// True when a ReplicaSet with pods was last sized for another number of replicas than is declared now. Recreate knows no shares: with
    /// several ReplicaSets it goes on stopping the old ones.
    /// </summary>
    public static bool IsScaling(Rollout rollout)
    {
        List<RolloutMember> active = [.. rollout.Members.Where(member => member.IsActive)];
        return active.Exists(member => Revisions.DesiredReplicas(member.ReplicaSet) is { } sized && sized != rollout.Replicas)
            && !(rollout.IsRecreate && active.Count > 1);
    }

    /// <summary>The first rule that applies.</summary>
    public static Rollout Scale(Rollout rollout)
    {
        List<RolloutMember> active = [.. rollout.Members.Where(member => member.IsActive)];
        if (active.Count <= 1)
        {
            return ScaleOnlyOne(rollout, active is [var only] ? only : rollout.New ?? (rollout.Old.IsEmpty ? null : rollout.Old[^1]));
        }

        if (IsSaturated(rollout))
        {
            return Recreate.StopOld(rollout);
        }

        return rollout.IsRecreate ? rollout : ScaleInProportion(rollout, active);
    }

    /// <summary>The only one with pods gets all replicas; when none has any, the new one, or else the youngest.</summary>
    private static Rollout ScaleOnlyOne(Rollout rollout, RolloutMember? only) =>
        rollout.Resize(member => ReferenceEquals(member, only) ? rollout.Replicas : member.Replicas);

    /// <summary>The new ReplicaSet has all it should have, available: what is left of old ones is not needed.</summary>
    private static bool IsSaturated(Rollout rollout) =>
        rollout.New is { } current
        && current.Replicas == rollout.Replicas
        && Revisions.DesiredReplicas(current.ReplicaSet) == rollout.Replicas
        && current.Counts.Available == rollout.Replicas;

    /// <summary>
    /// Brings the total to replicas + maxSurge (to 0 for 0 replicas), each ReplicaSet by its share; what rounding leaves goes to the largest.
    /// Largest first; of equals the youngest first on the way up, the oldest first on the way down.
    /// 10 → 15 replicas, surge 3, 8 old and 5 new: 5 to add, old 8 × 18 ÷ 13 = 11.08 → 11 (+3), new 5 × 18 ÷ 13 = 6.92 → 7 (+2).
    /// </summary>
    private static Rollout ScaleInProportion(Rollout rollout, List<RolloutMember> active)
    {
        int allowed = rollout.Replicas > 0 ? rollout.MaxTotal : 0;
        int toAdd = allowed - active.Sum(member => member.Replicas);
        if (toAdd == 0)
        {
            return rollout;
        }

        active.Sort((left, right) => right.Replicas != left.Replicas
            ? right.Replicas.CompareTo(left.Replicas)
            : toAdd > 0 ? RolloutMember.CompareAge(right, left) : RolloutMember.CompareAge(left, right));
        Dictionary<string, int> sizes = new(StringComparer.Ordinal);
        int added = 0;
        foreach (RolloutMember member in active)
        {
            int part = PartOf(toAdd - added, Share(rollout, member), toAdd > 0);
            sizes.Add(member.Name, member.Replicas + part);
            added += part;
        }

        string largest = active[0].Name;
        sizes[largest] = Math.Max(0, sizes[largest] + toAdd - added);
        return rollout.Resize(member => sizes.GetValueOrDefault(member.Name, member.Replicas));
    }

    /// <summary>
    /// What a ReplicaSet gains or loses of what is left to add or to take: its share, and no more than is left. Once nothing is left, the others keep what they have, also those whose share points the other way, for they were sized
    /// by another maxSurge: 16 allowed of 10 (sized for 20) and 8 (sized for 13) takes 2 from the first, and adds nothing to the second.
    /// </summary>
    private static int PartOf(int left, int share, bool isUp) => left == 0 ? 0 : isUp ? Math.Min(share, left) : Math.Max(share, left);

    /// <summary>
    /// What a ReplicaSet would gain or lose to keep its share of the total that it was last sized for: 5 of 13, sized for 18 now, is
    /// 5 × 18 ÷ 13 = 6.92 → 7, hence +2. Halves round away from zero. Without a record of that total, the pods there are stand in for it.
    /// </summary>
    private static int Share(Rollout rollout, RolloutMember member)
    {
        if (rollout.Replicas == 0)
        {
            return -member.Replicas;
        }

        int sizedFor = Revisions.MaxReplicas(member.ReplicaSet) is { } recorded and > 0 ? recorded : rollout.Deployment.Status?.Replicas ?? 0;
        if (sizedFor == 0)
        {
            return 0;
        }

        double size = (double)member.Replicas * rollout.MaxTotal / sizedFor;
        return (int)Math.Round(size, MidpointRounding.AwayFromZero) - member.Replicas;
    }
}
