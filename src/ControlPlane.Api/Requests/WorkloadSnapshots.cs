using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Policies;
using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;

namespace ControlPlane.Api.Requests;

/// <summary>What the planners may know of one Deployment, taken from the replica's memory.</summary>
internal sealed class WorkloadSnapshots(CacheReader reader, TimeProvider time)
{
    /// <summary>Ids in what is only told are never stored; any seed will do.</summary>
    private const ulong Seed = 1;

    /// <summary>The Deployment's ReplicaSets and their pods, without nodes: enough to tell how things stand.</summary>
    public WorkloadSnapshot Of(Deployment deployment)
    {
        ReplicaSet[] replicaSets = [.. ReplicaSetsOf(deployment)];
        HashSet<string> owners = replicaSets.Select(replicaSet => replicaSet.Uid).ToHashSet(StringComparer.Ordinal);
        return new WorkloadSnapshot
        {
            Deployment = deployment,
            ReplicaSets = replicaSets,
            Policy = PolicyChoice.Of(deployment, All<RolloutPolicy>()),
            State = StateOf(deployment),
            HasService = name => reader.Find<Service>(new ObjectKey(deployment.Namespace, name)) is not null,
            IsReplicaSetNameTaken = name => reader.Find<ReplicaSet>(new ObjectKey(deployment.Namespace, name)) is not null,
            Pods = [.. All<Pod>().Where(pod => pod.Metadata.Controller is { } owner && owners.Contains(owner.Uid))],
            Cluster = new ClusterState(),
            Now = time.WholeSecondsNow(),
            Ids = new IdSource(Seed),
        };
    }

    /// <summary>The same with all nodes and what is taken on them.</summary>
    public WorkloadSnapshot WithCluster(Deployment deployment)
    {
        WorkloadSnapshot snapshot = Of(deployment);
        foreach (Node node in All<Node>())
        {
            snapshot.Cluster.SetNode(node);
        }

        foreach (Pod pod in All<Pod>())
        {
            snapshot.Cluster.Find(pod.Spec.NodeName ?? "")?.Add(pod);
        }

        return snapshot;
    }

    /// <summary>How far the Deployment's canary or blue-green has come; null while none is on its way.</summary>
    public RolloutState? StateOf(Deployment deployment) => reader.Find<RolloutState>(new ObjectKey(deployment.Namespace, deployment.Uid));

    /// <summary>Those that the Deployment controls, in name order.</summary>
    public IEnumerable<ReplicaSet> ReplicaSetsOf(Deployment deployment) =>
        All<ReplicaSet>().Where(replicaSet => replicaSet.Metadata.Controller?.Uid == deployment.Uid);

    private IEnumerable<T> All<T>()
        where T : Resource => reader.Cache.Snapshot(ResourceKinds.Of<T>()).Objects.Values.Cast<T>();
}
