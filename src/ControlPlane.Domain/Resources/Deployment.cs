using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>Keeps a number of pods of one template running and replaces them gradually when the template changes.</summary>
public sealed record Deployment : Resource
{
    public DeploymentSpec Spec { get; init => field = value ?? new DeploymentSpec(); } = new();

    public DeploymentStatus? Status { get; init; }
}

/// <summary>What a Deployment shall be.</summary>
public sealed record DeploymentSpec
{
    /// <summary>How many pods; default 1.</summary>
    public int? Replicas { get; init; }

    /// <summary>Which pods belong to it; must match the template's labels and cannot be changed.</summary>
    public LabelSelector? Selector { get; init; }

    /// <summary>The pods to run. A change starts a rollout; nothing else does.</summary>
    public PodTemplateSpec Template { get; init => field = value ?? new PodTemplateSpec(); } = new();

    /// <summary>How pods of an old template are replaced.</summary>
    public DeploymentStrategy? Strategy { get; init; }

    /// <summary>Seconds a pod must be ready before it counts as available; default 0.</summary>
    public int? MinReadySeconds { get; init; }

    /// <summary>How many old ReplicaSets are kept for rollback; default 10.</summary>
    public int? RevisionHistoryLimit { get; init; }

    /// <summary>True: template changes start no rollout until it is resumed.</summary>
    public bool? Paused { get; init; }

    /// <summary>Seconds without progress after which the rollout counts as failed; default 600.</summary>
    public int? ProgressDeadlineSeconds { get; init; }
}

/// <summary>How pods of an old template are replaced: RollingUpdate (gradually) or Recreate (all old ones first).</summary>
public sealed record DeploymentStrategy
{
    /// <summary><c>RollingUpdate</c> or <c>Recreate</c>.</summary>
    public string? Type { get; init; }

    /// <summary>The bounds of a rolling update; only for the type RollingUpdate.</summary>
    public RollingUpdateDeployment? RollingUpdate { get; init; }
}

/// <summary>How far a rolling update may go below and above the declared number of pods.</summary>
public sealed record RollingUpdateDeployment
{
    /// <summary>How many pods (or per cent of the replicas, rounded down) may be unavailable; default 25%.</summary>
    public IntOrString? MaxUnavailable { get; init; }

    /// <summary>How many pods (or per cent of the replicas, rounded up) may exist beyond the replicas; default 25%.</summary>
    public IntOrString? MaxSurge { get; init; }
}

/// <summary>What a Deployment is.</summary>
public sealed record DeploymentStatus
{
    /// <summary>The generation that this status speaks of.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>Pods that are not terminating.</summary>
    public int? Replicas { get; init; }

    /// <summary>Pods of the current template that are not terminating.</summary>
    public int? UpdatedReplicas { get; init; }

    /// <summary>Pods that are ready.</summary>
    public int? ReadyReplicas { get; init; }

    /// <summary>Pods that have been ready for minReadySeconds.</summary>
    public int? AvailableReplicas { get; init; }

    /// <summary>Pods that are missing to be fully available.</summary>
    public int? UnavailableReplicas { get; init; }

    /// <summary>Pods that are terminating.</summary>
    public int? TerminatingReplicas { get; init; }

    /// <summary>Available, Progressing and ReplicaFailure.</summary>
    public ValueList<Condition> Conditions { get; init; }

    /// <summary>How often the template's hash met another template's; part of the hash.</summary>
    public int? CollisionCount { get; init; }
}
