using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Explaining;

/// <summary>Makes the view of a rollout from what is stored.</summary>
public static class RolloutViews
{
    private const string ChangeCause = "kubernetes.io/change-cause";

    /// <summary>The view of the snapshot's Deployment, which must have one.</summary>
    public static RolloutView Of(WorkloadSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        Deployment deployment = snapshot.Deployment ?? throw new ArgumentException("a bare ReplicaSet has no rollout", nameof(snapshot));
        Rollout rollout = Rollout.Of(deployment, WorkloadPlanner.Members(snapshot, snapshot.ReplicaSets), snapshot.Policy);
        RolloutPhase phase = RolloutPhase.Of(deployment, snapshot.ReplicaSets);
        return new RolloutView
        {
            ApiVersion = RolloutView.GroupVersion,
            Kind = "Rollout",
            Metadata = MetadataOf(deployment),
            Phase = phase.Name,
            Reason = phase.Reason,
            Message = phase.Message,
            Revision = rollout.New is { } current ? Revisions.Of(current.ReplicaSet) : 0,
            Counts = Sum(rollout),
            ReplicaSets = rollout.Members
                .OrderByDescending(member => Revisions.Of(member.ReplicaSet))
                .Select(member => Of(member, isCurrent: ReferenceEquals(member, rollout.New)))
                .ToValueList(),
            Blockers = Blockers.Of(rollout, snapshot).All,
            Strategy = StrategyViews.Of(snapshot),
        };
    }

    /// <summary>What says which Deployment is meant, and as of which change.</summary>
    internal static ObjectMeta MetadataOf(Deployment deployment) => new()
    {
        Name = deployment.Name,
        Namespace = deployment.Namespace,
        Uid = deployment.Uid,
        ResourceVersion = deployment.Metadata.ResourceVersion,
        Generation = deployment.Metadata.Generation,
        CreationTimestamp = deployment.Metadata.CreationTimestamp,
    };

    private static RolloutCounts Sum(Rollout rollout) => new()
    {
        Desired = rollout.Replicas,
        Total = rollout.Members.Sum(member => member.Counts.Active),
        Ready = rollout.Members.Sum(member => member.Counts.Ready),
        Available = rollout.Members.Sum(member => member.Counts.Available),
        Terminating = rollout.Members.Sum(member => member.Counts.Terminating),
    };

    private static RevisionView Of(RolloutMember member, bool isCurrent)
    {
        Condition? failure = Outcomes.FailureOf(member.ReplicaSet);
        return new RevisionView
        {
            Name = member.Name,
            Revision = Revisions.Of(member.ReplicaSet),
            IsCurrent = isCurrent,
            Outcome = Outcomes.TakesSteps(member.ReplicaSet) ? Outcomes.DeclaredAgain : Outcomes.Of(member.ReplicaSet).ToString(),
            Failure = failure is null ? null : $"{failure.Reason}: {failure.Message}",
            Images = member.ReplicaSet.Spec.Template.Spec.Containers.Select(container => container.Image ?? "").ToValueList(),
            ResolvedImages = ResolvedImages.Of(member.ReplicaSet),
            ChangeCause = member.ReplicaSet.Metadata.Annotations[ChangeCause],
            Counts = CountsOf(member.Replicas, member.Counts),
        };
    }

    private static RolloutCounts CountsOf(int desired, PodCounts counts) => new()
    {
        Desired = desired,
        Total = counts.Active,
        Ready = counts.Ready,
        Available = counts.Available,
        Terminating = counts.Terminating,
    };
}
