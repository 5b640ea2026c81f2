using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Quotas;
using ControlPlane.Domain.Resources;
using ControlPlane.Reconciler.Queue;

namespace ControlPlane.Reconciler.Worlds;

/// <summary>Which quotas a change concerns, and which workloads wait for their room.</summary>
internal static class QuotaTriggers
{
    private const string ReplicaFailure = "ReplicaFailure";

    /// <param name="world">With the change applied.</param>
    /// <param name="change">What changed; its previous object as the world knew it.</param>
    public static IEnumerable<WorkKey> KeysOf(World world, Change change)
    {
        IEnumerable<WorkKey> keys = IsCountedAnew(change)
            ? world.QuotasByNamespace[change.Object.Namespace]
                .Where(quota => QuotaAccounting.Concerns(quota, change.Object) || (change.Previous is { } known && QuotaAccounting.Concerns(quota, known)))
                .Select(quota => WorkKey.Quota(quota.Key))
            : [];
        return change.Object is ResourceQuota own ? keys.Append(WorkKey.Quota(own.Key)).Concat(Waiting(world, own.Namespace)) : keys;
    }

    private static IEnumerable<WorkKey> Waiting(World world, string space) => world.ByNamespace[space].OfType<ReplicaSet>()
        .Where(replicaSet => Conditions.Find(replicaSet.Status?.Conditions ?? default, ReplicaFailure) is not null)
        .Select(replicaSet => Triggers.IsOfDeployment(replicaSet)
            ? WorkKey.Deployment(new ObjectKey(space, replicaSet.Metadata.Controller!.Name))
            : WorkKey.ReplicaSet(replicaSet.Key));

    private static bool IsCountedAnew(Change change) => change.Operation != ChangeOperation.Modified || (change.Object, change.Previous) switch
    {
        (Pod pod, Pod known) => pod.Status?.Phase != known.Status?.Phase || pod.Spec != known.Spec,
        (Service service, Service known) => service.Spec != known.Spec,
        _ => false,
    };
}
