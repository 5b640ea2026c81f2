using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources.Policies;

/// <summary>
/// How Deployments get from one revision to the next, beyond what Deployments can say themselves: canary and blue-green, and whether a failed revision is rolled back. The
/// words are Argo Rollouts'.
/// </summary>
public sealed record RolloutPolicy : Resource
{
    /// <summary>Which Deployments, and how.</summary>
    public RolloutPolicySpec Spec { get; init => field = value ?? new RolloutPolicySpec(); } = new();

    /// <summary>Where its Deployments stand.</summary>
    public RolloutPolicyStatus? Status { get; init; }
}

/// <summary>Which Deployments a policy is for, and how they roll. Exactly one of targetRef and selector.</summary>
public sealed record RolloutPolicySpec
{
    /// <summary>The one Deployment that it is for; it wins over a selector.</summary>
    public PolicyTarget? TargetRef { get; init; }

    /// <summary>Which Deployments of the namespace, by their labels; an empty one: all, unless another policy is more specific.</summary>
    public LabelSelector? Selector { get; init; }

    /// <summary>Whether a revision that fails is rolled back; default true.</summary>
    public bool? RollbackOnFailure { get; init; }

    /// <summary>How a new revision takes over; none: as the Deployment's own strategy says.</summary>
    public RolloutStrategy? Strategy { get; init; }
}

/// <summary>The Deployment that a policy is for.</summary>
public sealed record PolicyTarget
{
    /// <summary>Absent, or apps/v1.</summary>
    public string? ApiVersion { get; init; }

    /// <summary>Absent, or Deployment.</summary>
    public string? Kind { get; init; }

    /// <summary>Its name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";
}

/// <summary>How a new revision takes over: Canary or BlueGreen.</summary>
public sealed record RolloutStrategy
{
    public const string CanaryType = "Canary";

    public const string BlueGreenType = "BlueGreen";

    /// <summary>Canary or BlueGreen.</summary>
    public string? Type { get; init; }

    /// <summary>With the type Canary.</summary>
    public CanaryStrategy? Canary { get; init; }

    /// <summary>With the type BlueGreen.</summary>
    public BlueGreenStrategy? BlueGreen { get; init; }
}

/// <summary>Where the Deployments of a policy stand.</summary>
public sealed record RolloutPolicyStatus
{
    /// <summary>The generation that this status speaks of.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>How many Deployments it is for.</summary>
    [WriteEmpty]
    public int Deployments { get; init; }

    /// <summary>Those of them that are on their way to a new revision, in the order of their names; at most 50.</summary>
    public ValueList<PolicyRollout> Rollouts { get; init; }

    /// <summary>
    /// Accepted: whether it is the one policy for each of its Deployments. ServiceShared: while a Service that it names selects pods of more than one Deployment.
    /// ServiceMismatch: while one selects no pods of a Deployment that it is for.
    /// </summary>
    public ValueList<Condition> Conditions { get; init; }
}

/// <summary>A Deployment on its way to a new revision.</summary>
public sealed record PolicyRollout
{
    /// <summary>The Deployment's name.</summary>
    public string Deployment { get; init => field = value ?? ""; } = "";

    /// <summary>The revision on its way.</summary>
    public long Revision { get; init; }

    /// <summary>The ReplicaSet that the traffic goes back to on an abort.</summary>
    public string? Stable { get; init; }

    /// <summary>The ReplicaSet that is on its way.</summary>
    public string? Canary { get; init; }

    /// <summary>Where it stands, in one word.</summary>
    public string? Phase { get; init; }

    /// <summary>The step it is at, from 0; as many as there are: past all of them.</summary>
    [WriteEmpty]
    public int Step { get; init; }

    /// <summary>How many steps there are.</summary>
    [WriteEmpty]
    public int Steps { get; init; }

    /// <summary>Per cent of the requests that the new revision gets now.</summary>
    [WriteEmpty]
    public decimal Weight { get; init; }
}
