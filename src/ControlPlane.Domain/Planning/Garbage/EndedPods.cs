using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Garbage;

/// <summary>
/// Deletes pods that have ended (<c>Succeeded</c>, <c>Failed</c>) and that nothing takes away: they are kept to be looked at, but not without a bound.
/// </summary>
public static class EndedPods
{
    /// <summary>How many are kept in all (kube-controller-manager: <c>--terminated-pod-gc-threshold</c>).</summary>
    public const int DefaultThreshold = 12_500;

    /// <summary>How many are kept of one controller: it has made others in their place, so the newest tell all there is to know.</summary>
    public const int KeptPerControllerMax = 10;

    /// <summary>At most this many pods are ended in one pass.</summary>
    public const int BatchMax = 1000;

    /// <summary>
    /// A plan for each pod that has to go, the oldest first. Worked through with a threshold of 25: of 30 ended pods, 14 of them one ReplicaSet's,
    /// that ReplicaSet's 4 oldest go; 26 are left, so the oldest of these goes too.
    /// </summary>
    /// <param name="pods">All pods.</param>
    /// <param name="threshold">How many are kept in all; 0 or less for any number, as in Kubernetes.</param>
    /// <param name="now">The time of the pass.</param>
    public static IReadOnlyList<Plan> Plan(IEnumerable<Pod> pods, int threshold, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(pods);
        Pod[] ended =
        [
            .. pods.Where(pod => pod.HasEnded() && !pod.Metadata.IsDeleting)
                .OrderBy(pod => pod.Metadata.CreationTimestamp)
                .ThenBy(pod => pod.Key),
        ];
        HashSet<string> surplus = ended
            .Where(pod => pod.Metadata.Controller is not null)
            .GroupBy(pod => pod.Metadata.Controller!.Uid, StringComparer.Ordinal)
            .SelectMany(ofOne => ofOne.SkipLast(KeptPerControllerMax))
            .Select(pod => pod.Uid)
            .ToHashSet(StringComparer.Ordinal);
        int excess = threshold <= 0 ? 0 : Math.Max(0, ended.Length - surplus.Count - threshold);
        surplus.UnionWith(ended.Where(pod => !surplus.Contains(pod.Uid)).Take(excess).Select(pod => pod.Uid).ToList());
        return [.. ended.Where(pod => surplus.Contains(pod.Uid)).Take(BatchMax).Select(pod => Deletion.PlanFor(pod, now)).OfType<Plan>()];
    }
}
