using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources.Policies;

/// <summary>A new revision takes over step by step, beside a stable one that keeps all its pods until the last step.</summary>
public sealed record CanaryStrategy
{
    /// <summary>The Service whose requests are divided; none: requests follow the number of pods.</summary>
    public string? Service { get; init; }

    /// <summary>One after the other; at least one.</summary>
    public ValueList<CanaryStep> Steps { get; init; }
}

/// <summary>One step: exactly one of its members.</summary>
public sealed record CanaryStep
{
    /// <summary>Per cent of the requests that the canary gets, 0 to 100, with at most one decimal.</summary>
    public decimal? SetWeight { get; init; }

    /// <summary>How many pods the canary has, whatever its weight.</summary>
    public CanaryScale? SetCanaryScale { get; init; }

    /// <summary>Waits.</summary>
    public PauseStep? Pause { get; init; }

    /// <summary>Requests that go to the canary whatever the weight.</summary>
    public HeaderRouteStep? SetHeaderRoute { get; init; }

    /// <summary>Waits for what the gateways measure, and judges it.</summary>
    public AnalysisStep? Analysis { get; init; }
}

/// <summary>How many pods a canary has; exactly one of its members.</summary>
public sealed record CanaryScale
{
    /// <summary>So many.</summary>
    public int? Replicas { get; init; }

    /// <summary>Per cent of the Deployment's replicas, rounded up; 0 to 100.</summary>
    public int? Weight { get; init; }

    /// <summary>True: as many as the weight of requests asks for, again.</summary>
    public bool? MatchTrafficWeight { get; init; }
}

/// <summary>How long a step waits.</summary>
public sealed record PauseStep
{
    /// <summary>Seconds, or a text such as 60s, 5m or 1h30m; none: until it is promoted.</summary>
    public IntOrString? Duration { get; init; }
}

/// <summary>Requests that go to the canary whatever the weight. One of the same name replaces an earlier one; without a match it takes it away.</summary>
public sealed record HeaderRouteStep
{
    /// <summary>Tells routes apart.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>All must hold.</summary>
    public ValueList<HeaderRouteMatch> Match { get; init; }
}

/// <summary>A header or a cookie, and its value; exactly one of headerName with headerValue and cookieName with cookieValue.</summary>
public sealed record HeaderRouteMatch
{
    /// <summary>The header's name, its case ignored.</summary>
    public string? HeaderName { get; init; }

    /// <summary>The header's value.</summary>
    public StringMatch? HeaderValue { get; init; }

    /// <summary>The cookie's name.</summary>
    public string? CookieName { get; init; }

    /// <summary>The cookie's value.</summary>
    public StringMatch? CookieValue { get; init; }
}

/// <summary>How a value is compared; exactly one of its members.</summary>
public sealed record StringMatch
{
    /// <summary>The whole value.</summary>
    public string? Exact { get; init; }

    /// <summary>How it begins.</summary>
    public string? Prefix { get; init; }

    /// <summary>A regular expression without backreferences and lookarounds for the whole value, at most 256 characters.</summary>
    public string? Regex { get; init; }
}
