using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Quotas;

/// <summary>
/// The room that the quotas of a namespace leave for the pods of one plan. Mutable, and owned by that plan: each pod that is taken in is counted before the next is asked for.
/// </summary>
/// <param name="quotas">The quotas of the namespace; at least one.</param>
/// <param name="pods">The pods of the namespace.</param>
public sealed class QuotaRoom(IReadOnlyList<ResourceQuota> quotas, IReadOnlyCollection<Pod> pods)
{
    /// <summary>Pods made for one ReplicaSet in one pass: with their Events they go into one unit, for the quotas' statuses are written once.</summary>
    public const int PodBatchMax = 200;

    /// <summary>What there is, by quota: counted once, and then with each pod that is taken in.</summary>
    private readonly Dictionary<string, ValueMap<Quantity>> used = new(StringComparer.Ordinal);
    private QuotaAnswer.Fits charged = new([], []);

    /// <summary>What to commit with the pods that were taken in; of each quota its last status.</summary>
    public ValueList<Write> Writes => charged.Writes;

    /// <summary>That nobody else took from the same room.</summary>
    public ValueList<Precondition> Preconditions => charged.Preconditions;

    /// <summary>The same quotas with other pods in the place of some.</summary>
    /// <param name="uids">The pods that are not there then.</param>
    /// <param name="instead">Those that are.</param>
    public QuotaRoom With(IReadOnlySet<string> uids, IEnumerable<Pod> instead) => new(quotas, [.. pods.Where(pod => !uids.Contains(pod.Uid)), .. instead]);

    /// <summary>Takes a pod in; says why there is no room where there is none.</summary>
    public string? Take(Pod pod)
    {
        switch (QuotaAccounting.Judge(pod, stored: null, quotas, UsedOf))
        {
            case QuotaAnswer.Refused refused:
                return refused.Why;
            case QuotaAnswer.Fits fits:
                charged = fits;
                foreach (ResourceQuota quota in fits.Writes.OfType<Write.Update>().Select(write => (ResourceQuota)write.Object))
                {
                    used[quota.Name] = quota.Status!.Used;
                }

                return null;
            default:
                throw new InvalidOperationException("quotas give no other answer");
        }
    }

    private ValueMap<Quantity> UsedOf(ResourceQuota quota, IReadOnlyCollection<string> names)
    {
        if (!used.TryGetValue(quota.Name, out ValueMap<Quantity> known))
        {
            used[quota.Name] = known = QuotaUsage.Sum(quota, names, pods);
        }

        return known;
    }
}
