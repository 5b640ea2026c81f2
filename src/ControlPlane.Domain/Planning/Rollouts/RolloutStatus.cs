using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>What a Deployment's status says (Kubernetes: Deployment status).</summary>
internal static class RolloutStatus
{
    /// <summary>The counts of the pods as they are stored, and whether enough of them are available.</summary>
    public static DeploymentStatus Of(Rollout rollout, ValueList<Condition> conditions, DateTimeOffset now)
    {
        List<RolloutMember> members = [.. rollout.Members];
        int available = members.Sum(member => member.Counts.Available);
        return new DeploymentStatus
        {
            ObservedGeneration = rollout.Deployment.Metadata.Generation,
            Replicas = Counts.OrAbsent(members.Sum(member => member.Counts.Active)),
            UpdatedReplicas = Counts.OrAbsent(rollout.New?.Counts.Active ?? 0),
            ReadyReplicas = Counts.OrAbsent(members.Sum(member => member.Counts.Ready)),
            AvailableReplicas = Counts.OrAbsent(available),
            UnavailableReplicas = Counts.OrAbsent(Math.Max(0, members.Sum(member => member.Replicas) - available)),
            TerminatingReplicas = members.Sum(member => member.Counts.Terminating),
            CollisionCount = rollout.Deployment.Status?.CollisionCount,
            Conditions = WorkloadConditions.With(conditions, Availability(available >= rollout.MinAvailable, now)),
        };
    }

    /// <summary>
    /// True when there are as many pods as declared, all of them of the new template and available, and the status speaks of the Deployment as it is declared now
    /// (Kubernetes: Deployment, complete). Terminating pods do not count: old ones may still be on their way out. No replicas at all are complete, too.
    /// </summary>
    public static bool IsComplete(Deployment deployment, DeploymentStatus status)
    {
        int replicas = deployment.Spec.Replicas ?? 1;
        return (status.UpdatedReplicas ?? 0) == replicas
            && (status.Replicas ?? 0) == replicas
            && (status.AvailableReplicas ?? 0) == replicas
            && (status.ObservedGeneration ?? 0) >= (deployment.Metadata.Generation ?? 0);
    }

    /// <summary>
    /// The conditions with what keeps ReplicaSets from making pods: the new one's failure if it has one, or else that of the youngest old one that has one (Kubernetes: of whichever
    /// of them it lists first). Members are oldest first, the new one last.
    /// </summary>
    public static ValueList<Condition> WithReplicaFailure(ValueList<Condition> conditions, Rollout rollout)
    {
        Condition? failure = rollout.Members.Reverse()
            .Select(member => Conditions.Find(member.Stored?.Status?.Conditions ?? default, WorkloadConditions.ReplicaFailure))
            .FirstOrDefault(condition => condition is not null);
        return failure is null
            ? WorkloadConditions.Without(conditions, WorkloadConditions.ReplicaFailure)
            : WorkloadConditions.With(conditions, failure with { LastUpdateTime = failure.LastTransitionTime });
    }

    private static Condition Availability(bool isMet, DateTimeOffset now) => new()
    {
        Type = WorkloadConditions.Available,
        Status = isMet ? "True" : "False",
        Reason = isMet ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
        Message = isMet ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
        LastUpdateTime = now,
        LastTransitionTime = now,
    };
}
