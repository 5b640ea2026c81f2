using ControlPlane.Domain.Planning.Configs;
using ControlPlane.Domain.Planning.Policies;
using ControlPlane.Domain.Planning.Quotas;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;

namespace ControlPlane.Domain.Planning;

/// <summary>
/// All that one pass over a workload may know. <see cref="Deployment"/> is null for a bare ReplicaSet (then
/// <see cref="ReplicaSets"/> holds just that one).
/// </summary>
public sealed record WorkloadSnapshot
{
    public Deployment? Deployment { get; init; }

    /// <summary>Where <see cref="Deployment"/> refers to copies of ConfigMaps and Secrets: how it was declared, and the copies.</summary>
    public ConfiguredDeployment? Configured { get; init; }

    /// <summary>The copies of ConfigMaps and Secrets that the Deployment has, used or not.</summary>
    public IReadOnlyList<Resource> ConfigCopies { get; init; } = [];

    /// <summary>A ConfigMap or a Secret of the namespace by kind and name; null where nobody asks.</summary>
    public Func<string, string, Resource?>? ConfigOf { get; init; }

    /// <summary>Those the Deployment controls, and those without a controller that its selector matches, in name order.</summary>
    public required IReadOnlyList<ReplicaSet> ReplicaSets { get; init; }

    /// <summary>The Deployment's revision records.</summary>
    public IReadOnlyList<DeploymentRevision> Revisions { get; init; } = [];

    /// <summary>The Deployment's policy.</summary>
    public PolicyChoice Policy { get; init; } = PolicyChoice.None;

    /// <summary>How far its canary or blue-green has come; null while none is on its way.</summary>
    public RolloutState? State { get; init; }

    /// <summary>Whether a slice lists a pod as ready, so that gateways may send requests to it; null where nobody asks.</summary>
    public Func<Pod, bool>? IsRouted { get; init; }

    /// <summary>What the gateways have seen since the present window of its analysis began; null where nothing is measured.</summary>
    public TrafficWindow? Traffic { get; init; }

    /// <summary>A Service of the namespace by name; null where nobody knows them.</summary>
    public Func<string, Service?>? ServiceOf { get; init; }

    /// <summary>The Deployments whose pods a Service of the namespace selects; null where nobody asks.</summary>
    public Func<string, IReadOnlyList<string>>? SelectedBy { get; init; }

    /// <summary>Whether a ReplicaSet of the namespace, in <see cref="ReplicaSets"/> or not, has a name: a new one takes no such name.</summary>
    public required Func<string, bool> IsReplicaSetNameTaken { get; init; }

    /// <summary>
    /// Pods of the namespace that one of the ReplicaSets controls, and those without a controller that a selector matches, in name order;
    /// terminating ones too.
    /// </summary>
    public required IReadOnlyList<Pod> Pods { get; init; }

    /// <summary>The nodes and what is taken on them; pods placed by this plan are entered here, so that later plans of the same pass see them.</summary>
    public required ClusterState Cluster { get; init; }

    /// <summary>The room that the namespace's quotas leave for new pods; null where there are none.</summary>
    public QuotaRoom? Quotas { get; init; }

    /// <summary>The time of the pass in whole seconds, as times are stored.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The same rounded up, for what must not seem older than it is; in the middle of a second a second later.</summary>
    public DateTimeOffset NowRoundedUp
    {
        get => field > Now ? field : Now;
        init;
    }

    public required IdSource Ids { get; init; }
}
