using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>
/// Replaces old pods by new ones within the bounds of surge and unavailability (Kubernetes: Deployment, rolling update). One pass takes
/// one step up and one step down; each is safe for the pods as they are, whatever becomes of the other.
/// </summary>
internal static class RollingUpdate
{
    public static Rollout Step(Rollout rollout) => ScaleDownOld(ScaleNew(rollout));

    /// <summary>
    /// New pods up to the replicas, as far as the total stays within replicas + maxSurge. 10 replicas, surge 3, 10 old, 0 new: 3 new.
    /// 8 old and 3 new: 5 new. With more new ones than replicas, down to the replicas at once.
    /// </summary>
    internal static Rollout ScaleNew(Rollout rollout)
    {
        if (rollout.New is not { } current || current.Replicas == rollout.Replicas)
        {
            return rollout;
        }

        if (current.Replicas > rollout.Replicas)
        {
            return rollout with { New = current.With(rollout.Replicas) };
        }

        int room = rollout.MaxTotal - rollout.Members.Sum(member => member.Held);
        int added = Math.Clamp(room, 0, rollout.Replicas - current.Replicas);
        return rollout with { New = current.With(current.Replicas + added) };
    }

    /// <summary>
    /// Old pods down by what is beyond replicas − maxUnavailable, new pods that are not available yet kept out of the reckoning.
    /// 10 replicas, surge 3, unavailable 2, 8 old (available), 5 new (crash-looping): 13 − 8 − 5 = 0, so nothing goes, even when one of
    /// the old ones becomes unavailable. The same with the old template declared again: it has 8 − 8 = 0 unavailable, 13 − 8 − 0 = 5 may go.
    /// </summary>
    internal static Rollout ScaleDownOld(Rollout rollout)
    {
        int newUnavailable = rollout.New is { } current ? current.Replicas - current.Available : 0;
        int removable = rollout.Members.Sum(member => member.Replicas) - rollout.MinAvailable - newUnavailable;
        return removable <= 0 ? rollout : ScaleDownAvailable(CleanUpUnhealthy(rollout, removable));
    }

    /// <summary>
    /// First the old pods that serve nobody, oldest ReplicaSet first, or they would block the rollout: 2 of 4 old pods unavailable and 3
    /// removable leaves 2.
    /// </summary>
    internal static Rollout CleanUpUnhealthy(Rollout rollout, int removable) =>
        TakeFromOld(rollout, removable, member => member.Replicas - member.Available);

    /// <summary>
    /// Then available old pods, oldest ReplicaSet first, as many as are available beyond replicas − maxUnavailable: of 10 replicas,
    /// unavailable 2, with 10 available, 2 go.
    /// </summary>
    internal static Rollout ScaleDownAvailable(Rollout rollout) =>
        TakeFromOld(rollout, rollout.Members.Sum(member => member.Available) - rollout.MinAvailable, member => member.Replicas);

    private static Rollout TakeFromOld(Rollout rollout, int budget, Func<RolloutMember, int> takeable)
    {
        List<RolloutMember> old = new(rollout.Old.Count);
        foreach (RolloutMember member in rollout.Old.AsSpan())
        {
            int taken = Math.Clamp(budget, 0, takeable(member));
            budget -= taken;
            old.Add(member.With(member.Replicas - taken));
        }

        return rollout with { Old = old.ToValueList() };
    }
}
