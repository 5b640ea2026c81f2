using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>
/// What is remembered of one declaration of a Deployment's template: who made it, and what came of it. It outlives the revision's ReplicaSet and
/// goes with the Deployment. Its spec is written once, with the declaration; its status by the reconciler.
/// </summary>
public sealed record DeploymentRevision : Resource
{
    /// <summary>The declaration.</summary>
    public DeploymentRevisionSpec Spec { get; init => field = value ?? new DeploymentRevisionSpec(); } = new();

    /// <summary>What came of it.</summary>
    public DeploymentRevisionStatus? Status { get; init; }
}

/// <summary>Who declared a template, with what and when.</summary>
public sealed record DeploymentRevisionSpec
{
    /// <summary>The Deployment's generation that has this template first.</summary>
    public long Generation { get; init; }

    /// <summary>The name of the token that declared it.</summary>
    public string StartedBy { get; init => field = value ?? ""; } = "";

    /// <summary>The program that declared it, such as kubectl/v1.36.0.</summary>
    public string? UserAgent { get; init; }

    /// <summary>When it was declared.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>What differs from the template before, in a few words.</summary>
    public string? Change { get; init; }

    /// <summary>The containers' images, init containers first.</summary>
    public ValueList<string> Images { get; init; }
}

/// <summary>What came of a declaration.</summary>
public sealed record DeploymentRevisionStatus
{
    /// <summary>The revision number that it got.</summary>
    public long? Revision { get; init; }

    /// <summary>The ReplicaSet that has its template.</summary>
    public string? ReplicaSet { get; init; }

    /// <summary>What its images ran as, by the name in the template: a registry's digest, or the id of an image that only its engine has.</summary>
    public ValueMap<string> ResolvedImages { get; init; }

    /// <summary>Progressing, Complete, Failed, or Superseded by the next declaration before it was either.</summary>
    public string? Outcome { get; init; }

    /// <summary>Why it failed, in one word.</summary>
    public string? Reason { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Message { get; init; }

    /// <summary>When it was first complete, failed or was superseded.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The change cause of its ReplicaSet.</summary>
    public string? ChangeCause { get; init; }
}
