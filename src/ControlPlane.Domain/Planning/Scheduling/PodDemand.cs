using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>What a pod asks of its node, computed once for all nodes. Pods whose demands are equal are alike to the scheduler.</summary>
internal sealed record PodDemand
{
    public string? Owner { get; private init; }

    public PodRequests Requests { get; private init; }

    public ValueList<HostPort> HostPorts { get; private init; }

    public ValueMap<string> NodeSelector { get; private init; }

    public Affinity? Affinity { get; private init; }

    public ValueList<Toleration> Tolerations { get; private init; }

    /// <summary>What makes pods differ where other pods matter; empty where none do.</summary>
    private (string Namespace, ValueMap<string> Labels, ValueList<TopologySpreadConstraint> Spread) AmongPods { get; init; }

    /// <param name="pod">The pod.</param>
    /// <param name="isKeptAway">Whether there are pods that keep others away.</param>
    public static PodDemand Of(Pod pod, bool isKeptAway)
    {
        PodSpec spec = pod.Spec;
        return new PodDemand
        {
            Owner = pod.Metadata.Controller?.Uid,
            Requests = PodRequests.Of(spec),
            HostPorts = spec.LastingContainers().SelectMany(container => container.Ports).Where(port => port.HostPort is > 0).Select(HostPort.Of).ToValueList(),
            NodeSelector = spec.NodeSelector,
            Affinity = spec.Affinity,
            Tolerations = spec.Tolerations,
            AmongPods = isKeptAway || PendingPods.DependsOnOthers(pod) ? (pod.Namespace, pod.Metadata.Labels, spec.TopologySpreadConstraints) : default,
        };
    }
}
