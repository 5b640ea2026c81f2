using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>Keeps a number of pods of one template; a Deployment has one for each revision.</summary>
public sealed record ReplicaSet : Resource
{
    public ReplicaSetSpec Spec { get; init => field = value ?? new ReplicaSetSpec(); } = new();

    public ReplicaSetStatus? Status { get; init; }
}

/// <summary>What a ReplicaSet shall be.</summary>
public sealed record ReplicaSetSpec
{
    /// <summary>How many pods; default 1.</summary>
    public int? Replicas { get; init; }

    /// <summary>Seconds a pod must be ready before it counts as available; default 0.</summary>
    public int? MinReadySeconds { get; init; }

    /// <summary>Which pods belong to it; must match the template's labels and cannot be changed.</summary>
    public LabelSelector? Selector { get; init; }

    /// <summary>The pods that are created when some are missing.</summary>
    public PodTemplateSpec Template { get; init => field = value ?? new PodTemplateSpec(); } = new();
}

/// <summary>What a ReplicaSet is.</summary>
public sealed record ReplicaSetStatus
{
    /// <summary>Pods that are not terminating.</summary>
    [WriteEmpty]
    public int Replicas { get; init; }

    /// <summary>Pods that have all of the template's labels.</summary>
    public int? FullyLabeledReplicas { get; init; }

    /// <summary>Pods that are ready.</summary>
    public int? ReadyReplicas { get; init; }

    /// <summary>Pods that have been ready for minReadySeconds.</summary>
    public int? AvailableReplicas { get; init; }

    /// <summary>Pods that are terminating.</summary>
    public int? TerminatingReplicas { get; init; }

    /// <summary>The generation that this status speaks of.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>ReplicaFailure, when pods cannot be created or deleted.</summary>
    public ValueList<Condition> Conditions { get; init; }
}
