using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources.Policies;

namespace ControlPlane.Domain.Planning.Rollouts;

/// <summary>
/// Pods on their way out that slices still list as ready, for slices are written after the marks. Without shares gateways would choose among these too, so a release tells where the requests go
/// until there are none.
/// </summary>
internal static class LateSlices
{
    /// <summary>How soon it is looked again: slices wake no Deployment.</summary>
    public static readonly TimeSpan RecheckDelay = Draining.RecheckDelay;

    /// <summary>Whether gateways may still send requests to pods of others than the named ReplicaSet once nothing divides them.</summary>
    public static bool ListOthers(Rollout rollout, string name, RolloutStateSpec? state, WorkloadSnapshot snapshot) =>
        state is { Traffic.IsEmpty: false } && snapshot.IsRouted is { } isRouted
        && rollout.Members.Where(member => member.Name != name).SelectMany(member => member.Pods.Terminating).Any(isRouted);
}
