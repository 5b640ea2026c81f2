using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>What a changed Deployment would do, on nodes as they are now and with pods that start and get ready within a second.</summary>
public sealed record RolloutForecast : Resource
{
    /// <summary>
    /// Whether pods of the declared revision would replace others: of a template that is new, or was declared while the Deployment was paused, or is being rolled out already. Not while paused, and
    /// not of a revision that has failed.
    /// </summary>
    [WriteEmpty]
    public bool Rolls { get; init; }

    /// <summary>What it comes to, for people.</summary>
    public string? Message { get; init; }

    /// <summary>Whether all pods are of the declared template and available in the end.</summary>
    [WriteEmpty]
    public bool Completes { get; init; }

    /// <summary>True when there were more steps than are worked out.</summary>
    public bool? IsCutShort { get; init; }

    /// <summary>The fewest pods that are available on the way.</summary>
    public int LowestAvailable { get; init; }

    /// <summary>The most pods on the way, terminating ones left out.</summary>
    public int HighestTotal { get; init; }

    /// <summary>By how many that is above the replicas declared before or those declared now, whichever are more: 0 where 10 replicas become 2.</summary>
    public int HighestSurge { get; init; }

    /// <summary>What is started and stopped, in order; moments at which nothing is are left out.</summary>
    [WriteEmpty]
    public ValueList<ForecastStep> Steps { get; init; }

    /// <summary>Pods that no node takes in the end or that a quota forbids, and why.</summary>
    public ValueList<Misfit> DoesNotFit { get; init; }
}

/// <summary>One moment of a forecast.</summary>
public sealed record ForecastStep
{
    /// <summary>Seconds from the start.</summary>
    public long AfterSeconds { get; init; }

    /// <summary>Pods that are started, by ReplicaSet and node.</summary>
    public ValueList<PodGroup> Starts { get; init; }

    /// <summary>Pods that are stopped, by ReplicaSet and node.</summary>
    public ValueList<PodGroup> Stops { get; init; }

    /// <summary>How many pods are available then.</summary>
    public int Available { get; init; }

    /// <summary>How many pods there are then, terminating ones left out.</summary>
    public int Total { get; init; }
}

/// <summary>Pods of one ReplicaSet on one node.</summary>
public sealed record PodGroup
{
    public string ReplicaSet { get; init; } = "";

    /// <summary>The node; absent for pods that had none.</summary>
    public string? Node { get; init; }

    /// <summary>How many.</summary>
    public int Count { get; init; }

    /// <summary>Their names, of pods that exist already.</summary>
    public ValueList<string> Pods { get; init; }
}

/// <summary>Pods that there is no room for, for the same reason.</summary>
public sealed record Misfit
{
    /// <summary>How many.</summary>
    public int Count { get; init; }

    /// <summary>What is missing, and on how many nodes.</summary>
    public string Message { get; init; } = "";
}
