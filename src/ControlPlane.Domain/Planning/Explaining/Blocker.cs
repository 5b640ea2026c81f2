namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>One reason why a rollout does not move right now. Pods with the same reason and message are one blocker with a count.</summary>
public sealed record Blocker
{
    /// <summary>One CamelCase word, for programs.</summary>
    public required string Reason { get; init; }

    /// <summary>Details, for people; names no pod, so that pods with one cause are told together.</summary>
    public required string Message { get; init; }

    /// <summary>The first of the pods by name; null for a reason that is the whole Deployment's.</summary>
    public string? Pod { get; init; }

    /// <summary>That pod's node; null for one without a node.</summary>
    public string? Node { get; init; }

    /// <summary>Since when the first of them has been held up; null where nothing says so.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The most often restarted container's restarts.</summary>
    public int Restarts { get; init; }

    /// <summary>How many pods; 1 for a reason that is the whole Deployment's.</summary>
    public int Count { get; init; } = 1;
}
