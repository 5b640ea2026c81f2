namespace ControlPlane.Domain.Resources.Policies;

/// <summary>A new revision is started whole beside the active one, and then gets all requests at once.</summary>
public sealed record BlueGreenStrategy
{
    /// <summary>The Service whose requests go to the active revision.</summary>
    public string ActiveService { get; init => field = value ?? ""; } = "";

    /// <summary>A Service whose requests go to the new revision from its first ready pod on.</summary>
    public string? PreviewService { get; init; }

    /// <summary>How many pods the new revision has before it is promoted; none: as many as the Deployment.</summary>
    public int? PreviewReplicaCount { get; init; }

    /// <summary>Whether it is promoted by itself; default true.</summary>
    public bool? AutoPromotionEnabled { get; init; }

    /// <summary>How many seconds it waits, once it is ready, before it is promoted by itself; default 0.</summary>
    public int? AutoPromotionSeconds { get; init; }

    /// <summary>How many seconds the old revision keeps its pods after the requests have left it; default 30.</summary>
    public int? ScaleDownDelaySeconds { get; init; }

    /// <summary>What the new revision has to show at the preview Service before it is promoted.</summary>
    public AnalysisStep? PrePromotionAnalysis { get; init; }

    /// <summary>What it has to show at the active Service afterwards; if it doesn't, the requests go back at once.</summary>
    public AnalysisStep? PostPromotionAnalysis { get; init; }
}
