using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>What a pod asks of its node, computed once for all nodes. Pods whose demands are equal are alike to the scheduler.</summary>
internal sealed record PodDemand(
    string? Owner,
    PodRequests Requests,
    ValueList<HostPort> HostPorts,
    ValueMap<string> NodeSelector,
    NodeAffinity? NodeAffinity,
    ValueList<Toleration> Tolerations)
{
    public static PodDemand Of(Pod pod) => new(
        pod.Metadata.Controller?.Uid,
        PodRequests.Of(pod.Spec),
        PortsOf(pod.Spec),
        pod.Spec.NodeSelector,
        pod.Spec.Affinity?.NodeAffinity,
        pod.Spec.Tolerations);

    private static ValueList<HostPort> PortsOf(PodSpec spec) =>
        spec.Containers.SelectMany(container => container.Ports).Where(port => port.HostPort is > 0).Select(HostPort.Of).ToValueList();
}
