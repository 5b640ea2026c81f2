using System.Globalization;
using ControlPlane.Agent.Pods;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using Docker.DotNet.Models;
using ResourceRequirements = ControlPlane.Domain.Resources.ResourceRequirements;

namespace ControlPlane.Agent.Runtimes.Docker;

/// <summary>A container of a pod in the engine's words.</summary>
internal static class DockerContainer
{
    /// <summary>The longest host name that Linux takes.</summary>
    private const int MaxHostNameChars = 63;

    /// <summary>The least weight that the kernel takes.</summary>
    private const long MinCpuShares = 2;

    public static CreateContainerParameters From(ContainerRequest request, AgentOptions options)
    {
        (Pod pod, Container container, ContainerIdentity identity) = (request.Pod, request.Container, request.Identity);
        ContainerEnvironment environment = ContainerEnvironment.Of(pod, container, options.NodeName, options.NodeAddress.ToString());
        bool isFirst = request.NetworkOf is null;

        // Whoever joins a network cannot publish ports: the first container does it for all.
        IReadOnlyList<(Container Owner, ContainerPort Port)> ports =
            isFirst ? [.. pod.Spec.Containers.SelectMany(owner => owner.Ports.Select(port => (owner, port)))] : [];
        CreateContainerParameters parameters = new()
        {
            Name = $"{pod.Name}.{container.Name}.{pod.Uid[..Math.Min(8, pod.Uid.Length)]}.{identity.RestartCount}",
            Image = container.Image ?? "",
            WorkingDir = container.WorkingDir ?? "",
            Env = [.. environment.Values.Select(variable => $"{variable.Key}={variable.Value}")],
            Labels = ContainerLabels.Write(identity, options.NodeName, container.Image ?? "", ports.Select(port => new HostPort
            {
                Container = port.Owner.Name,
                ContainerPort = port.Port.Number,
                Protocol = Protocol(port.Port),
            })),
            HostConfig = new HostConfig
            {
                NetworkMode = isFirst ? "default" : $"container:{request.NetworkOf}",
                PortBindings = ports.ToDictionary(port => Key(port.Port), port => Binding(port.Port, options)),
                RestartPolicy = new RestartPolicy { Name = RestartPolicyKind.No },
                LogConfig = new LogConfig { Type = "json-file", Config = new Dictionary<string, string> { ["max-size"] = "10m", ["max-file"] = "3" } },
            },
        };
        if (!container.Command.IsEmpty)
        {
            parameters.Entrypoint = [.. container.Command.Select(environment.Expand)];
        }

        if (!container.Args.IsEmpty)
        {
            parameters.Cmd = [.. container.Args.Select(environment.Expand)];
        }

        if (isFirst)
        {
            string hostName = pod.Spec.Hostname is { Length: > 0 } given ? given : pod.Name;
            parameters.Hostname = hostName[..Math.Min(MaxHostNameChars, hostName.Length)];
            parameters.ExposedPorts = ports.ToDictionary(port => Key(port.Port), _ => default(EmptyStruct));
        }

        Limit(parameters.HostConfig, container.Resources ?? new ResourceRequirements());
        return parameters;
    }

    /// <summary>Worked through: a limit of 500m CPU is 500,000,000 billionths of one; a request of 500m weighs 512 where a whole CPU weighs 1,024.</summary>
    private static void Limit(HostConfig host, ResourceRequirements resources)
    {
        if (resources.Limits.TryGetValue("cpu", out Quantity cpu))
        {
            host.NanoCPUs = cpu.Milli * 1_000_000;
        }

        if (resources.Limits.TryGetValue("memory", out Quantity memory))
        {
            host.Memory = memory.Value;
            host.MemorySwap = memory.Value;
        }

        host.CPUShares = resources.Requests.TryGetValue("cpu", out Quantity requested) ? Math.Max(MinCpuShares, requested.Milli * 1_024 / 1_000) : MinCpuShares;
    }

    private static string Key(ContainerPort port) => $"{port.Number}/{Protocol(port).ToLowerInvariant()}";

    private static string Protocol(ContainerPort port) => string.IsNullOrEmpty(port.Protocol) ? "TCP" : port.Protocol;

    /// <summary>On the node's address only; an empty port has the engine choose one.</summary>
    private static IList<PortBinding> Binding(ContainerPort port, AgentOptions options) =>
    [
        new PortBinding
        {
            HostIP = options.NodeAddress.ToString(),
            HostPort = port.HostPort is > 0 and var asked ? asked.ToString(CultureInfo.InvariantCulture) : "",
        },
    ];
}
