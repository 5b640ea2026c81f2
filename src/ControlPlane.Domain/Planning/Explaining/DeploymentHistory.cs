using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>The revisions of a Deployment: who started each, and how it ended.</summary>
public sealed record DeploymentHistory : Resource
{
    public const string Group = "rollouts.controlplane.dev";

    public const string Version = "v1";

    /// <summary>The latest first. A revision stays here when its ReplicaSet is gone; the last 50 are kept.</summary>
    public ValueList<DeploymentHistoryItem> Items { get; init; }
}

/// <summary>One revision of a Deployment, from its declaration on.</summary>
public sealed record DeploymentHistoryItem
{
    /// <summary>The revision number; absent while the declaration has not become a revision yet.</summary>
    public long? Revision { get; init; }

    /// <summary>Its ReplicaSet, as long as it is kept for a rollback.</summary>
    public string? ReplicaSet { get; init; }

    /// <summary>The name of the token that declared it; absent for revisions from before this was recorded.</summary>
    public string? StartedBy { get; init; }

    /// <summary>The program that declared it, such as kubectl/v1.36.0.</summary>
    public string? UserAgent { get; init; }

    /// <summary>What differs from the template before, in a few words.</summary>
    public string? Change { get; init; }

    /// <summary>What kubectl rollout history shows: the user's words, or those that were filled in.</summary>
    public string? ChangeCause { get; init; }

    /// <summary>The containers' images, init containers first.</summary>
    public ValueList<string> Images { get; init; }

    /// <summary>What those ran as, by name: a registry's digest, or the id of an image that only its engine has. Without those that have not been started yet.</summary>
    public ValueMap<string> ResolvedImages { get; init; }

    /// <summary>When it was declared.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Progressing, Complete, Failed, or Superseded by the next declaration before it was either.</summary>
    public string? Outcome { get; init; }

    /// <summary>Why it failed: ProgressDeadlineExceeded, CrashLoopBackOff or Aborted.</summary>
    public string? Reason { get; init; }

    /// <summary>Why it failed, with the pod's own words.</summary>
    public string? Message { get; init; }

    /// <summary>When it was first complete, failed or was superseded.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Seconds from its declaration to its end.</summary>
    public long? DurationSeconds { get; init; }
}
