using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources.Reviews;

/// <summary>Asks for all that the caller may do in a namespace.</summary>
public sealed record SelfSubjectRulesReview : Resource
{
    /// <summary>What is asked.</summary>
    public SelfSubjectRulesReviewSpec Spec { get; init => field = value ?? new SelfSubjectRulesReviewSpec(); } = new();

    /// <summary>The answer.</summary>
    public SubjectRulesReviewStatus? Status { get; init; }
}

/// <summary>Where the caller asks about.</summary>
public sealed record SelfSubjectRulesReviewSpec
{
    /// <summary>The namespace.</summary>
    public string? Namespace { get; init; }
}

/// <summary>All that the caller may do.</summary>
public sealed record SubjectRulesReviewStatus
{
    /// <summary>What may be done with objects.</summary>
    [WriteEmpty]
    public ValueList<ResourceRule> ResourceRules { get; init; }

    /// <summary>What may be done with paths that are no object's.</summary>
    [WriteEmpty]
    public ValueList<NonResourceRule> NonResourceRules { get; init; }

    /// <summary>True when there is more than is listed.</summary>
    [WriteEmpty]
    public bool Incomplete { get; init; }

    public string? EvaluationError { get; init; }
}

/// <summary>Verbs that are allowed on objects.</summary>
public sealed record ResourceRule
{
    /// <summary>The verbs; * for all.</summary>
    public ValueList<string> Verbs { get; init; }

    /// <summary>The API groups; * for all.</summary>
    public ValueList<string> ApiGroups { get; init; }

    /// <summary>The kinds' names in paths; * for all.</summary>
    public ValueList<string> Resources { get; init; }

    public ValueList<string> ResourceNames { get; init; }
}

/// <summary>Verbs that are allowed on paths.</summary>
public sealed record NonResourceRule
{
    /// <summary>HTTP methods in lower case; * for all.</summary>
    public ValueList<string> Verbs { get; init; }

    /// <summary>The paths; * at the end for all below.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("nonResourceURLs")]
    public ValueList<string> NonResourceUrls { get; init; }
}
