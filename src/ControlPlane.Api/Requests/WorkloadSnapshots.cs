using ControlPlane.Api.Wire;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Configs;
using ControlPlane.Domain.Planning.Nodes;
using ControlPlane.Domain.Planning.Policies;
using ControlPlane.Domain.Planning.Quotas;
using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;

namespace ControlPlane.Api.Requests;

/// <summary>What the planners may know of one Deployment, all of it at one revision.</summary>
internal sealed class WorkloadSnapshots(CacheReader reader, TimeProvider time)
{
    /// <summary>Ids in what is only told are never stored; any seed will do.</summary>
    private const ulong Seed = 1;

    private const int Deployments = 0;
    private const int ReplicaSets = 1;
    private const int Policies = 2;
    private const int States = 3;
    private const int Services = 4;
    private const int ConfigMaps = 5;
    private const int Secrets = 6;
    private const int Pods = 7;
    private const int Nodes = 8;
    private const int Quotas = 9;

    /// <summary>The latest of a Deployment, its ReplicaSets and their pods, which count as the planner counts them: enough to tell how things stand.</summary>
    /// <exception cref="ApiException">404: there is no such Deployment.</exception>
    public async ValueTask<ReadWorkload> ReadAsync(ObjectKey key, CancellationToken cancellationToken) =>
        await reader.SnapshotsAsync([.. ScopesOf(key.Namespace), new KindScope(ResourceKinds.Pod, key.Namespace), new KindScope(ResourceKinds.Node, "")], resourceVersion: null, cancellationToken) is var read
        && Stored(key, read) is { } stored
            ? Of(stored, read)
            : throw StatusError.NotFound(ResourceKinds.Deployment, key.Name);

    /// <summary>The same with what is taken on the nodes, the namespace's quotas, and what the Deployment would adopt.</summary>
    /// <param name="key">Which Deployment.</param>
    /// <param name="make">Makes what is taken for it where there is none; the snapshot has no Deployment then.</param>
    /// <param name="cancellationToken">Ends the wait for what is latest.</param>
    /// <returns>The snapshot, and the Deployment that it is of, stored or not.</returns>
    public async ValueTask<(WorkloadSnapshot Snapshot, Deployment Deployment)> ReadWithClusterAsync(ObjectKey key, Func<Task<Deployment>> make, CancellationToken cancellationToken)
    {
        ReadSnapshots read = await reader.SnapshotsAsync(
            [.. ScopesOf(key.Namespace), new KindScope(ResourceKinds.Pod, ""), new KindScope(ResourceKinds.Node, ""), new KindScope(ResourceKinds.Of<ResourceQuota>(), key.Namespace)],
            resourceVersion: null,
            cancellationToken);
        Deployment deployment = Stored(key, read) ?? await make();
        WorkloadSnapshot snapshot = Of(deployment, read).Snapshot with { ConfigOf = (kind, name) => ConfigOf(read, key.Namespace, kind, name) };
        ResourceQuota[] quotas = [.. read.All<ResourceQuota>(Quotas).Where(quota => quota.Namespace == key.Namespace)];
        if (quotas.Length > 0)
        {
            snapshot = snapshot with { Quotas = new QuotaRoom(quotas, [.. read.All<Pod>(Pods).Where(pod => pod.Namespace == key.Namespace)]) };
        }

        foreach (Node node in read.All<Node>(Nodes))
        {
            snapshot.Cluster.SetNode(node);
        }

        foreach (Pod pod in read.All<Pod>(Pods))
        {
            snapshot.Cluster.Find(pod.Spec.NodeName ?? "")?.Add(pod);
        }

        return (snapshot, deployment);
    }

    /// <summary>The ReplicaSets that a Deployment controls, in name order, as fresh as the Deployment is.</summary>
    public async ValueTask<IReadOnlyList<ReplicaSet>> ReplicaSetsOfAsync(Deployment deployment, CancellationToken cancellationToken)
    {
        ReadSnapshot read = await reader.SnapshotAsync(ResourceKinds.ReplicaSet, deployment.Namespace, deployment.Metadata.Revision, cancellationToken);
        return [.. Controlled(read.Snapshot, deployment)];
    }

    /// <summary>The Deployment as it is rolled out, as fresh as it is; null where contents are no part of its revisions.</summary>
    public async ValueTask<ConfiguredDeployment?> ConfiguredAsync(Deployment deployment, IReadOnlyList<ReplicaSet> replicaSets, CancellationToken cancellationToken)
    {
        if (!ConfigRevisions.AreOn(deployment))
        {
            return null;
        }

        ReadSnapshots read = await reader.SnapshotsAsync([.. ScopesOf(deployment.Namespace)], deployment.Metadata.Revision, cancellationToken);
        return ConfigRevisions.Of(deployment, replicaSets, (kind, name) => ConfigOf(read, deployment.Namespace, kind, name));
    }

    /// <summary>How far a Deployment's canary or blue-green has come, as fresh as the Deployment is; null while none is on its way.</summary>
    public ValueTask<RolloutState?> StateOfAsync(Deployment deployment, CancellationToken cancellationToken) =>
        reader.FindAsync<RolloutState>(StateKeyOf(deployment), deployment.Metadata.Revision, cancellationToken);

    private static ObjectKey StateKeyOf(Deployment deployment) => new(deployment.Namespace, deployment.Uid);

    private static IEnumerable<KindScope> ScopesOf(string home) =>
    [
        new(ResourceKinds.Deployment, home),
        new(ResourceKinds.ReplicaSet, home),
        new(ResourceKinds.Of<RolloutPolicy>(), home),
        new(ResourceKinds.Of<RolloutState>(), home),
        new(ResourceKinds.Service, home),
        new(ResourceKinds.Of<ConfigMap>(), home),
        new(ResourceKinds.Of<Secret>(), home),
    ];

    private static Deployment? Stored(ObjectKey key, ReadSnapshots read) => (Deployment?)read.Kinds[Deployments].Objects.GetValueOrDefault(key);

    private ReadWorkload Of(Deployment deployment, ReadSnapshots read)
    {
        Deployment? stored = Stored(deployment.Key, read);
        ReplicaSet[] replicaSets = stored is null ? [.. Adoptable(read.Kinds[ReplicaSets], deployment)] : [.. Controlled(read.Kinds[ReplicaSets], stored)];
        DateTimeOffset now = time.WholeSecondsNow();
        HashSet<string> owners = replicaSets.Select(replicaSet => replicaSet.Uid).ToHashSet(StringComparer.Ordinal);
        WorkloadSnapshot snapshot = new()
        {
            Deployment = stored,
            ReplicaSets = replicaSets,
            Policy = PolicyChoice.Of(deployment, read.All<RolloutPolicy>(Policies)),
            State = (RolloutState?)read.Kinds[States].Objects.GetValueOrDefault(StateKeyOf(deployment)),
            ServiceOf = ServiceOf,
            SelectedBy = name => ServiceOf(name) is { } service ? SharedServices.SelectedBy(service, read.All<Deployment>(Deployments)) : [],
            IsReplicaSetNameTaken = name => read.Kinds[ReplicaSets].Objects.ContainsKey(new ObjectKey(deployment.Namespace, name)),
            Pods = [.. read.All<Pod>(Pods).Where(pod => pod.Metadata.Controller is { } owner && owners.Contains(owner.Uid)).Select(pod => CountedPods.Of(pod, IsThere, now))],
            Cluster = new ClusterState(),
            Now = now,
            Ids = new IdSource(Seed),
        };
        return new ReadWorkload(ConfigRevisions.Configured(snapshot, (kind, name) => ConfigOf(read, deployment.Namespace, kind, name), []), read.Kinds[Deployments].Revision);

        bool IsThere(string node) => read.Kinds[Nodes].Objects.ContainsKey(new ObjectKey("", node));

        Service? ServiceOf(string name) => (Service?)read.Kinds[Services].Objects.GetValueOrDefault(new ObjectKey(deployment.Namespace, name));
    }

    private static IEnumerable<ReplicaSet> Controlled(KindSnapshot replicaSets, Deployment deployment) =>
        replicaSets.Objects.Values.Cast<ReplicaSet>().Where(replicaSet => replicaSet.Metadata.Controller?.Uid == deployment.Uid);

    private static Resource? ConfigOf(ReadSnapshots read, string home, string kind, string name) =>
        read.Kinds[kind == nameof(Secret) ? Secrets : ConfigMaps].Objects.GetValueOrDefault(new ObjectKey(home, name));

    /// <summary>What a new Deployment finds of an earlier one that was deleted without its ReplicaSets.</summary>
    private static IEnumerable<ReplicaSet> Adoptable(KindSnapshot replicaSets, Deployment deployment) => replicaSets.Objects.Values.Cast<ReplicaSet>()
        .Where(replicaSet => replicaSet.Namespace == deployment.Namespace && replicaSet.Metadata is { Controller: null, IsDeleting: false } && deployment.Spec.Selector?.Matches(replicaSet.Metadata.Labels) == true);
}

/// <summary>A Deployment with what belongs to it.</summary>
/// <param name="Snapshot">It has a Deployment.</param>
/// <param name="Revision">The store's revision that it shows.</param>
internal readonly record struct ReadWorkload(WorkloadSnapshot Snapshot, long Revision)
{
    public Deployment Deployment => Snapshot.Deployment!;
}
