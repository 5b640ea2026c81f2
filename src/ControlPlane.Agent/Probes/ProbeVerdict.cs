namespace ControlPlane.Agent.Probes;

/// <summary>What the probes have found about one life of a container.</summary>
internal sealed record ProbeVerdict
{
    /// <summary>True once the startup probe has succeeded, or when there is none.</summary>
    public bool IsStarted { get; init; }

    /// <summary>True while the readiness probe succeeds; with none, as <see cref="IsStarted"/>.</summary>
    public bool IsReady { get; init; }

    /// <summary>What the startup or the readiness probe got when it last failed, in the kubelet's words; empty while neither fails.</summary>
    public string Failure { get; init; } = "";

    /// <summary>The probe that asks for a restart, <c>liveness</c> or <c>startup</c>; null when none does.</summary>
    public string? FailedProbe { get; init; }

    /// <summary>The grace that probe names for the restart, in seconds; null for the pod's.</summary>
    public long? GraceSeconds { get; init; }
}
