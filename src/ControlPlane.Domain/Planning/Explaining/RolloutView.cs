using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>Where a rollout stands: what a person or a pipeline wants to know about it, in one object.</summary>
public sealed record RolloutView : Resource
{
    public const string GroupVersion = "rollouts.controlplane.dev/v1";

    /// <summary><c>Progressing</c>, <c>Paused</c>, <c>Complete</c>, <c>Failed</c> or <c>RolledBack</c>.</summary>
    public string Phase { get; init; } = "";

    /// <summary>One CamelCase word, for programs: the reason of the condition that the phase rests on.</summary>
    public string? Reason { get; init; }

    /// <summary>Details, for people.</summary>
    public string? Message { get; init; }

    /// <summary>The revision that is declared; 0 while it has no ReplicaSet yet.</summary>
    [WriteEmpty]
    public long Revision { get; init; }

    /// <summary>The pods of all revisions.</summary>
    public RolloutCounts Counts { get; init; } = new();

    /// <summary>The revisions, newest first.</summary>
    public ValueList<RevisionView> ReplicaSets { get; init; }

    /// <summary>How far a policy's canary or blue-green has come; absent where no policy has one.</summary>
    public StrategyView? Strategy { get; init; }

    /// <summary>Why it does not move right now; at most 20.</summary>
    [WriteEmpty]
    public ValueList<Blocker> Blockers { get; init; }
}

/// <summary>Pods in numbers.</summary>
public sealed record RolloutCounts
{
    /// <summary>How many are declared.</summary>
    public int Desired { get; init; }

    /// <summary>How many there are, terminating ones left out.</summary>
    public int Total { get; init; }

    /// <summary>How many are ready.</summary>
    public int Ready { get; init; }

    /// <summary>How many have been ready for minReadySeconds.</summary>
    public int Available { get; init; }

    /// <summary>How many are terminating.</summary>
    public int Terminating { get; init; }
}

/// <summary>One revision of a Deployment.</summary>
public sealed record RevisionView
{
    /// <summary>The ReplicaSet's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The revision's number.</summary>
    public long Revision { get; init; }

    /// <summary>True for the one whose template is declared.</summary>
    public bool IsCurrent { get; init; }

    /// <summary><c>OnTrial</c>, <c>Complete</c> (it has been complete once), <c>DeclaredAgain</c> (so it has, and it takes its policy's steps again) or <c>Failed</c>.</summary>
    public string Outcome { get; init; } = "";

    /// <summary>Why it failed; absent otherwise.</summary>
    public string? Failure { get; init; }

    /// <summary>The images of its containers, in their order.</summary>
    public ValueList<string> Images { get; init; }

    /// <summary>What those run as, by name: a registry's digest, or the id of an image that only its engine has. Without those that have not been started yet.</summary>
    public ValueMap<string> ResolvedImages { get; init; }

    /// <summary>The annotation <c>kubernetes.io/change-cause</c>.</summary>
    public string? ChangeCause { get; init; }

    /// <summary>Its pods; desired is how many the rollout gives it now.</summary>
    public RolloutCounts Counts { get; init; } = new();
}
