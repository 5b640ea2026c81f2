using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Resources.Policies;

/// <summary>
/// How far a Deployment's canary or blue-green has come. It is there while a revision is on its way, is named after the Deployment's uid, belongs to the Deployment, and is written by
/// the reconciler alone, in one commit with the ReplicaSets that it speaks of. Stored and not served: the policy's status and the rollout's view show it.
/// </summary>
public sealed record RolloutState : Resource
{
    /// <summary>How far it has come.</summary>
    public RolloutStateSpec Spec { get; init => field = value ?? new RolloutStateSpec(); } = new();
}

/// <summary>How far a revision has come, and where the requests go.</summary>
public sealed record RolloutStateSpec
{
    /// <summary>The Deployment's name.</summary>
    public string Deployment { get; init => field = value ?? ""; } = "";

    /// <summary>The policy's name.</summary>
    public string Policy { get; init => field = value ?? ""; } = "";

    /// <summary>One of <see cref="RolloutStrategy.CanaryType"/> and <see cref="RolloutStrategy.BlueGreenType"/>; empty in a state that was stored before it was said.</summary>
    public string Strategy { get; init => field = value ?? ""; } = "";

    /// <summary>Tells the strategy that this speaks of from another: one that is changed begins anew.</summary>
    public string StrategyHash { get; init => field = value ?? ""; } = "";

    /// <summary>The ReplicaSet on its way.</summary>
    public string Canary { get; init => field = value ?? ""; } = "";

    /// <summary>Its revision.</summary>
    public long Revision { get; init; }

    /// <summary>The ReplicaSet that the requests go back to.</summary>
    public string Stable { get; init => field = value ?? ""; } = "";

    /// <summary>One of <see cref="RolloutPhases"/>.</summary>
    public string Phase { get; init => field = value ?? ""; } = "";

    /// <summary>Of a canary: the step it is at, from 0; as many as there are: past all of them.</summary>
    public int Step { get; init; }

    /// <summary>Of a canary: how many steps there are.</summary>
    public int Steps { get; init; }

    /// <summary>Since when it has been in this step, or, of a blue-green, in this phase.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Per mille of the requests that the canary gets.</summary>
    public int WeightPerMille { get; init; }

    /// <summary>Where each Service's requests go.</summary>
    public ValueList<ServiceTraffic> Traffic { get; init; }

    /// <summary>Of a blue-green: the Service among those that shows the new revision before it is promoted; null for none. The other one is the active Service.</summary>
    public string? PreviewService { get; init; }

    /// <summary>What was measured so far; null where nothing is being measured.</summary>
    public AnalysisState? Analysis { get; init; }

    /// <summary>Why it goes back, once it does.</summary>
    public string? Message { get; init; }
}

/// <summary>Where one Service's requests go.</summary>
public sealed record ServiceTraffic
{
    /// <summary>The Service's name, in the Deployment's namespace.</summary>
    public string Service { get; init => field = value ?? ""; } = "";

    /// <inheritdoc cref="ServiceRoute.Shares"/>
    public ValueList<TrafficShare> Shares { get; init; }

    /// <inheritdoc cref="ServiceRoute.HeaderRoutes"/>
    public ValueList<HeaderRoute> HeaderRoutes { get; init; }
}

/// <summary>How far an analysis has come.</summary>
public sealed record AnalysisState
{
    /// <summary>Windows that were good.</summary>
    public int Good { get; init; }

    /// <summary>When the present window began.</summary>
    public DateTimeOffset? WindowSince { get; init; }

    /// <summary>What the last window came to, in words.</summary>
    public string? Last { get; init; }

    /// <summary>Whether the last window had too few requests.</summary>
    public bool IsInconclusive { get; init; }
}

/// <summary>Where a canary or a blue-green stands, in one word.</summary>
public static class RolloutPhases
{
    /// <summary>The step's pods or weight are not there yet.</summary>
    public const string Progressing = "Progressing";

    /// <summary>It waits for a while.</summary>
    public const string Paused = "Paused";

    /// <summary>It waits until it is promoted.</summary>
    public const string WaitingForPromotion = "WaitingForPromotion";

    /// <summary>The gateways' figures are being judged.</summary>
    public const string Analyzing = "Analyzing";

    /// <summary>Past the last step: the new pods take the place of the old ones.</summary>
    public const string Finishing = "Finishing";

    /// <summary>Of a blue-green: the new revision has the requests, the old one still has its pods.</summary>
    public const string Promoted = "Promoted";

    /// <summary>It was given up, or failed: the requests are back at the stable revision, past the last step as far as its pods are.</summary>
    public const string Aborted = "Aborted";
}
