using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources.Reviews;

/// <summary>Asks whether the caller may do something.</summary>
public sealed record SelfSubjectAccessReview : Resource
{
    /// <summary>What is asked.</summary>
    public SelfSubjectAccessReviewSpec Spec { get; init => field = value ?? new SelfSubjectAccessReviewSpec(); } = new();

    /// <summary>The answer.</summary>
    public SubjectAccessReviewStatus? Status { get; init; }
}

/// <summary>What the caller asks about itself; one of the two.</summary>
public sealed record SelfSubjectAccessReviewSpec
{
    /// <summary>Something about objects.</summary>
    public ResourceAttributes? ResourceAttributes { get; init; }

    /// <summary>A path that is no object's.</summary>
    public NonResourceAttributes? NonResourceAttributes { get; init; }
}

/// <summary>Asks whether somebody may do something.</summary>
public sealed record SubjectAccessReview : Resource
{
    /// <summary>What is asked.</summary>
    public SubjectAccessReviewSpec Spec { get; init => field = value ?? new SubjectAccessReviewSpec(); } = new();

    /// <summary>The answer.</summary>
    public SubjectAccessReviewStatus? Status { get; init; }
}

/// <summary>Asks whether somebody may do something in one namespace.</summary>
public sealed record LocalSubjectAccessReview : Resource
{
    /// <summary>What is asked, of the namespace of the request.</summary>
    public SubjectAccessReviewSpec Spec { get; init => field = value ?? new SubjectAccessReviewSpec(); } = new();

    /// <summary>The answer.</summary>
    public SubjectAccessReviewStatus? Status { get; init; }
}

/// <summary>Who is asked about, and what.</summary>
public sealed record SubjectAccessReviewSpec
{
    /// <summary>Something about objects.</summary>
    public ResourceAttributes? ResourceAttributes { get; init; }

    /// <summary>A path that is no object's.</summary>
    public NonResourceAttributes? NonResourceAttributes { get; init; }

    /// <summary>The name of a token.</summary>
    public string? User { get; init; }

    /// <summary>The groups of the one who is asked about: system:masters may do what administrators may.</summary>
    public ValueList<string> Groups { get; init; }

    /// <summary>Nothing here depends on it.</summary>
    public RawJson? Extra { get; init; }

    /// <summary>Nothing here depends on it.</summary>
    public string? Uid { get; init; }
}

/// <summary>Something that is done with objects.</summary>
public sealed record ResourceAttributes
{
    /// <summary>The namespace; empty for all, and for kinds that are in none.</summary>
    public string? Namespace { get; init; }

    /// <summary>get, list, watch, create, update, patch, delete, deletecollection; * for all.</summary>
    public string? Verb { get; init; }

    /// <summary>The API group; * for all.</summary>
    public string? Group { get; init; }

    public string? Version { get; init; }

    /// <summary>The kind's name in paths; * for all.</summary>
    public string? Resource { get; init; }

    public string? Subresource { get; init; }

    /// <summary>One object; empty for all.</summary>
    public string? Name { get; init; }

    public RawJson? FieldSelector { get; init; }

    public RawJson? LabelSelector { get; init; }
}

/// <summary>Something that is done with a path that is no object's.</summary>
public sealed record NonResourceAttributes
{
    /// <summary>The path, such as /healthz.</summary>
    public string? Path { get; init; }

    /// <summary>The HTTP method in lower case.</summary>
    public string? Verb { get; init; }
}

/// <summary>Whether it is allowed.</summary>
public sealed record SubjectAccessReviewStatus
{
    /// <summary>True when it is.</summary>
    [WriteEmpty]
    public bool Allowed { get; init; }

    /// <summary>True when nothing else could allow it.</summary>
    public bool? Denied { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    public string? EvaluationError { get; init; }
}
