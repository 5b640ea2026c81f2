using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Routing;

/// <summary>A pod as an endpoint of a Service: its node's address, and the ports of that address that lead to the container's.</summary>
internal sealed record PodEndpoint(Pod Pod, ValueList<EndpointSlicePort> Ports, EndpointConditions Conditions)
{
    private const string Tcp = "TCP";

    public string Address => Pod.Status!.HostIP!;

    /// <summary>The pod as an endpoint; null when it has no address yet, has ended, or publishes none of the Service's ports.</summary>
    public static PodEndpoint? Of(Pod pod, Service service)
    {
        if (pod.HasEnded() || string.IsNullOrEmpty(pod.Status?.HostIP) || string.IsNullOrEmpty(pod.Status.PodIP))
        {
            return null;
        }

        ValueList<EndpointSlicePort> ports = [.. service.Spec.Ports.Select(port => PortOf(port, pod)).OfType<EndpointSlicePort>()];
        if (ports.IsEmpty && !service.Spec.Ports.IsEmpty)
        {
            return null;
        }

        bool isTerminating = pod.Metadata.IsDeleting;
        bool isServing = pod.IsReady() && !(isTerminating && pod.Metadata.Annotations.ContainsKey(Draining.ClosingAnnotation));
        bool isReady = !isTerminating && RestartDrain.PendingSince(pod) is null && (isServing || service.Spec.PublishNotReadyAddresses == true);
        return new PodEndpoint(pod, ports, new EndpointConditions { Ready = isReady, Serving = isServing, Terminating = isTerminating });
    }

    public Endpoint ToEndpoint() => new()
    {
        Addresses = [Address],
        Conditions = Conditions,
        NodeName = Pod.Spec.NodeName,
        TargetRef = ReferenceTo(Pod),
    };

    public EndpointAddress ToAddress() => new() { Ip = Address, NodeName = Pod.Spec.NodeName, TargetRef = ReferenceTo(Pod) };

    /// <summary>Without the resource version, which moves with each report.</summary>
    private static ObjectReference ReferenceTo(Pod pod) => new() { Kind = ResourceKinds.Pod.Kind, Namespace = pod.Namespace, Name = pod.Name, Uid = pod.Uid };

    /// <summary>
    /// Worked through: port 80 with targetPort <c>http</c>, which a container names 8080, which its node publishes at 41234, is 41234.
    /// </summary>
    private static EndpointSlicePort? PortOf(ServicePort port, Pod pod)
    {
        IntOrString target = port.TargetPort ?? port.Port;
        foreach (HostPort published in pod.Status!.HostPorts.AsSpan())
        {
            if (published.Protocol is not (Tcp or ""))
            {
                continue;
            }

            bool leadsThere = target.IsNumber ? published.ContainerPort == target.Number : IsNamed(pod, published, target.Text!);
            if (leadsThere)
            {
                return new EndpointSlicePort { Name = port.Name ?? "", Protocol = port.Protocol ?? Tcp, Port = published.Port, AppProtocol = port.AppProtocol };
            }
        }

        return null;
    }

    /// <summary>The ports of a pod with several containers are published for all of them together: any container's name for the number counts.</summary>
    private static bool IsNamed(Pod pod, HostPort published, string name) => pod.Spec.LastingContainers().Any(container =>
        (published.Container.Length == 0 || published.Container == container.Name)
        && container.Ports.Any(port => port.Name == name && port.Number == published.ContainerPort && port.Protocol is null or Tcp));
}
