using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources.Policies;

/// <summary>
/// What the gateways have to see of a new revision, in windows of one length. A window that misses one of the limits fails the revision; one with too few requests says nothing
/// and is measured again.
/// </summary>
public sealed record AnalysisStep
{
    /// <summary>How long a window is: seconds, or a text such as 10s; default 10s.</summary>
    public IntOrString? Interval { get; init; }

    /// <summary>How many windows have to be good; default 1.</summary>
    public int? Count { get; init; }

    /// <summary>How many requests a window needs to say something; default 1.</summary>
    public long? MinRequests { get; init; }

    /// <summary>Per cent of the requests that must not fail, at least.</summary>
    public decimal? SuccessRate { get; init; }

    /// <summary>How long half of the requests may take at most: a text such as 250ms.</summary>
    public IntOrString? LatencyP50 { get; init; }

    /// <summary>How long 95% of the requests may take at most.</summary>
    public IntOrString? LatencyP95 { get; init; }

    /// <summary>How long 99% of the requests may take at most.</summary>
    public IntOrString? LatencyP99 { get; init; }

    /// <summary>How much worse than the stable revision in the same window it may be.</summary>
    public AnalysisMargins? AgainstStable { get; init; }
}

/// <summary>How much worse than the stable revision in the same window a new one may be.</summary>
public sealed record AnalysisMargins
{
    /// <summary>By so many percentage points the share of good requests may be lower: with 1, 98.5% where the stable one has 99.5%.</summary>
    public decimal? SuccessRate { get; init; }

    /// <summary>By so many per cent half of the requests may be slower: with 20, 120 ms where the stable one has 100 ms.</summary>
    public decimal? LatencyP50 { get; init; }

    /// <summary>By so many per cent 95% of the requests may be slower.</summary>
    public decimal? LatencyP95 { get; init; }

    /// <summary>By so many per cent 99% of the requests may be slower.</summary>
    public decimal? LatencyP99 { get; init; }
}
