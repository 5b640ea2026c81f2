namespace ControlPlane.Domain.Tests.Planning.Oracle;

/// <content>What the status says.</content>
internal sealed partial class KubernetesModel
{
    private void PauseOrResume()
    {
        if (Spec.DeadlineSeconds is null || Progress?.Reason == "ProgressDeadlineExceeded")
        {
            return;
        }

        if (Spec.Paused && Progress?.Reason != "DeploymentPaused")
        {
            Progress = new ModelProgress("Unknown", "DeploymentPaused", Now);
        }
        else if (!Spec.Paused && Progress?.Reason == "DeploymentPaused")
        {
            Progress = new ModelProgress("Unknown", "DeploymentResumed", Now);
        }
    }

    private ModelCounts Count()
    {
        int available = replicaSets.Sum(replicaSet => replicaSet.Available);
        return new ModelCounts(
            Replicas: replicaSets.Sum(replicaSet => replicaSet.Pods.Count),
            Updated: New?.Pods.Count ?? 0,
            Ready: replicaSets.Sum(replicaSet => replicaSet.Pods.Count(pod => pod != ModelPod.NotReady)),
            Available: available,
            Unavailable: Math.Max(0, replicaSets.Sum(replicaSet => replicaSet.Replicas) - available),
            Terminating: replicaSets.Sum(replicaSet => replicaSet.Terminating));
    }

    private static ModelCounts CountsOf(ModelReplicaSet replicaSet) => new(
        Replicas: replicaSet.Pods.Count,
        Updated: 0,
        Ready: replicaSet.Pods.Count(pod => pod != ModelPod.NotReady),
        Available: replicaSet.Available,
        Unavailable: 0,
        Terminating: replicaSet.Terminating);

    private bool IsComplete(ModelCounts counts) => counts.Updated == Spec.Replicas && counts.Replicas == Spec.Replicas && counts.Available == Spec.Replicas;

    private void ShowStatus(bool judge)
    {
        ModelCounts before = Counts;
        ModelCounts after = Count();
        if (judge)
        {
            Judge(before, after);
        }

        Counts = after;
        ObservedGeneration = Generation;
        HasReplicaFailure = judge || Deviations.FailureIsShownWhileHeld ? replicaSets.Exists(replicaSet => replicaSet.IsRefused) : HasReplicaFailure;
        IsAvailable = after.Available >= Spec.Replicas - Unavailable;
    }

    private void Judge(ModelCounts before, ModelCounts after)
    {
        if (Spec.DeadlineSeconds is not { } deadline)
        {
            Progress = null;
            return;
        }

        if (Progress?.Reason == "NewReplicaSetAvailable" && after.Replicas == after.Updated)
        {
            return;
        }

        bool moved = after.Updated > before.Updated
            || after.Replicas - after.Updated < before.Replicas - before.Updated
            || after.Ready > before.Ready
            || after.Available > before.Available;
        if (IsComplete(after))
        {
            Progress = Progress?.Reason == "NewReplicaSetAvailable" ? Progress : new ModelProgress("True", "NewReplicaSetAvailable", Now);
        }
        else if (moved)
        {
            Progress = new ModelProgress("True", "ReplicaSetUpdated", Now);
        }
        else if (Progress is { } current && current.Reason is not ("NewReplicaSetAvailable" or "ProgressDeadlineExceeded") && current.MovedAt.AddSeconds(deadline) <= Now)
        {
            Progress = new ModelProgress("False", "ProgressDeadlineExceeded", Now);
        }
    }
}
