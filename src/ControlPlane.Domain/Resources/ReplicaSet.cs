using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>Keeps a number of pods of one template; a Deployment has one for each revision.</summary>
public sealed record ReplicaSet : Resource
{
    public ReplicaSetSpec Spec { get; init => field = value ?? new ReplicaSetSpec(); } = new();

    public ReplicaSetStatus? Status { get; init; }
}

public sealed record ReplicaSetSpec
{
    /// <summary>How many pods; default 1.</summary>
    public int? Replicas { get; init; }

    /// <summary>Seconds a pod must be ready before it counts as available; default 0.</summary>
    public int? MinReadySeconds { get; init; }

    public LabelSelector? Selector { get; init; }

    public PodTemplateSpec Template { get; init => field = value ?? new PodTemplateSpec(); } = new();
}

public sealed record ReplicaSetStatus
{
    [WriteEmpty]
    public int Replicas { get; init; }

    public int? FullyLabeledReplicas { get; init; }

    public int? ReadyReplicas { get; init; }

    public int? AvailableReplicas { get; init; }

    public int? TerminatingReplicas { get; init; }

    public long? ObservedGeneration { get; init; }

    public ValueList<Condition> Conditions { get; init; }
}
