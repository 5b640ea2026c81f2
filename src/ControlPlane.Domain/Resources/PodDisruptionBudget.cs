using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>How many of some pods evictions must leave.</summary>
public sealed record PodDisruptionBudget : Resource
{
    /// <summary>What is to be kept.</summary>
    public PodDisruptionBudgetSpec Spec { get; init => field = value ?? new PodDisruptionBudgetSpec(); } = new();

    /// <summary>What is left of it.</summary>
    public PodDisruptionBudgetStatus? Status { get; init; }
}

/// <summary>What evictions must leave; one of the two numbers.</summary>
public sealed record PodDisruptionBudgetSpec
{
    /// <summary>Pods, or per cent of them, that must stay.</summary>
    public IntOrString? MinAvailable { get; init; }

    /// <summary>Which pods; none given selects none, an empty one all of the namespace.</summary>
    public LabelSelector? Selector { get; init; }

    /// <summary>Pods, or per cent of them, that may be missing.</summary>
    public IntOrString? MaxUnavailable { get; init; }

    /// <summary>When running pods that are not ready may be evicted: IfHealthyBudget (default), or AlwaysAllow.</summary>
    public string? UnhealthyPodEvictionPolicy { get; init; }
}

/// <summary>What is left of a budget.</summary>
public sealed record PodDisruptionBudgetStatus
{
    /// <summary>The generation that this status speaks of.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>Pods whose eviction was granted and that are not marked for deletion yet.</summary>
    public ValueMap<string> DisruptedPods { get; init; }

    /// <summary>Evictions that are allowed now.</summary>
    [WriteEmpty]
    public int DisruptionsAllowed { get; init; }

    /// <summary>Pods that are ready.</summary>
    [WriteEmpty]
    public int CurrentHealthy { get; init; }

    /// <summary>Pods that must be ready.</summary>
    [WriteEmpty]
    public int DesiredHealthy { get; init; }

    /// <summary>Pods that the budget counts.</summary>
    [WriteEmpty]
    public int ExpectedPods { get; init; }

    /// <summary>DisruptionAllowed, and why not.</summary>
    public ValueList<Condition> Conditions { get; init; }
}

/// <summary>Asks for a pod to be deleted if its budgets allow it.</summary>
public sealed record Eviction : Resource
{
    /// <summary>How.</summary>
    public RawJson? DeleteOptions { get; init; }
}
