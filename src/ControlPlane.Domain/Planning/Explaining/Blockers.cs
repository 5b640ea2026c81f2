using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>Why a rollout does not move right now, from what is stored alone: a reason is gone as soon as its cause is.</summary>
public static class Blockers
{
    /// <summary>The most blockers told at once; those that come later in the order are left out.</summary>
    public const int BlockersMax = 20;

    /// <summary>
    /// The Deployment's own reasons (rolled back, failed, paused), then its new pods' in the order of their rules and by age, then what the
    /// strategy waits for. Empty for a bare ReplicaSet, and for a Deployment that is being deleted.
    /// </summary>
    public static ValueList<Blocker> Of(WorkloadSnapshot snapshot)
    {
        if (snapshot.Deployment is not { Metadata.IsDeleting: false } deployment)
        {
            return [];
        }

        IReadOnlyList<PodClaims> claims = PodClaims.Of(snapshot.ReplicaSets, snapshot.Pods);
        int newest = snapshot.ReplicaSets.ToList().FindIndex(set => Templates.AreEqual(set.Spec.Template, deployment.Spec.Template));
        ReplicaSet? current = newest < 0 ? null : snapshot.ReplicaSets[newest];
        PodClaims newPods = newest < 0 ? PodClaims.None : claims[newest];
        IReadOnlyList<PodClaims> old = [.. claims.Where((_, index) => index != newest)];
        return
        [
            .. OfDeployment(deployment, current),
            .. OfPods(newPods, deployment.Spec.MinReadySeconds ?? 0, snapshot.Now),
            .. OfStrategy(deployment, newPods, old, snapshot.Now),
        ];
    }

    private static IEnumerable<Blocker> OfDeployment(Deployment deployment, ReplicaSet? current)
    {
        if (Conditions.Find(deployment.Status?.Conditions ?? default, "RolledBack") is { Status: "True" } back)
        {
            yield return Told("RolledBack", back);
        }
        else if (Conditions.Find(current?.Status?.Conditions ?? default, "Failed") is { Status: "True" } failed)
        {
            yield return Told("Failed", failed);
        }
        else if (Conditions.Find(deployment.Status?.Conditions ?? default, WorkloadConditions.Progressing) is { Reason: Progress.TimedOut } late)
        {
            yield return Told("Failed", late);
        }

        if (deployment.Spec.Paused == true)
        {
            Condition? progress = Conditions.Find(deployment.Status?.Conditions ?? default, WorkloadConditions.Progressing);
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

    /// <summary>Leaves room for one reason of the Deployment's failure, its pause, and one of the strategy.</summary>
    private static IEnumerable<Blocker> OfPods(PodClaims pods, int minReadySeconds, DateTimeOffset now) => pods.Active
        .Select(pod => PodBlockers.Of(pod, minReadySeconds, now))
        .OfType<(int Rank, Blocker Blocker)>()
        .GroupBy(found => (found.Rank, found.Blocker.Reason, found.Blocker.Message))
        .Select(group => (group.Key.Rank, Blocker: Grouped([.. group.Select(found => found.Blocker)])))
        .OrderBy(found => found.Rank)
        .ThenBy(found => found.Blocker.Since)
        .ThenBy(found => found.Blocker.Pod, StringComparer.Ordinal)
        .Select(found => found.Blocker)
        .Take(BlockersMax - 3);

    private static Blocker Grouped(IReadOnlyList<Blocker> alike)
    {
        Blocker first = alike.MinBy(blocker => blocker.Pod, StringComparer.Ordinal)!;
        return first with { Since = alike.Min(blocker => blocker.Since), Restarts = alike.Max(blocker => blocker.Restarts), Count = alike.Count };
    }

    /// <summary>
    /// Recreate waits until every old pod has gone. RollingUpdate stands still between its bounds: of 4 replicas with 1 surge and 1 unavailable,
    /// 5 pods of which 3 are available let it neither add one nor take one away.
    /// </summary>
    private static IEnumerable<Blocker> OfStrategy(Deployment deployment, PodClaims newPods, IReadOnlyList<PodClaims> old, DateTimeOffset now)
    {
        Rollout rollout = new() { Deployment = deployment };
        List<Pod> terminating = [.. old.SelectMany(claims => claims.Terminating).OrderBy(pod => pod.Name, StringComparer.Ordinal)];
        if (rollout.IsRecreate)
        {
            if (terminating.Count > 0)
            {
                yield return new Blocker
                {
                    Reason = "WaitingForTermination",
                    Message = "old pods are terminating, and new ones start when they have gone",
                    Pod = terminating[0].Name,
                    Node = terminating[0].Spec.NodeName,
                    Since = terminating.Min(pod => pod.Metadata.DeletionTimestamp!.Value.AddSeconds(-(pod.Metadata.DeletionGracePeriodSeconds ?? 0))),
                    Count = terminating.Count,
                };
            }

            yield break;
        }

        List<Pod> active = [.. old.SelectMany(claims => claims.Active), .. newPods.Active];
        int available = active.Count(pod => pod.IsAvailable(deployment.Spec.MinReadySeconds ?? 0, now));
        bool hasOld = active.Count > newPods.Active.Count;
        if (deployment.Spec.Paused != true && hasOld && active.Count >= rollout.MaxTotal && available <= rollout.MinAvailable)
        {
            yield return new Blocker
            {
                Reason = "BudgetUsedUp",
                Message = $"{active.Count} of at most {rollout.MaxTotal} pods exist, and {available} are available of which at least "
                    + $"{rollout.MinAvailable} must stay: waiting for new pods to become available",
            };
        }
    }
}
