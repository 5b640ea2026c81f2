using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>Where a rollout stands, in one word, from what is stored.</summary>
/// <param name="Name">One of the constants.</param>
/// <param name="Reason">For programs.</param>
/// <param name="Message">For people.</param>
public sealed record RolloutPhase(string Name, string? Reason, string? Message)
{
    public const string Progressing = "Progressing";
    public const string Paused = "Paused";
    public const string Complete = "Complete";
    public const string Failed = "Failed";
    public const string RolledBack = "RolledBack";

    /// <summary>Whether there is nothing left to wait for.</summary>
    public bool IsSettled => Name is Complete or Failed or RolledBack;

    /// <summary>
    /// The first that applies: a change, or a retry, that the reconciler has not seen yet is progressing, whatever an earlier status says; rolled back; failed;
    /// complete (all pods of the declared template and available, as many as declared); paused; progressing.
    /// </summary>
    /// <param name="deployment">The Deployment.</param>
    /// <param name="replicaSets">Those that it controls: the declared revision's says which retry a pass has looked at, whatever the clocks of who asked and of the leader say.</param>
    public static RolloutPhase Of(Deployment deployment, IEnumerable<ReplicaSet> replicaSets)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        ArgumentNullException.ThrowIfNull(replicaSets);
        DeploymentStatus status = deployment.Status ?? new DeploymentStatus();
        Condition? progress = Find(status.Conditions, WorkloadConditions.Progressing);
        if ((status.ObservedGeneration ?? 0) < (deployment.Metadata.Generation ?? 0))
        {
            return new RolloutPhase(Progressing, "NotObserved", $"generation {deployment.Metadata.Generation} has not been looked at yet");
        }

        if (progress?.Reason == Progress.TimedOut && replicaSets.FirstOrDefault(item => Revisions.Of(item) == Revisions.Of(deployment)) is { } current && Trial.IsRetryUnsettled(deployment, current))
        {
            return new RolloutPhase(Progressing, "NotObserved", "the retry has not been looked at yet");
        }

        if (Find(status.Conditions, Trial.RolledBack) is { Status: "True" } back)
        {
            return new RolloutPhase(RolledBack, back.Reason, back.Message);
        }

        if (progress?.Reason == Progress.TimedOut)
        {
            return new RolloutPhase(Failed, progress.Reason, progress.Message);
        }

        string name = RolloutStatus.IsComplete(deployment, status) ? Complete : deployment.Spec.Paused == true ? Paused : Progressing;
        return new RolloutPhase(name, progress?.Reason, progress?.Message);
    }

    private static Condition? Find(ValueList<Condition> conditions, string type) => Conditions.Find(conditions, type);
}
