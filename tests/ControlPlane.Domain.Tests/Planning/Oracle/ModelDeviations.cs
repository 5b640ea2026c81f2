namespace ControlPlane.Domain.Tests.Planning.Oracle;

/// <summary>Where the planners differ from Kubernetes on purpose (docs/rollouts.md). Each is on; off, the model does as Kubernetes does.</summary>
internal sealed record ModelDeviations
{
    /// <summary>While old pods are left under Recreate, a new ReplicaSet gets no more pods than it has. Kubernetes replaces one that it loses, beside an old one.</summary>
    public bool RecreateHoldsTheNewOne { get; init; } = true;

    /// <summary>A Recreate that is scaled while several ReplicaSets have pods goes on stopping the old ones. Kubernetes takes it for a scaling event and does nothing but wait.</summary>
    public bool RecreateGoesOnWhenScaled { get; init; } = true;

    /// <summary>What a ReplicaSet was sized for is put on record even where it has that size already. Kubernetes leaves that out for one that is alone.</summary>
    public bool OneAloneIsOnRecord { get; init; } = true;

    /// <summary>A terminating pod keeps its ReplicaSet in the history. Kubernetes asks about active ones.</summary>
    public bool TerminatingPodsKeepHistory { get; init; } = true;

    /// <summary>A template that is declared again starts the clock. Kubernetes starts it when it sees a pod more or less.</summary>
    public bool DeclaredAgainStartsTheClock { get; init; } = true;

    /// <summary>A rollback makes no ReplicaSet of the template that it leaves. Kubernetes makes it first.</summary>
    public bool RollbackMakesNoReplicaSet { get; init; } = true;

    /// <summary>Each new ReplicaSet starts the clock. Kubernetes leaves what it said of the one before, where that got no further than being made.</summary>
    public bool EachNewOneStartsTheClock { get; init; } = true;

    /// <summary>That pods cannot be made is shown while a Deployment is paused or scaled as well. Kubernetes looks at it only where it judges the progress.</summary>
    public bool FailureIsShownWhileHeld { get; init; } = true;

    /// <summary>A pass takes every step that is safe for the pods as they are: up and down, stop and start, and the clean-up. Kubernetes takes one, and looks again. It makes no difference at rest.</summary>
    public bool StepsAreTakenTogether { get; init; } = true;
}
