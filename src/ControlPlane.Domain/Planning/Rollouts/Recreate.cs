namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>Ends every old pod before the first new one starts (Kubernetes: Deployment, Recreate).</summary>
internal static class Recreate
{
    public const string StrategyType = "Recreate";

    public static Rollout StopOld(Rollout rollout) => rollout with { Old = rollout.Resize(_ => 0).Old };

    /// <summary>
    /// While old pods are left, the new ReplicaSet gets no more pods than it has: with 3 replicas, one of its 3 pods gone and an old pod
    /// still terminating, it waits with 2.
    /// </summary>
    public static Rollout HoldNew(Rollout rollout) =>
        rollout with { New = rollout.New is { } current ? current.With(Math.Min(rollout.Replicas, Math.Min(current.Replicas, current.Counts.Active))) : null };

    /// <summary>True when no old pod is left, terminating ones included; those that have ended for good do not count.</summary>
    public static bool OldIsGone(Rollout rollout)
    {
        foreach (RolloutMember member in rollout.Old.AsSpan())
        {
            if (member.Replicas > 0 || member.Counts.Active > 0 || member.Counts.Terminating > 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>All new pods at once.</summary>
    public static Rollout StartNew(Rollout rollout) => rollout with { New = rollout.New?.With(rollout.Replicas) };
}
