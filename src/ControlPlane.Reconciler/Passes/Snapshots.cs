using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Configs;
using ControlPlane.Domain.Planning.Nodes;
using ControlPlane.Domain.Planning.Policies;
using ControlPlane.Domain.Planning.Quotas;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
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
        return ConfigRevisions.Configured(Of(world, deployment, replicaSets, now, ids), world.FindConfig(deployment.Namespace), world.Dependants[deployment.Uid]);
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
            Policy = deployment is null ? PolicyChoice.None : PolicyChoice.Of(deployment, world.PoliciesByNamespace[space]),
            State = deployment is null ? null : StateOf(world, deployment),
            ServiceOf = name => world.Find<Service>(new ObjectKey(space, name)),
            IsRouted = pod => world.SlicesByPod[pod.Uid].Any(slice => slice.Endpoints.Any(endpoint => endpoint.TargetRef?.Uid == pod.Uid && endpoint.Conditions?.Ready != false)),
            Pods = InNameOrder(replicaSets.SelectMany(replicaSet => world.PodsByController[replicaSet.Uid]).Concat(adoptable).Select(pod => CountedPods.Of(pod, node => world.Cluster.Find(node) is not null, now))),
            IsReplicaSetNameTaken = name => world.Find<ReplicaSet>(new ObjectKey(space, name)) is not null,
            Cluster = world.Cluster,
            Quotas = world.QuotasByNamespace.Contains(space) ? new QuotaRoom([.. world.QuotasByNamespace[space]], world.PodsByNamespace[space]) : null,
            Now = now,
            Ids = ids,
        };
    }

    /// <summary>How far a Deployment's canary or blue-green has come; null while none is on its way.</summary>
    public static RolloutState? StateOf(World world, Deployment deployment) => world.Find<RolloutState>(new ObjectKey(deployment.Namespace, deployment.Uid));

    private static T[] InNameOrder<T>(IEnumerable<T> items)
        where T : Resource => [.. items.OrderBy(item => item.Name, StringComparer.Ordinal)];
}
