using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Garbage;
using ControlPlane.Domain.Planning.Nodes;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
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

        keys = keys.Concat(ServiceTriggers.KeysOf(world, change)).Concat(BudgetTriggers.KeysOf(world, change)).Concat(PolicyTriggers.KeysOf(world, change))
            .Concat(StandingTriggers.KeysOf(change)).Concat(QuotaTriggers.KeysOf(world, change)).Concat(ConfigTriggers.KeysOf(world, change));
        keys = MayLetPodsFit(world, change) ? keys.Append(WorkKey.PendingPods) : keys;
        return MayEvict(world, change) ? keys.Append(WorkKey.TaintEviction) : keys;
    }

    /// <summary>Every key there is reason to look at: for a new leader, and for the resync.</summary>
    public static IEnumerable<WorkKey> All(World world) =>
    [
        .. world.All<Deployment>().Select(deployment => WorkKey.Deployment(deployment.Key)),
        .. world.All<ReplicaSet>().Where(replicaSet => !IsOfDeployment(replicaSet)).Select(replicaSet => WorkKey.ReplicaSet(replicaSet.Key)),
        .. world.All<Namespace>().Where(item => item.Metadata.IsDeleting).Select(item => WorkKey.NamespaceEnd(item.Name)),
        .. world.Dependants.Keys.Select(WorkKey.Dependants),
        .. ResourceKinds.All.SelectMany(kind => world.AllOf(kind)).Where(OwnerDeletion.Waits).Select(owner => WorkKey.Dependants(owner.Uid)),
        .. world.All<Service>().Select(service => WorkKey.Endpoints(service.Key)),
        .. world.All<PodDisruptionBudget>().Select(budget => WorkKey.DisruptionBudget(budget.Key)),
        .. world.All<ResourceQuota>().Select(quota => WorkKey.Quota(quota.Key)),
        .. world.All<RolloutPolicy>().Select(policy => WorkKey.Policy(policy.Key)),
        .. StandingTriggers.All(world),
        WorkKey.Drain,
        WorkKey.PendingPods,
        WorkKey.NodeHealth,
        WorkKey.TaintEviction,
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

    /// <summary>
    /// Whether pods that wait for a node may fit now. What gives room counts even while nobody waits: a pod that was planned before it, and found none, may be on its way
    /// here. A pod that comes unbound from a pass has just been tried, and what is said about it in its status changes nothing.
    /// </summary>
    private static bool MayLetPodsFit(World world, Change change) => (change.Object, change.Previous) switch
    {
        (Node node, Node known) when change.Operation == ChangeOperation.Modified => !SameRoom(known, node),
        (Node, _) => true,
        (Namespace now, Namespace before) => world.HasPodsWaitingForOthers && now.Metadata.Labels != before.Metadata.Labels,
        (Pod pod, _) when change.Operation == ChangeOperation.Deleted => IsBound(pod),
        (Pod pod, Pod known) when IsBound(pod) => (HasEnded(pod) && !HasEnded(known)) || (world.HasPodsWaitingForOthers && !SameForOthers(known, pod)),
        (Pod pod, Pod known) => known.Spec != pod.Spec || known.Metadata.Labels != pod.Metadata.Labels,
        (Pod pod, _) when IsBound(pod) => world.HasPodsWaitingForOthers,
        (Pod pod, _) => Conditions.Find(pod.Status?.Conditions ?? default, "PodScheduled") is null,
        _ => false,
    };

    /// <summary>Whether a taint, or a pod on a tainted node, is new.</summary>
    private static bool MayEvict(World world, Change change) => (change.Object, change.Previous) switch
    {
        (Node node, _) when change.Operation == ChangeOperation.Deleted => false,
        (Node node, var known) => TaintEviction.HasEvictingTaint(node) && (known as Node)?.Spec?.Taints != node.Spec?.Taints,
        (Pod pod, var known) => IsBound(pod) && (known as Pod)?.Spec != pod.Spec
            && world.Cluster.Find(pod.Spec.NodeName!) is { } state && TaintEviction.HasEvictingTaint(state.Node),
        _ => false,
    };

    private static bool IsBound(Pod pod) => !string.IsNullOrEmpty(pod.Spec.NodeName);

    private static bool HasEnded(Pod pod) => pod.Status?.Phase is "Succeeded" or "Failed";

    /// <summary>Whether a bound pod means to other pods what it meant.</summary>
    private static bool SameForOthers(Pod before, Pod now) =>
        IsBound(before) && before.Metadata.Labels == now.Metadata.Labels && before.Metadata.IsDeleting == now.Metadata.IsDeleting;

    private static bool SameRoom(Node left, Node right) =>
        left.IsReady() == right.IsReady() && left.Metadata.IsDeleting == right.Metadata.IsDeleting && left.Spec == right.Spec
        && left.Metadata.Labels == right.Metadata.Labels && left.Status?.Allocatable == right.Status?.Allocatable;
}
