namespace ControlPlane.Domain.Resources;

/// <summary>One observation about an object (Kubernetes API conventions, conditions). Each type appears once.</summary>
public sealed record Condition
{
    /// <summary>What is observed.</summary>
    public string Type { get; init; } = "";

    /// <summary><c>True</c>, <c>False</c> or <c>Unknown</c>.</summary>
    public string Status { get; init; } = "";

    /// <summary>When it was last looked at.</summary>
    public DateTimeOffset? LastProbeTime { get; init; }

    /// <summary>When it was last heard of.</summary>
    public DateTimeOffset? LastHeartbeatTime { get; init; }

    /// <summary>When the condition was last written.</summary>
    public DateTimeOffset? LastUpdateTime { get; init; }

    /// <summary>When the status last changed.</summary>
    public DateTimeOffset? LastTransitionTime { get; init; }

    /// <summary>One CamelCase word, for programs.</summary>
    public string? Reason { get; init; }

    /// <summary>Details, for people.</summary>
    public string? Message { get; init; }

    /// <summary>The generation that this speaks of.</summary>
    public long? ObservedGeneration { get; init; }
}
