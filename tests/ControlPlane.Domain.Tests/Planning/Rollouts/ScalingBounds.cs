using System.Globalization;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>
/// What a pass over a Deployment that is paused, or scaled in the middle of a rollout, has to come to: the documented rule, reckoned from the writes alone, apart from the planner's own arithmetic. Worlds in which
/// each ReplicaSet has as many active pods as it asks for.
/// </summary>
internal static class ScalingBounds
{
    /// <summary>Whether the pass scales; otherwise it rolls, within <see cref="Bounds"/>.</summary>
    public static bool Apply(WorkloadSnapshot snapshot)
    {
        Deployment deployment = snapshot.Deployment!;
        List<ReplicaSet> active = Active(snapshot);
        bool goesOnStopping = deployment.Spec.Strategy!.Type == "Recreate" && active.Count > 1;
        return deployment.Spec.Paused == true || (!goesOnStopping && active.Exists(replicaSet => SizedFor(replicaSet, "desired") != deployment.Spec.Replicas));
    }

    /// <summary>What is wrong with a plan; null when nothing is.</summary>
    public static string? Broken(WorkloadSnapshot snapshot, Plan plan)
    {
        if (plan.Writes.OfType<Write.Create>().Any(create => create.Object is ReplicaSet))
        {
            return "a new ReplicaSet";
        }

        Dictionary<string, ReplicaSet> after = snapshot.ReplicaSets.ToDictionary(replicaSet => replicaSet.Uid);
        foreach (ReplicaSet changed in plan.Writes.OfType<Write.Update>().Where(update => update.Parts.HasFlag(ResourceParts.Desired)).Select(update => update.Object).OfType<ReplicaSet>())
        {
            after[changed.Uid] = changed;
        }

        return WrongSizes(snapshot, after) ?? WrongRecord(snapshot, after) ?? WrongPods(snapshot, plan, after);
    }

    private static string? WrongSizes(WorkloadSnapshot snapshot, Dictionary<string, ReplicaSet> after)
    {
        int replicas = snapshot.Deployment!.Spec.Replicas!.Value;
        List<ReplicaSet> active = Active(snapshot);
        ReplicaSet? serving = Serving(snapshot);
        string Sizes() => string.Join(", ", snapshot.ReplicaSets.Select(replicaSet => $"{replicaSet.Name} {replicaSet.Spec.Replicas} → {after[replicaSet.Uid].Spec.Replicas}"));
        ReplicaSet? only = active.Count == 0 ? serving ?? snapshot.ReplicaSets.MaxBy(replicaSet => replicaSet.Metadata.CreationTimestamp) : active.Count == 1 ? active[0] : null;
        if (active.Count <= 1)
        {
            bool isRight = snapshot.ReplicaSets.All(replicaSet => after[replicaSet.Uid].Spec.Replicas == (replicaSet == only ? replicas : 0));
            return isRight ? null : $"one alone gets all {replicas}: {Sizes()}";
        }

        bool isSaturated = serving is not null && serving.Spec.Replicas == replicas && SizedFor(serving, "desired") == replicas && Available(snapshot, serving) == replicas;
        if (isSaturated)
        {
            bool isRight = snapshot.ReplicaSets.All(replicaSet => after[replicaSet.Uid].Spec.Replicas == (replicaSet == serving ? replicas : 0));
            return isRight ? null : $"{serving!.Name} has all {replicas}: {Sizes()}";
        }

        if (snapshot.Deployment.Spec.Strategy!.Type == "Recreate")
        {
            return snapshot.ReplicaSets.All(replicaSet => after[replicaSet.Uid].Spec.Replicas == replicaSet.Spec.Replicas) ? null : $"Recreate has no shares: {Sizes()}";
        }

        // Shares of a total that they have left behind add up to any number.
        bool isWithinRecord = active.Sum(replicaSet => replicaSet.Spec.Replicas) <= active.Min(replicaSet => SizedFor(replicaSet, "max"));
        int allowed = replicas == 0 ? 0 : replicas + Bounds.Allowed(snapshot.Deployment).Surge;
        int total = after.Values.Sum(replicaSet => replicaSet.Spec.Replicas!.Value);
        return (total == allowed || !isWithinRecord) && after.Values.All(replicaSet => replicaSet.Spec.Replicas >= 0) ? null : $"{allowed} in all: {Sizes()}";
    }

    private static string? WrongRecord(WorkloadSnapshot snapshot, Dictionary<string, ReplicaSet> after)
    {
        int replicas = snapshot.Deployment!.Spec.Replicas!.Value;
        int max = replicas + Bounds.Allowed(snapshot.Deployment).Surge;
        return after.Values
            .Where(replicaSet => replicaSet.Spec.Replicas > 0 && (SizedFor(replicaSet, "desired") != replicas || SizedFor(replicaSet, "max") != max))
            .Select(replicaSet => $"{replicaSet.Name} is not on record as sized for {replicas} of {max}")
            .FirstOrDefault();
    }

    /// <summary>Each ReplicaSet has as many pods as it is to have, and none that is available has gone before one that is not.</summary>
    private static string? WrongPods(WorkloadSnapshot snapshot, Plan plan, Dictionary<string, ReplicaSet> after)
    {
        List<Pod> created = [.. plan.Writes.OfType<Write.Create>().Select(write => write.Object).OfType<Pod>()];
        HashSet<string> ended = [.. plan.Writes.Where(Bounds.IsEnd).Select(write => write.Key.Name)];
        foreach (ReplicaSet replicaSet in after.Values)
        {
            List<Pod> active = [.. snapshot.Pods.Where(pod => Make.IsActive(pod) && pod.Metadata.Controller!.Uid == replicaSet.Uid)];
            List<Pod> left = [.. active.Where(pod => !ended.Contains(pod.Name))];
            int count = left.Count + created.Count(pod => pod.Metadata.Controller!.Uid == replicaSet.Uid);
            if (count != replicaSet.Spec.Replicas)
            {
                return $"{replicaSet.Name} has {count} pods of {replicaSet.Spec.Replicas}";
            }

            if (active.Exists(pod => ended.Contains(pod.Name) && Bounds.IsAvailable(snapshot, pod)) && left.Exists(pod => !Bounds.IsAvailable(snapshot, pod)))
            {
                return $"{replicaSet.Name} loses an available pod and keeps one that is not";
            }
        }

        return null;
    }

    /// <summary>The one with the Deployment's template; where it has failed and another was complete once, the newest of those.</summary>
    private static ReplicaSet? Serving(WorkloadSnapshot snapshot)
    {
        ReplicaSet? newest = snapshot.ReplicaSets.FirstOrDefault(replicaSet =>
            replicaSet.Spec.Template.Spec.Containers[0].Image == snapshot.Deployment!.Spec.Template.Spec.Containers[0].Image);
        ReplicaSet? good = snapshot.ReplicaSets.Where(replicaSet => replicaSet != newest && Is(replicaSet, "Complete")).MaxBy(replicaSet => replicaSet.Metadata.CreationTimestamp);
        return newest is not null && Is(newest, "Failed") && good is not null ? good : newest;
    }

    private static bool Is(ReplicaSet replicaSet, string outcome) => replicaSet.Status?.Conditions.Any(condition => condition.Type == outcome) == true;

    private static List<ReplicaSet> Active(WorkloadSnapshot snapshot) => [.. snapshot.ReplicaSets.Where(replicaSet => replicaSet.Spec.Replicas > 0)];

    private static int Available(WorkloadSnapshot snapshot, ReplicaSet replicaSet) =>
        snapshot.Pods.Count(pod => Make.IsActive(pod) && pod.Metadata.Controller!.Uid == replicaSet.Uid && Bounds.IsAvailable(snapshot, pod));

    private static int SizedFor(ReplicaSet replicaSet, string which) =>
        int.Parse(replicaSet.Metadata.Annotations[$"deployment.kubernetes.io/{which}-replicas"]!, CultureInfo.InvariantCulture);
}
