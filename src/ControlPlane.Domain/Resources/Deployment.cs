using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>Keeps a number of pods of one template running and replaces them gradually when the template changes.</summary>
public sealed record Deployment : Resource
{
    public DeploymentSpec Spec { get; init => field = value ?? new DeploymentSpec(); } = new();

    public DeploymentStatus? Status { get; init; }
}

public sealed record DeploymentSpec
{
    /// <summary>How many pods; default 1.</summary>
    public int? Replicas { get; init; }

    public LabelSelector? Selector { get; init; }

    public PodTemplateSpec Template { get; init => field = value ?? new PodTemplateSpec(); } = new();

    public DeploymentStrategy? Strategy { get; init; }

    /// <summary>Seconds a pod must be ready before it counts as available; default 0.</summary>
    public int? MinReadySeconds { get; init; }

    /// <summary>How many old ReplicaSets are kept for rollback; default 10.</summary>
    public int? RevisionHistoryLimit { get; init; }

    public bool? Paused { get; init; }

    /// <summary>Seconds without progress after which the rollout counts as failed; default 600.</summary>
    public int? ProgressDeadlineSeconds { get; init; }
}

public sealed record DeploymentStrategy
{
    /// <summary><c>RollingUpdate</c> or <c>Recreate</c>.</summary>
    public string? Type { get; init; }

    public RollingUpdateDeployment? RollingUpdate { get; init; }
}

public sealed record RollingUpdateDeployment
{
    /// <summary>How many pods (or per cent of the replicas, rounded down) may be unavailable; default 25%.</summary>
    public IntOrString? MaxUnavailable { get; init; }

    /// <summary>How many pods (or per cent of the replicas, rounded up) may exist beyond the replicas; default 25%.</summary>
    public IntOrString? MaxSurge { get; init; }
}

public sealed record DeploymentStatus
{
    public long? ObservedGeneration { get; init; }

    public int? Replicas { get; init; }

    public int? UpdatedReplicas { get; init; }

    public int? ReadyReplicas { get; init; }

    public int? AvailableReplicas { get; init; }

    public int? UnavailableReplicas { get; init; }

    public int? TerminatingReplicas { get; init; }

    public ValueList<Condition> Conditions { get; init; }

    /// <summary>How often the template's hash met another template's; part of the hash.</summary>
    public int? CollisionCount { get; init; }
}
