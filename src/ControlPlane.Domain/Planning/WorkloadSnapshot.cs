using System.Collections.Frozen;
using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning;

/// <summary>
/// All that one pass over a workload may know. <see cref="Deployment"/> is null for a bare ReplicaSet (then
/// <see cref="ReplicaSets"/> holds just that one).
/// </summary>
public sealed record WorkloadSnapshot
{
    public Deployment? Deployment { get; init; }

    /// <summary>Those the Deployment controls, and those without a controller that its selector matches, in name order.</summary>
    public required IReadOnlyList<ReplicaSet> ReplicaSets { get; init; }

    /// <summary>
    /// Names of ReplicaSets of the namespace that are not in <see cref="ReplicaSets"/> and begin with the Deployment's name: a new
    /// ReplicaSet takes none of them.
    /// </summary>
    public IReadOnlySet<string> OtherReplicaSetNames { get; init; } = FrozenSet<string>.Empty;

    /// <summary>
    /// Pods of the namespace that one of the ReplicaSets controls, and those without a controller that a selector matches, in name order;
    /// terminating ones too.
    /// </summary>
    public required IReadOnlyList<Pod> Pods { get; init; }

    /// <summary>The nodes and what is taken on them; pods placed by this plan are entered here, so that later plans of the same pass see them.</summary>
    public required ClusterState Cluster { get; init; }

    /// <summary>The time of the pass in whole seconds, as times are stored.</summary>
    public required DateTimeOffset Now { get; init; }

    public required IdSource Ids { get; init; }
}
