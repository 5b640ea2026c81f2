using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>What holds a rollout up at one time.</summary>
internal sealed record Blockage
{
    public static Blockage None { get; } = new();

    /// <summary>Everything, in the order of <see cref="Blockers.Of(WorkloadSnapshot)"/>.</summary>
    public ValueList<Blocker> All { get; init; }

    /// <summary>Those of pods that somebody may have to look at; the others are told by conditions of their own, or are over by themselves.</summary>
    public ValueList<Blocker> Faults { get; init; }

    /// <summary>What the strategy waits for, once that takes longer than a usual start.</summary>
    public ValueList<Blocker> Waits { get; init; }

    /// <summary>When there is more to tell by time alone; null when there will not be.</summary>
    public DateTimeOffset? NextAt { get; init; }
}

/// <summary>Why a rollout does not move right now, from what is stored alone: a reason is gone as soon as its cause is.</summary>
public static class Blockers
{
    /// <summary>The most blockers told at once; of pods' blockers those that come last in the order are left out.</summary>
    public const int BlockersMax = 20;

    /// <summary>How long a pod may go on after the end of its grace before that is told: its node has to report the end.</summary>
    public static TimeSpan OverdueAfter { get; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The Deployment's own reasons (rolled back, failed, no pods can be made, paused), then what the strategy waits for, then its new pods' in the
    /// order of their rules and by age. Empty for a bare ReplicaSet, and for a Deployment that is being deleted.
    /// </summary>
    public static ValueList<Blocker> Of(WorkloadSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot.Deployment is { } deployment
            ? Of(Rollout.Of(deployment, WorkloadPlanner.Members(snapshot, snapshot.ReplicaSets), snapshot.Policy), snapshot).All
            : [];
    }

    internal static Blockage Of(Rollout rollout, WorkloadSnapshot snapshot)
    {
        DateTimeOffset now = snapshot.Now;
        if (rollout.Deployment.Metadata.IsDeleting)
        {
            return Blockage.None;
        }

        // After a failure the pods that are waited for are those of the revision that takes over again.
        Rollout wanted = Trial.Target(rollout);
        (List<PodBlocker> told, DateTimeOffset? nextAt) = OfPods(wanted, now);
        Blocker? waits = snapshot.State is null ? StrategyBlockers.Of(wanted, now) : null;
        IEnumerable<Blocker> ofRelease = snapshot.State is not { } state ? []
            : LostPolicy.Holds(rollout, snapshot) ? [LostPolicy.Blocker(state.Spec)]
            : ReleaseBlockers.Of(state.Spec, snapshot);
        List<Blocker> own = [.. OfDeployment(rollout), .. ReleaseBlockers.OfPolicy(snapshot), .. ofRelease];
        DateTimeOffset? waitsLongFrom = waits?.Since + PodBlockers.StartingAfter;
        if (waits is not null)
        {
            own.Add(waits);
            nextAt = waitsLongFrom > now ? Earlier(nextAt, waitsLongFrom.Value) : nextAt;
        }

        IReadOnlyList<PodBlocker> grouped = Grouped(told);
        return new Blockage
        {
            All = [.. own, .. grouped.Take(BlockersMax - own.Count).Select(found => found.Blocker)],
            Faults = [.. grouped.Where(found => found.IsFault).Take(BlockersMax).Select(found => found.Blocker)],
            Waits = waits is not null && waitsLongFrom <= now ? [waits] : [],
            NextAt = nextAt,
        };
    }

    /// <summary>
    /// The first of the new pods' faults, however young it is: a deadline may be shorter than what a usual start may take. Null when there is none.
    /// </summary>
    internal static Blocker? CauseOf(Rollout rollout, DateTimeOffset now)
    {
        int minReadySeconds = rollout.Deployment.Spec.MinReadySeconds ?? 0;
        List<PodBlocker> found = [];
        foreach (Pod pod in rollout.New?.Pods.Active ?? default)
        {
            if (PodBlockers.Of(pod, minReadySeconds, now) is { IsFault: true } fault)
            {
                found.Add(fault);
            }
        }

        return Grouped(found) is [var first, ..] ? first.Blocker : null;
    }

    private static IEnumerable<Blocker> OfDeployment(Rollout rollout)
    {
        ValueList<Condition> conditions = rollout.Deployment.Status?.Conditions ?? default;
        Condition? progress = Conditions.Find(conditions, WorkloadConditions.Progressing);
        if (Conditions.Find(conditions, Trial.RolledBack) is { Status: "True" } back)
        {
            yield return Told(Trial.RolledBack, back);
        }
        else if (rollout.New is { } current && Outcomes.FailureOf(current.ReplicaSet) is { } failed)
        {
            yield return Told(Outcomes.Failed, failed);
        }
        else if (progress is { Reason: Progress.TimedOut })
        {
            yield return Told(Outcomes.Failed, progress);
        }

        if (Conditions.Find(conditions, WorkloadConditions.ReplicaFailure) is { Status: "True" } failure)
        {
            yield return Told(WorkloadConditions.ReplicaFailure, failure);
        }

        if (rollout.Deployment.Spec.Paused == true)
        {
            yield return new Blocker
            {
                Reason = "Paused",
                Message = "the Deployment is paused (spec.paused)",
                Since = progress?.Reason == Progress.Paused ? progress.LastUpdateTime : null,
            };
        }
    }

    private static Blocker Told(string reason, Condition condition) => new()
    {
        Reason = reason,
        Message = condition.Message ?? condition.Reason ?? "",
        Since = condition.LastTransitionTime,
    };

    /// <summary>
    /// The new pods' reasons, and of all pods those that should have ended by now: they keep their node's room. Most pods of a large rollout have
    /// only just been made or marked, and are passed over before anything is said about them.
    /// </summary>
    private static (List<PodBlocker> Told, DateTimeOffset? NextAt) OfPods(Rollout rollout, DateTimeOffset now)
    {
        List<PodBlocker> told = [];
        DateTimeOffset? nextAt = null;
        int minReadySeconds = rollout.Deployment.Spec.MinReadySeconds ?? 0;
        foreach (Pod pod in rollout.New?.Pods.Active ?? default)
        {
            DateTimeOffset earliest = (pod.Metadata.CreationTimestamp ?? now) + PodBlockers.FaultAfter;
            if (earliest > now && !pod.IsReady())
            {
                nextAt = Earlier(nextAt, earliest);
            }
            else if (PodBlockers.Of(pod, minReadySeconds, now) is { } found)
            {
                nextAt = found.From > now ? Earlier(nextAt, found.From) : nextAt;
                told.AddRange(found.From > now ? [] : [found]);
            }
        }

        foreach (Pod pod in rollout.Members.SelectMany(member => member.Pods.Terminating))
        {
            DateTimeOffset due = (pod.Metadata.DeletionTimestamp ?? now) + OverdueAfter;
            nextAt = due > now ? Earlier(nextAt, due) : nextAt;
            told.AddRange(due > now ? [] : [Overdue(pod, due)]);
        }

        return (told, nextAt);
    }

    private static PodBlocker Overdue(Pod pod, DateTimeOffset due) => new(int.MaxValue, IsFault: true, due, new Blocker
    {
        Reason = "Terminating",
        Message = "its grace is over, and its node has not reported its end",
        Pod = pod.Name,
        Node = pod.Spec.NodeName,
        Since = pod.Metadata.DeletionTimestamp,
    });

    private static DateTimeOffset Earlier(DateTimeOffset? left, DateTimeOffset right) => left < right ? left.Value : right;

    /// <summary>Pods with one cause are one blocker, named after the first of them.</summary>
    private static IReadOnlyList<PodBlocker> Grouped(List<PodBlocker> found) => found.Count == 0 ? [] :
    [
        .. found
            .GroupBy(one => (one.Rank, one.Blocker.Reason, one.Blocker.Message))
            .Select(group => group.First() with { Blocker = Grouped([.. group.Select(one => one.Blocker)]) })
            .OrderBy(one => one.Rank)
            .ThenBy(one => one.Blocker.Since)
            .ThenBy(one => one.Blocker.Pod, StringComparer.Ordinal),
    ];

    private static Blocker Grouped(IReadOnlyList<Blocker> alike) => alike.MinBy(blocker => blocker.Pod, StringComparer.Ordinal)! with
    {
        Since = alike.Min(blocker => blocker.Since),
        Restarts = alike.Max(blocker => blocker.Restarts),
        Count = alike.Count,
    };
}
