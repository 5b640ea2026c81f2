using System.Globalization;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Docker.DotNet.Models;

namespace ControlPlane.Agent.Runtimes.Docker;

/// <summary>The ports that one container publishes, for itself or for its whole pod, on the node's address only.</summary>
internal sealed record DockerPorts
{
    public static DockerPorts None { get; } = new();

    /// <summary>Whose ports they are, without the node's ports, which the engine may choose.</summary>
    public ValueList<HostPort> Published { get; private init; }

    public IDictionary<string, EmptyStruct> Exposed { get; private init; } = new Dictionary<string, EmptyStruct>();

    public IDictionary<string, IList<PortBinding>> Bindings { get; private init; } = new Dictionary<string, IList<PortBinding>>();

    /// <param name="pod">Their pod. In the node's network nothing need be published: a container's ports are the node's.</param>
    /// <param name="containers">Whose ports to publish.</param>
    /// <param name="kept">The node's ports to have again, where the pod asks for none.</param>
    /// <param name="options">The node.</param>
    public static DockerPorts Of(Pod pod, ValueList<Container> containers, ValueList<HostPort> kept, AgentOptions options)
    {
        DockerPorts ports = new();
        ValueList<HostPort> published = [];
        foreach ((Container container, ContainerPort port) in containers.SelectMany(owner => owner.Ports.Select(port => (owner, port))))
        {
            string protocol = string.IsNullOrEmpty(port.Protocol) ? "TCP" : port.Protocol;
            string key = $"{port.Number}/{protocol.ToLowerInvariant()}";
            published = published.Add(new HostPort { Container = container.Name, ContainerPort = port.Number, Protocol = protocol });
            if (pod.Spec.HostNetwork == true)
            {
                continue;
            }

            int? before = kept.FirstOrDefault(old => old.ContainerPort == port.Number && old.Protocol == protocol)?.Port;
            int? wanted = port.HostPort is > 0 ? port.HostPort : before;
            ports.Exposed[key] = default;
            ports.Bindings[key] =
            [
                new PortBinding
                {
                    HostIP = options.NodeAddress.ToString(),

                    // An empty port has the engine choose one.
                    HostPort = wanted?.ToString(CultureInfo.InvariantCulture) ?? "",
                },
            ];
        }

        return ports with { Published = published };
    }
}
