using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Routing;

/// <summary>
/// Requests that go to one ReplicaSet whatever the shares say, as long as it has a ready endpoint: those that fulfil every <see cref="Match"/>. The first route that
/// holds wins. HTTP ports only; such requests don't count in the shares' rotation.
/// </summary>
public sealed record HeaderRoute
{
    /// <summary>By name, in the Service's namespace.</summary>
    public required string ReplicaSet { get; init; }

    /// <summary>All must hold; a route without any matches nothing.</summary>
    public ValueList<HeaderMatch> Match { get; init; }
}

/// <summary>One condition on a request: exactly one of <see cref="Header"/> and <see cref="Cookie"/>, and exactly one of the ways to compare.</summary>
public sealed record HeaderMatch
{
    /// <summary>Characters of a <see cref="Regex"/>.</summary>
    public const int RegexLengthMax = 256;

    /// <summary>A header's name, its case ignored.</summary>
    public string? Header { get; init; }

    /// <summary>A cookie's name.</summary>
    public string? Cookie { get; init; }

    /// <summary>The whole value.</summary>
    public string? Exact { get; init; }

    /// <summary>How the value begins.</summary>
    public string? Prefix { get; init; }

    /// <summary>An expression for the whole value, of the kind that needs no backtracking; at most <see cref="RegexLengthMax"/> characters.</summary>
    public string? Regex { get; init; }
}
