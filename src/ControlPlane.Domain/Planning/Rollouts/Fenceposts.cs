using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>How far a rolling update may stray from the declared replicas, in pods.</summary>
/// <param name="MaxSurge">Pods beyond the replicas that may exist, terminating ones not counted.</param>
/// <param name="MaxUnavailable">Pods below the replicas that may be missing.</param>
internal readonly record struct Fenceposts(int MaxSurge, int MaxUnavailable)
{
    private static readonly IntOrString Default = "25%";

    /// <summary>
    /// Surge rounds up, unavailable rounds down, and both zero means that one may be unavailable, or nothing could ever move.
    /// Of 10 replicas 25% / 25% are 3 and 2; of 3 they are 1 and 0; 0 / 25% of 3 are 0 and 0, hence 0 and 1. Unavailable is at most the
    /// replicas: 5 of 3 is 3. Recreate has neither.
    /// </summary>
    public static Fenceposts Of(DeploymentSpec spec)
    {
        if (spec.Strategy?.Type == Recreate.StrategyType)
        {
            return new Fenceposts(0, 0);
        }

        int replicas = spec.Replicas ?? 1;
        int surge = Resolve(spec.Strategy?.RollingUpdate?.MaxSurge ?? Default, replicas, roundUp: true);
        int unavailable = Resolve(spec.Strategy?.RollingUpdate?.MaxUnavailable ?? Default, replicas, roundUp: false);
        if (surge == 0 && unavailable == 0)
        {
            unavailable = 1;
        }

        return new Fenceposts(surge, Math.Min(unavailable, replicas));
    }

    private static int Resolve(IntOrString value, int replicas, bool roundUp)
    {
        if (value.IsNumber)
        {
            return Math.Max(0, value.Number);
        }

        long hundredths = (long)(value.Percent ?? 0) * replicas;
        return (int)Math.Min(int.MaxValue, roundUp ? (hundredths + 99) / 100 : hundredths / 100);
    }
}
