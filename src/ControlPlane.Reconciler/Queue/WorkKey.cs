using ControlPlane.Domain.Resources;

namespace ControlPlane.Reconciler.Queue;

/// <summary>Something that may need a look. A key says where to look, never what happened there.</summary>
internal readonly record struct WorkKey(WorkKind Kind, string Namespace, string Name)
{
    public static WorkKey PendingPods { get; } = new(WorkKind.PendingPods, "", "");

    public static WorkKey NodeHealth { get; } = new(WorkKind.NodeHealth, "", "");

    public static WorkKey TaintEviction { get; } = new(WorkKind.TaintEviction, "", "");

    public static WorkKey EventExpiry { get; } = new(WorkKind.EventExpiry, "", "");

    public static WorkKey EndedPods { get; } = new(WorkKind.EndedPods, "", "");

    public static WorkKey Drain { get; } = new(WorkKind.Drain, "", "");

    public static WorkKey ApiService { get; } = new(WorkKind.ApiService, "", "");

    public static WorkKey Resync { get; } = new(WorkKind.Resync, "", "");

    public static WorkKey Deployment(ObjectKey key) => new(WorkKind.Deployment, key.Namespace, key.Name);

    public static WorkKey ReplicaSet(ObjectKey key) => new(WorkKind.ReplicaSet, key.Namespace, key.Name);

    public static WorkKey Endpoints(ObjectKey service) => new(WorkKind.Endpoints, service.Namespace, service.Name);

    public static WorkKey DisruptionBudget(ObjectKey key) => new(WorkKind.DisruptionBudget, key.Namespace, key.Name);

    public static WorkKey Quota(ObjectKey key) => new(WorkKind.Quota, key.Namespace, key.Name);

    public static WorkKey Policy(ObjectKey key) => new(WorkKind.Policy, key.Namespace, key.Name);

    /// <summary>An owner's uid: the owner may wait for its dependants, or they may have outlived it.</summary>
    public static WorkKey Dependants(string ownerUid) => new(WorkKind.Dependants, "", ownerUid);

    public static WorkKey NamespaceObjects(string name) => new(WorkKind.NamespaceObjects, "", name);

    public static WorkKey NamespaceEnd(string name) => new(WorkKind.NamespaceEnd, "", name);

    public ObjectKey ObjectKey => new(Namespace, Name);

    public override string ToString() => $"{Kind} {ObjectKey}".TrimEnd();
}

internal enum WorkKind
{
    Deployment,

    /// <summary>A ReplicaSet without a controller.</summary>
    ReplicaSet,

    /// <summary>All pods without a node.</summary>
    PendingPods,

    /// <summary>All nodes.</summary>
    NodeHealth,

    /// <summary>All nodes with taints that take pods off them.</summary>
    TaintEviction,
    Dependants,
    NamespaceEnd,
    EventExpiry,

    /// <summary>All pods that have ended.</summary>
    EndedPods,

    /// <summary>A Service's endpoints.</summary>
    Endpoints,

    /// <summary>What is left of a PodDisruptionBudget.</summary>
    DisruptionBudget,

    /// <summary>How much of a ResourceQuota is used.</summary>
    Quota,

    /// <summary>What a RolloutPolicy's status says.</summary>
    Policy,

    /// <summary>All pods that wait for gateways before they are stopped.</summary>
    Drain,

    /// <summary>What every namespace has.</summary>
    NamespaceObjects,

    /// <summary>The Service by which the API shows itself.</summary>
    ApiService,

    /// <summary>Everything, whether or not it changed.</summary>
    Resync,
}
