using System.Globalization;
using System.Text.RegularExpressions;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>
/// Tells the pods' blockers, and a strategy's once it waits for long, where every client looks: in a condition of the Deployment, <c>Blocked</c>, which is
/// ours, and in its Events. A Deployment that was never blocked does not have the condition. Kubernetes' own conditions stay as clients know them.
/// </summary>
internal static class BlockedCondition
{
    public const string Type = "Blocked";

    /// <summary>The reason of the condition once nothing is blocked any more.</summary>
    public const string Over = "NotBlocked";

    /// <summary>
    /// The condition is written at most this often; in between it says what was true before. Times are stored in whole seconds, so the one by which this is told is rounded up: written at 10.9 s it says 11, and is written again at
    /// 13.0 s, not at 12.0. It stays when it is over, for the time of that is needed for this.
    /// </summary>
    public static TimeSpan WriteInterval { get; } = TimeSpan.FromSeconds(2);

    /// <summary>A rollout's plan with the condition as the pods are, and an Event for each blocker that it did not tell before.</summary>
    public static RolloutPlan Tell(RolloutPlan plan, WorkloadSnapshot snapshot)
    {
        if (plan.Deployment is not { Metadata.IsDeleting: false } deployment)
        {
            return plan;
        }

        DateTimeOffset now = snapshot.Now;
        Blockage blockage = Blockers.Of(Rollout.Of(deployment, plan.Members, snapshot.Policy), snapshot);
        RolloutPlan rechecked = plan with { RecheckAfter = Earlier(plan.RecheckAfter, blockage.NextAt - now) };
        DeploymentStatus status = deployment.Status ?? new DeploymentStatus();
        Condition? known = Conditions.Find(status.Conditions, Type);
        Condition? wanted = Of([.. blockage.Faults, .. blockage.Waits], known, snapshot);
        if (wanted is null || (known is not null && known.Reason == wanted.Reason && known.Message == wanted.Message))
        {
            return rechecked;
        }

        if (known?.LastUpdateTime + WriteInterval - now is { } rest && rest > TimeSpan.Zero)
        {
            return rechecked with { RecheckAfter = Earlier(rechecked.RecheckAfter, rest) };
        }

        ValueList<Condition> others = WorkloadConditions.Without(status.Conditions, Type);
        return rechecked with
        {
            Deployment = deployment with { Status = status with { Conditions = others.Add(wanted) } },
            Events =
            [
                .. plan.Events,
                .. blockage.Faults.Where(blocker => !IsTold(known, blocker)).Select(blocker => EventNote.Warning(deployment, blocker.Reason, $"{Subject(blocker)}: {blocker.Message}")),
                .. blockage.Waits.Where(blocker => !IsTold(known, blocker)).Select(blocker => EventNote.Normal(deployment, blocker.Reason, $"{Subject(blocker)}: {blocker.Message}")),
            ],
        };
    }

    /// <summary>
    /// Whether the condition as it was tells of the same blocker of the same pod, of however many others besides: then an Event has told it. Of two faults, one of which spreads to another pod, neither
    /// is told again.
    /// </summary>
    private static bool IsTold(Condition? known, Blocker blocker) => known is { Status: "True", Message: { } message } && Regex.IsMatch(
        message,
        $"(^|; ){Regex.Escape($"{blocker.Reason}: {Subject(blocker)}")}( and [0-9]+ more)?( since [^ ]+)?: {Regex.Escape(blocker.Message)}(; |$)",
        RegexOptions.CultureInvariant);

    private static Condition? Of(ValueList<Blocker> told, Condition? known, WorkloadSnapshot snapshot)
    {
        if (told.IsEmpty && known is null)
        {
            return null;
        }

        string status = told.IsEmpty ? "False" : "True";
        return new Condition
        {
            Type = Type,
            Status = status,
            Reason = told.IsEmpty ? Over : told[0].Reason,
            Message = told.IsEmpty ? null : string.Join("; ", told.Select(Sentence)),
            LastUpdateTime = snapshot.NowRoundedUp,
            LastTransitionTime = known?.Status == status ? known.LastTransitionTime : snapshot.Now,
        };
    }

    /// <summary><c>ImagePull: pod hello-5d59d67564-x7k2p on node-1 and 2 more since 2026-01-01T12:00:00Z: container main: manifest unknown</c>.</summary>
    private static string Sentence(Blocker blocker)
    {
        string since = blocker.Since is { } at ? $" since {at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}" : "";
        return $"{blocker.Reason}: {Subject(blocker)}{Others(blocker)}{since}: {blocker.Message}";
    }

    /// <summary>What holds a rollout's new pods up, for a sentence about its failure; empty when none of them says anything.</summary>
    public static string CauseOf(Rollout rollout, DateTimeOffset now) =>
        Blockers.CauseOf(rollout, now) is { } first ? $"{Subject(first)}{Others(first)}: {first.Reason}: {first.Message}" : "";

    private static string Subject(Blocker blocker) => blocker switch
    {
        { Pod: null } => "all new pods",
        { Node.Length: > 0 } => $"pod {blocker.Pod} on {blocker.Node}",
        _ => $"pod {blocker.Pod}",
    };

    private static string Others(Blocker blocker) => blocker.Count > 1 ? $" and {blocker.Count - 1} more" : "";

    private static TimeSpan? Earlier(TimeSpan? left, TimeSpan? right) => left is null || right < left ? right : left;
}
