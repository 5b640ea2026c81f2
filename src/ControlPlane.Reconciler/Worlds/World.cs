using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Garbage;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;

namespace ControlPlane.Reconciler.Worlds;

/// <summary>
/// The committed state as the reconciler asks for it. Fed by the change log alone, in order; one pass loop owns it. Between passes the
/// <see cref="Cluster"/> holds exactly the bound pods; within a pass, also what that pass has placed.
/// </summary>
internal sealed class World : IOwners
{
    private readonly Dictionary<ResourceKind, Dictionary<ObjectKey, Resource>> objects =
        ResourceKinds.All.ToDictionary(kind => kind, _ => new Dictionary<ObjectKey, Resource>());

    private readonly Dictionary<string, Resource> byUid = new(StringComparer.Ordinal);
    private readonly Dictionary<ObjectKey, Pod> unboundPods = [];
    private readonly HashSet<ObjectKey> waitingForOthers = [];
    private readonly Dictionary<ObjectKey, Pod> terminatingPods = [];
    private readonly Dictionary<ObjectKey, Pod> restartingPods = [];
    private readonly FormerEndpoints former;

    private World(TimeProvider time) => former = new FormerEndpoints(time, FormerEndpoints.SlackOfLeader);

    /// <summary>The revision up to which this is complete.</summary>
    public long Revision { get; private set; }

    /// <summary>The identity of the store that this comes from.</summary>
    public string StoreIdentity { get; private init; } = "";

    public ClusterState Cluster { get; private set; } = new();

    public ResourceIndex<Deployment> DeploymentsByNamespace { get; } = new();

    /// <summary>By the controller's uid.</summary>
    public ResourceIndex<ReplicaSet> ReplicaSetsByController { get; } = new();

    /// <summary>Those without a controller, by namespace.</summary>
    public ResourceIndex<ReplicaSet> BareReplicaSets { get; } = new();

    /// <summary>By the controller's uid.</summary>
    public ResourceIndex<Pod> PodsByController { get; } = new();

    /// <summary>Those without a controller, by namespace.</summary>
    public ResourceIndex<Pod> BarePods { get; } = new();

    /// <summary>By node name, whether or not there is such a node.</summary>
    public ResourceIndex<Pod> PodsByNode { get; } = new();

    public ResourceIndex<Pod> PodsByNamespace { get; } = new();

    public ResourceIndex<Service> ServicesByNamespace { get; } = new();

    public ResourceIndex<PodDisruptionBudget> BudgetsByNamespace { get; } = new();

    public ResourceIndex<ResourceQuota> QuotasByNamespace { get; } = new();

    public ResourceIndex<RolloutPolicy> PoliciesByNamespace { get; } = new();

    /// <summary>The slices that list a pod, by the pod's uid.</summary>
    public ResourceIndex<EndpointSlice> SlicesByPod { get; } = new();

    /// <summary>Everything that names an owner, by the owner's uid.</summary>
    public ResourceIndex<Resource> Dependants { get; } = new();

    /// <summary>Everything in a namespace.</summary>
    public ResourceIndex<Resource> ByNamespace { get; } = new();

    /// <summary>Pods with a deletion mark.</summary>
    public IReadOnlyCollection<Pod> TerminatingPods => terminatingPods.Values;

    /// <summary>Pods whose nodes ask whether they may restart a container.</summary>
    public IReadOnlyCollection<Pod> RestartingPods => restartingPods.Values;

    /// <summary>Whether a pod is not to be stopped yet, for gateways may send requests to it, or may have sent some.</summary>
    public bool IsDraining(Pod pod) => Draining.IsPending(pod) && (SlicesByPod.Contains(pod.Uid) || FormerOf(pod) is not null);

    /// <summary>Whether a pod would be draining if it were still there in a moment: nothing is known of Services that left it before this world's beginning.</summary>
    public bool MayLinger(Pod pod) => Draining.IsPending(pod) && !SlicesByPod.Contains(pod.Uid) && former.MayBeUnknown(pod);

    /// <inheritdoc cref="FormerEndpoints.Of"/>
    public FormerEndpoint? FormerOf(Pod pod) => former.Of(pod, SlicesByPod.Contains(pod.Uid));

    /// <inheritdoc cref="DrainTimes.Of(EndpointSlice)"/>
    public TimeSpan DrainTimeOf(EndpointSlice slice) => former.Times.Of(slice);

    public IReadOnlyCollection<Pod> UnboundPods => unboundPods.Values;

    /// <summary>Whether there are unbound pods for which other pods matter, and not only the room they take.</summary>
    public bool HasPodsWaitingForOthers => waitingForOthers.Count > 0;

    public IEnumerable<T> All<T>()
        where T : Resource => objects[ResourceKinds.Of<T>()].Values.Cast<T>();

    public IReadOnlyCollection<Resource> AllOf(ResourceKind kind) => objects[kind].Values;

    public T? Find<T>(ObjectKey key)
        where T : Resource => (T?)objects[ResourceKinds.Of<T>()].GetValueOrDefault(key);

    public Resource? Find(ResourceKind kind, ObjectKey key) => objects[kind].GetValueOrDefault(key);

    /// <summary>Finds ConfigMaps and Secrets of a namespace by kind and name.</summary>
    public Func<string, string, Resource?> FindConfig(string space) => (kind, name) =>
        kind == nameof(Secret) ? Find<Secret>(new ObjectKey(space, name)) : Find<ConfigMap>(new ObjectKey(space, name));

    public Resource? FindByUid(string uid) => byUid.GetValueOrDefault(uid);

    public bool Exists(OwnerReference owner) => ResourceKinds.Find(owner.Kind) is null || byUid.ContainsKey(owner.Uid);

    public bool IsEnding(OwnerReference owner) => FindByUid(owner.Uid) is { } known && OwnerDeletion.Waits(known);

    public bool HasDependants(string uid) => Dependants.Contains(uid);

    /// <summary>Builds the world of a subscription's start.</summary>
    public static World At(ChangeSubscription subscription, TimeProvider time)
    {
        World world = new(time) { Revision = subscription.StartRevision, StoreIdentity = subscription.StoreIdentity };
        world.former.Begin(subscription.SnapshotAtStart(ResourceKinds.EndpointSlice).Objects.Values.Select(slice => slice.Metadata.Revision).DefaultIfEmpty().Max());
        foreach (ResourceKind kind in ResourceKinds.All)
        {
            foreach (Resource item in subscription.SnapshotAtStart(kind).Objects.Values)
            {
                world.Put(item);
            }
        }

        return world;
    }

    /// <summary>
    /// Applies a batch in order, and tells of each change once it is applied, with what the world held before as its previous object.
    /// </summary>
    public void Apply(ChangeBatch batch, Action<Change> applied)
    {
        foreach (Change change in batch.Changes)
        {
            if (change.Revision > Revision)
            {
                Change known = change with { Previous = objects[ResourceKinds.Of(change.Object)].GetValueOrDefault(change.Object.Key) };
                Apply(change);
                applied(known);
            }
        }

        Revision = Math.Max(Revision, batch.Revision);
    }

    /// <summary>Forgets placements that were not committed: the pod counts again where the world has it, or nowhere.</summary>
    public void UndoPlacement(Pod placed)
    {
        if (placed.Spec.NodeName is { Length: > 0 } node)
        {
            Cluster.Find(node)?.Remove(placed.Uid);
        }

        if (FindByUid(placed.Uid) is Pod { Spec.NodeName: { Length: > 0 } committedNode } committed)
        {
            Cluster.Find(committedNode)?.Add(committed);
        }
    }

    /// <summary>Builds the cluster anew, when it is not known what a planner has entered.</summary>
    public void RebuildCluster()
    {
        Cluster = new ClusterState();
        foreach (Namespace item in All<Namespace>())
        {
            Cluster.SetNamespace(item);
        }

        foreach (Node node in All<Node>())
        {
            EnterNode(node);
        }
    }

    private void Apply(Change change)
    {
        EndpointSlice? listing = change.Object is EndpointSlice ? Find<EndpointSlice>(change.Object.Key) : null;
        if (change.Operation == ChangeOperation.Deleted)
        {
            Take(change.Object);
        }
        else
        {
            Put(change.Object);
        }

        Revision = change.Revision;
        NoteFormerEndpoints(change, listing);
    }

    /// <summary>A pod that a slice does not list any longer may have requests in flight that came by its Service, whether others list it or not; one that is gone has none.</summary>
    private void NoteFormerEndpoints(Change change, EndpointSlice? before)
    {
        if (change is { Object: Pod gone, Operation: ChangeOperation.Deleted })
        {
            former.Forget(gone.Uid);
        }
        else if (change.Object is EndpointSlice now)
        {
            IEnumerable<string> listed = change.Operation == ChangeOperation.Deleted ? [] : PodsIn(now);
            foreach (string uid in PodsIn(before ?? now).Except(listed, StringComparer.Ordinal).Where(byUid.ContainsKey))
            {
                former.Left(uid, now, change.Revision);
            }
        }
    }

    private static IEnumerable<string> PodsIn(EndpointSlice slice) =>
        slice.Endpoints.Select(endpoint => endpoint.TargetRef?.Uid).OfType<string>().Distinct(StringComparer.Ordinal);

    private void Put(Resource item)
    {
        Dictionary<ObjectKey, Resource> ofKind = objects[ResourceKinds.Of(item)];
        if (ofKind.TryGetValue(item.Key, out Resource? known))
        {
            Forget(known, staysIndexed: IsIndexedAlike(known, item));
        }

        ofKind[item.Key] = item;
        byUid[item.Uid] = item;
        if (item is Pod { Metadata.IsDeleting: true } terminating)
        {
            terminatingPods[item.Key] = terminating;
        }
        else if (item is Pod restarting && RestartDrain.IsAsked(restarting))
        {
            restartingPods[item.Key] = restarting;
        }

        Index(item, new IndexChange(IsRemoval: false));
        switch (item)
        {
            case Node node:
                EnterNode(node);
                break;
            case Namespace space:
                Cluster.SetNamespace(space);
                break;
            case Service service:
                former.Times.Put(service);
                break;
            case Pod { Spec.NodeName: { Length: > 0 } nodeName } pod:
                Cluster.Find(nodeName)?.Add(pod);
                break;
            case Pod pod:
                unboundPods[pod.Key] = pod;
                if (PendingPods.DependsOnOthers(pod))
                {
                    waitingForOthers.Add(pod.Key);
                }

                break;
        }
    }

    private void Take(Resource item)
    {
        if (objects[ResourceKinds.Of(item)].Remove(item.Key, out Resource? known))
        {
            Forget(known, staysIndexed: false);
            switch (known)
            {
                case Node:
                    Cluster.RemoveNode(known.Name);
                    break;
                case Namespace:
                    Cluster.RemoveNamespace(known.Name);
                    break;
                case Service service:
                    former.Times.Take(service);
                    break;
            }
        }
    }

    /// <summary>
    /// Whether two versions of an object are in the same groups of the indexes, so that the newer one takes the older one's place there: so it is when a status changes.
    /// </summary>
    private static bool IsIndexedAlike(Resource known, Resource item) =>
        known.Metadata.OwnerReferences == item.Metadata.OwnerReferences
        && item is not EndpointSlice
        && (known as Pod)?.Spec.NodeName == (item as Pod)?.Spec.NodeName;

    private void Forget(Resource known, bool staysIndexed)
    {
        byUid.Remove(known.Uid);
        if (!staysIndexed)
        {
            Index(known, new IndexChange(IsRemoval: true));
        }

        if (known is Pod pod)
        {
            unboundPods.Remove(pod.Key);
            terminatingPods.Remove(pod.Key);
            restartingPods.Remove(pod.Key);
            waitingForOthers.Remove(pod.Key);
            Cluster.Find(pod.Spec.NodeName ?? "")?.Remove(pod.Uid);
        }
    }

    private void Index(Resource item, IndexChange change)
    {
        foreach (OwnerReference owner in item.Metadata.OwnerReferences.AsSpan())
        {
            change.On(Dependants, owner.Uid, item);
        }

        if (item.Namespace.Length > 0)
        {
            change.On(ByNamespace, item.Namespace, item);
        }

        string? controller = item.Metadata.Controller?.Uid;
        switch (item)
        {
            case Deployment deployment:
                change.On(DeploymentsByNamespace, deployment.Namespace, deployment);
                break;
            case ReplicaSet replicaSet:
                change.On(controller is null ? BareReplicaSets : ReplicaSetsByController, controller ?? replicaSet.Namespace, replicaSet);
                break;
            case Service service:
                change.On(ServicesByNamespace, service.Namespace, service);
                break;
            case PodDisruptionBudget budget:
                change.On(BudgetsByNamespace, budget.Namespace, budget);
                break;
            case ResourceQuota quota:
                change.On(QuotasByNamespace, quota.Namespace, quota);
                break;
            case RolloutPolicy policy:
                change.On(PoliciesByNamespace, policy.Namespace, policy);
                break;
            case EndpointSlice slice:
                foreach (string uid in PodsIn(slice))
                {
                    change.On(SlicesByPod, uid, slice);
                }

                break;
            case Pod pod:
                change.On(PodsByNamespace, pod.Namespace, pod);
                change.On(controller is null ? BarePods : PodsByController, controller ?? pod.Namespace, pod);
                if (pod.Spec.NodeName is { Length: > 0 } node)
                {
                    change.On(PodsByNode, node, pod);
                }

                break;
        }
    }

    private void EnterNode(Node node)
    {
        NodeState state = Cluster.SetNode(node);
        foreach (Pod pod in PodsByNode[node.Name])
        {
            state.Add(pod);
        }
    }

    private readonly record struct IndexChange(bool IsRemoval)
    {
        public void On<T>(ResourceIndex<T> index, string key, T item)
            where T : Resource
        {
            if (IsRemoval)
            {
                index.Remove(key, item);
            }
            else
            {
                index.Add(key, item);
            }
        }
    }
}
