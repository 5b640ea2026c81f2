using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>
/// What a plan must never do, whatever the world looks like. Reckoned from the writes alone, apart from the planner's own arithmetic.
/// Pods that a ReplicaSet has beyond its stored replicas, and those it lacks, were decided on before: they are not this plan's act.
/// </summary>
internal static class Bounds
{
    /// <summary>What is wrong with a plan; null when nothing is.</summary>
    public static string? Broken(WorkloadSnapshot snapshot, Plan plan)
    {
        if (plan.Writes.Select(write => (write.Kind.Kind, write.Key)).Distinct().Count() != plan.Writes.Count)
        {
            return "two writes for one object";
        }

        Deployment deployment = snapshot.Deployment!;
        int replicas = deployment.Spec.Replicas ?? 1;
        HashSet<string> ended = [.. plan.Writes.Where(IsEnd).Select(write => write.Key.Name)];
        List<Pod> created = [.. plan.Writes.OfType<Write.Create>().Select(write => write.Object).OfType<Pod>()];
        List<Pod> active = [.. snapshot.Pods.Where(Make.IsActive)];

        (int surge, int unavailable) = Allowed(deployment);
        int activeAfter = active.Count - ended.Count + created.Count;
        int alreadyWanted = Math.Max(active.Count, snapshot.ReplicaSets.Sum(replicaSet => replicaSet.Spec.Replicas ?? 1));
        if (created.Count > 0 && activeAfter > Math.Max(replicas + surge, alreadyWanted))
        {
            return $"{activeAfter} pods, {replicas} + {surge} allowed";
        }

        int available = snapshot.ReplicaSets.Sum(replicaSet => Math.Min(
            replicaSet.Spec.Replicas ?? 1,
            active.Count(pod => pod.Metadata.Controller!.Uid == replicaSet.Uid && IsAvailable(snapshot, pod))));
        int availableAfter = active.Count(pod => !ended.Contains(pod.Name) && IsAvailable(snapshot, pod));
        bool isRecreate = deployment.Spec.Strategy?.Type == "Recreate";
        if (!isRecreate && availableAfter < Math.Min(available, replicas - unavailable))
        {
            return $"{available} → {availableAfter} available, {replicas} − {unavailable} needed";
        }

        bool isBesideAnother = isRecreate && deployment.Spec.Paused != true && created.Exists(pod => snapshot.Pods.Any(other =>
            other.Metadata.Controller!.Uid != pod.Metadata.Controller!.Uid && other.Status?.Phase is not ("Succeeded" or "Failed")));
        return isBesideAnother ? "a new pod beside another revision's" : null;
    }

    public static bool IsEnd(Write write) => write switch
    {
        Write.Remove { OfKind.Kind: "Pod" } => true,
        Write.Update { Object: Pod { Metadata.IsDeleting: true } } => true,
        _ => false,
    };

    public static bool IsAvailable(WorkloadSnapshot snapshot, Pod pod)
    {
        ReplicaSet? owner = snapshot.ReplicaSets.FirstOrDefault(replicaSet => replicaSet.Uid == pod.Metadata.Controller!.Uid);
        return owner is not null && Make.IsAvailable(pod, owner.Spec.MinReadySeconds ?? 0, snapshot.Now);
    }

    /// <summary>The documented rule, written out a second time.</summary>
    public static (int Surge, int Unavailable) Allowed(Deployment deployment)
    {
        if (deployment.Spec.Strategy!.RollingUpdate is not { } rolling)
        {
            return (0, 0);
        }

        int replicas = deployment.Spec.Replicas ?? 1;
        int surge = rolling.MaxSurge!.Value.Percent is { } up ? (int)Math.Ceiling(up * replicas / 100m) : rolling.MaxSurge.Value.Number;
        int unavailable = rolling.MaxUnavailable!.Value.Percent is { } down ? (int)Math.Floor(down * replicas / 100m) : rolling.MaxUnavailable.Value.Number;
        return (surge, surge == 0 && unavailable == 0 ? 1 : unavailable);
    }
}
