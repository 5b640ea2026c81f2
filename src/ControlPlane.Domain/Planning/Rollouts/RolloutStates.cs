using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>How a release's progress is stored: one object, written with the ReplicaSets that it speaks of.</summary>
internal static class RolloutStates
{
    /// <summary>What turns the stored progress into the wanted one; none when they are the same.</summary>
    public static ValueList<Write> Writes(RolloutState? stored, RolloutStateSpec? wanted, WorkloadSnapshot snapshot) => (stored, wanted) switch
    {
        (null, null) => [],
        (not null, null) => [Write.Remove.Of(stored)],
        (null, not null) => [new Write.Create(Make(snapshot.Deployment!, wanted, snapshot))],
        _ when stored.Spec == wanted => [],
        _ => [new Write.Update(stored with { Spec = wanted }, ResourceParts.Desired)],
    };

    /// <summary>Named after the Deployment's uid, so that one of the same name that comes later has its own.</summary>
    private static RolloutState Make(Deployment deployment, RolloutStateSpec spec, WorkloadSnapshot snapshot) => new()
    {
        ApiVersion = ResourceKinds.RolloutState.ApiVersion,
        Kind = ResourceKinds.RolloutState.Kind,
        Metadata = new ObjectMeta
        {
            Name = deployment.Uid,
            Namespace = deployment.Namespace,
            Uid = snapshot.Ids.Uid(),
            CreationTimestamp = snapshot.Now,
            OwnerReferences = [Ownership.ControllerReference(deployment) with { BlockOwnerDeletion = null }],
        },
        Spec = spec,
    };
}
