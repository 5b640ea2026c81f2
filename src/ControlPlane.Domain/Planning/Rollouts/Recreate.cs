namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>Ends every old pod before the first new one starts (Kubernetes: Deployment, Recreate).</summary>
internal static class Recreate
{
    public const string StrategyType = "Recreate";

    public static Rollout StopOld(Rollout rollout) => rollout with { Old = rollout.Resize(_ => 0).Old };

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
