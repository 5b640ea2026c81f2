using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Resources;
using ControlPlane.Reconciler.Worlds;

namespace ControlPlane.Reconciler.Passes;

/// <summary>What a workload's planner may know, taken from the world.</summary>
internal static class Snapshots
{
    public static WorkloadSnapshot OfDeployment(World world, Deployment deployment, DateTimeOffset now, IdSource ids)
    {
        IEnumerable<ReplicaSet> adoptable = world.BareReplicaSets[deployment.Namespace]
            .Where(replicaSet => deployment.Spec.Selector?.Matches(replicaSet.Metadata.Labels) == true);
        ReplicaSet[] replicaSets = InNameOrder(world.ReplicaSetsByController[deployment.Uid].Concat(adoptable));
        return Of(world, deployment, replicaSets, now, ids);
    }

    public static WorkloadSnapshot OfReplicaSet(World world, ReplicaSet replicaSet, DateTimeOffset now, IdSource ids) =>
        Of(world, deployment: null, [replicaSet], now, ids);

    private static WorkloadSnapshot Of(World world, Deployment? deployment, ReplicaSet[] replicaSets, DateTimeOffset now, IdSource ids)
    {
        string space = deployment?.Namespace ?? replicaSets[0].Namespace;
        IEnumerable<Pod> adoptable = world.BarePods[space]
            .Where(pod => replicaSets.Any(replicaSet => replicaSet.Spec.Selector?.Matches(pod.Metadata.Labels) == true));
        return new WorkloadSnapshot
        {
            Deployment = deployment,
            Revisions = deployment is null ? [] : [.. world.Dependants[deployment.Uid].OfType<DeploymentRevision>()],
            ReplicaSets = replicaSets,
            Pods = InNameOrder(replicaSets.SelectMany(replicaSet => world.PodsByController[replicaSet.Uid]).Concat(adoptable)),
            IsReplicaSetNameTaken = name => world.Find<ReplicaSet>(new ObjectKey(space, name)) is not null,
            Cluster = world.Cluster,
            Now = now,
            Ids = ids,
        };
    }

    private static T[] InNameOrder<T>(IEnumerable<T> items)
        where T : Resource => [.. items.OrderBy(item => item.Name, StringComparer.Ordinal)];
}
