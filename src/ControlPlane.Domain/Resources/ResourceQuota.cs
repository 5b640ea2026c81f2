using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>How much of things there may be in a namespace: objects of kinds, and what pods ask of their nodes.</summary>
public sealed record ResourceQuota : Resource
{
    /// <summary>How much there may be.</summary>
    public ResourceQuotaSpec Spec { get; init => field = value ?? new ResourceQuotaSpec(); } = new();

    /// <summary>How much there is.</summary>
    public ResourceQuotaStatus? Status { get; init; }
}

/// <summary>How much there may be.</summary>
public sealed record ResourceQuotaSpec
{
    /// <summary>The most of each: pods, requests.cpu, limits.memory, services, count/deployments.apps and the like.</summary>
    public ValueMap<Quantity> Hard { get; init; }

    /// <summary>Only pods of some kinds are counted.</summary>
    public ValueList<string> Scopes { get; init; }

    /// <summary>Only pods that match are counted.</summary>
    public ScopeSelector? ScopeSelector { get; init; }
}

/// <summary>Which pods a quota counts.</summary>
public sealed record ScopeSelector
{
    /// <summary>All of these.</summary>
    public ValueList<ScopedResourceSelectorRequirement> MatchExpressions { get; init; }
}

/// <summary>One requirement of the pods that a quota counts.</summary>
public sealed record ScopedResourceSelectorRequirement
{
    /// <summary>What is looked at, such as PriorityClass.</summary>
    public string? ScopeName { get; init; }

    /// <summary>In, NotIn, Exists or DoesNotExist.</summary>
    public string? Operator { get; init; }

    /// <summary>For In and NotIn.</summary>
    public ValueList<string> Values { get; init; }
}

/// <summary>How much there is.</summary>
public sealed record ResourceQuotaStatus
{
    /// <summary>How much there may be, as it was when this was counted.</summary>
    public ValueMap<Quantity> Hard { get; init; }

    /// <summary>How much there is of each.</summary>
    public ValueMap<Quantity> Used { get; init; }
}
