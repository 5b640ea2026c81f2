using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Garbage;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Reconciler.Queue;

namespace ControlPlane.Reconciler.Worlds;

/// <summary>Which keys a change concerns. Too many is harmless, too few waits for the resync.</summary>
internal static class Triggers
{
    /// <param name="world">With the change applied.</param>
    /// <param name="change">What changed; its previous object as the world knew it.</param>
    public static IEnumerable<WorkKey> KeysOf(World world, Change change)
    {
        IEnumerable<WorkKey> keys = OfObject(world, change.Object);
        if (change.Previous is { } previous && !SameAttachment(previous, change.Object))
        {
            keys = keys.Concat(OfObject(world, previous));
        }

        if (change.Operation == ChangeOperation.Deleted && world.Dependants.Contains(change.Object.Uid))
        {
            keys = keys.Append(WorkKey.Dependants(change.Object.Uid));
        }

        return ChangesRoom(change) && world.UnboundPods.Count > 0 ? keys.Append(WorkKey.PendingPods) : keys;
    }

    /// <summary>Every key there is reason to look at: for a new leader, and for the resync.</summary>
    public static IEnumerable<WorkKey> All(World world) =>
    [
        .. world.All<Deployment>().Select(deployment => WorkKey.Deployment(deployment.Key)),
        .. world.All<ReplicaSet>().Where(replicaSet => !IsOfDeployment(replicaSet)).Select(replicaSet => WorkKey.ReplicaSet(replicaSet.Key)),
        .. world.All<Namespace>().Where(item => item.Metadata.IsDeleting).Select(item => WorkKey.NamespaceEnd(item.Name)),
        .. world.Dependants.Keys.Select(WorkKey.Dependants),
        .. ResourceKinds.All.SelectMany(kind => world.AllOf(kind)).Where(OwnerDeletion.Waits).Select(owner => WorkKey.Dependants(owner.Uid)),
        WorkKey.PendingPods,
        WorkKey.NodeHealth,
        WorkKey.EventExpiry,
        WorkKey.EndedPods,
    ];

    private static IEnumerable<WorkKey> OfObject(World world, Resource item)
    {
        switch (item)
        {
            case Deployment deployment:
                yield return WorkKey.Deployment(deployment.Key);
                break;
            case ReplicaSet replicaSet:
                foreach (WorkKey key in WorkloadOf(world, replicaSet))
                {
                    yield return key;
                }

                break;
            case Pod pod:
                foreach (WorkKey key in WorkloadOf(world, pod))
                {
                    yield return key;
                }

                break;
            case Namespace { Metadata.IsDeleting: true }:
                yield return WorkKey.NamespaceEnd(item.Name);
                break;
        }

        foreach (OwnerReference owner in item.Metadata.OwnerReferences)
        {
            if (world.FindByUid(owner.Uid) is not { } known || OwnerDeletion.Waits(known))
            {
                yield return WorkKey.Dependants(owner.Uid);
            }
        }

        if (OwnerDeletion.Waits(item))
        {
            yield return WorkKey.Dependants(item.Uid);
        }

        if (item.Namespace.Length > 0 && world.Find<Namespace>(new ObjectKey("", item.Namespace)) is { Metadata.IsDeleting: true })
        {
            yield return WorkKey.NamespaceEnd(item.Namespace);
        }
    }

    /// <summary>True for a ReplicaSet that is planned with its Deployment; any other is planned by itself, whoever controls it.</summary>
    public static bool IsOfDeployment(ReplicaSet replicaSet) => replicaSet.Metadata.Controller?.Kind == ResourceKinds.Deployment.Kind;

    /// <summary>The Deployment that controls a ReplicaSet; for any other itself, and for one without a controller those that may adopt it.</summary>
    private static IEnumerable<WorkKey> WorkloadOf(World world, ReplicaSet replicaSet)
    {
        if (replicaSet.Metadata.Controller is { } controller)
        {
            return IsOfDeployment(replicaSet)
                ? [WorkKey.Deployment(new(replicaSet.Namespace, controller.Name))]
                : [WorkKey.ReplicaSet(replicaSet.Key)];
        }

        return Selecting(world, replicaSet.Namespace, replicaSet.Metadata.Labels).Append(WorkKey.ReplicaSet(replicaSet.Key));
    }

    private static IEnumerable<WorkKey> WorkloadOf(World world, Pod pod)
    {
        if (pod.Metadata.Controller is not { } controller)
        {
            return Selecting(world, pod.Namespace, pod.Metadata.Labels).Concat(world.BareReplicaSets[pod.Namespace]
                .Where(replicaSet => replicaSet.Spec.Selector?.Matches(pod.Metadata.Labels) == true)
                .Select(replicaSet => WorkKey.ReplicaSet(replicaSet.Key)));
        }

        return world.FindByUid(controller.Uid) is ReplicaSet owner ? WorkloadOf(world, owner) : [];
    }

    private static IEnumerable<WorkKey> Selecting(World world, string space, ValueMap<string> labels) =>
        world.DeploymentsByNamespace[space]
            .Where(deployment => deployment.Spec.Selector?.Matches(labels) == true)
            .Select(deployment => WorkKey.Deployment(deployment.Key));

    private static bool SameAttachment(Resource previous, Resource current) =>
        previous.Metadata.OwnerReferences == current.Metadata.OwnerReferences && previous.Metadata.Labels == current.Metadata.Labels;

    /// <summary>Whether pods that wait for a node may fit now: a new one waits, a node changed, or a pod has left or ended.</summary>
    private static bool ChangesRoom(Change change) => change.Object switch
    {
        Node node => change.Operation != ChangeOperation.Modified || change.Previous is not Node known || !SameRoom(known, node),
        Pod pod => change.Operation != ChangeOperation.Modified || string.IsNullOrEmpty(pod.Spec.NodeName) || pod.Status?.Phase is "Succeeded" or "Failed",
        _ => false,
    };

    private static bool SameRoom(Node left, Node right) =>
        left.IsReady() == right.IsReady() && left.Spec == right.Spec && left.Metadata.Labels == right.Metadata.Labels
        && left.Status?.Allocatable == right.Status?.Allocatable;
}
