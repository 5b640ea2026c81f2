using ControlPlane.Agent.Hosting;
using ControlPlane.Agent.Pods;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using Docker.DotNet.Models;
using ResourceRequirements = ControlPlane.Domain.Resources.ResourceRequirements;

namespace ControlPlane.Agent.Runtimes.Docker;

/// <summary>A container of a pod in the engine's words.</summary>
internal static class DockerContainer
{
    /// <summary>The least weight that the kernel takes.</summary>
    private const long MinCpuShares = 2;

    public static string NameOf(ContainerIdentity identity) =>
        $"{identity.PodName}.{identity.Container}.{identity.PodUid[..Math.Min(8, identity.PodUid.Length)]}.{identity.RestartCount}";

    /// <summary>The container but for the network that it has when it is an only one.</summary>
    /// <exception cref="ContainerConfigurationException">What the pod says cannot be done with this image.</exception>
    public static CreateContainerParameters From(ContainerRequest request, AgentOptions options, NodeNetwork network)
    {
        (Pod pod, Container container, ContainerIdentity identity) = (request.Pod, request.Container, request.Identity);

        IEnumerable<ServiceAddress> services = request.Services.Select(service => service with { ClusterIP = network.AddressOf(service.ClusterIP) ?? service.ClusterIP });
        ContainerEnvironment environment = ContainerEnvironment.Of(
            pod, container, services, request.EnvironmentContents, NodeValues.Of(options));
        DockerPorts ports = request.NetworkOf is null ? DockerPorts.Of(pod, [container], request.KeptPorts, options) : DockerPorts.None;
        CreateContainerParameters parameters = new()
        {
            Name = NameOf(identity),
            Image = request.Image,
            WorkingDir = container.WorkingDir ?? "",
            Env = [.. environment.Values.Select(variable => $"{variable.Key}={variable.Value}")],
            Labels = ContainerLabels.Write(identity, options.NodeName, container.Image ?? "", request.Image, ports.Published),
            ExposedPorts = ports.Exposed,
            HostConfig = new HostConfig
            {
                NetworkMode = request.NetworkOf is null ? "" : $"container:{request.NetworkOf}",
                PortBindings = ports.Bindings,
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

        if (pod.Spec.ShareProcessNamespace == true && request.NetworkOf is { } sandbox)
        {
            parameters.HostConfig.PidMode = $"container:{sandbox}";
        }

        Limit(parameters.HostConfig, container.Resources ?? new ResourceRequirements());
        DockerIsolation.Apply(parameters, request);
        ContainerLabels.WriteTermination(parameters.Labels, container);
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
}
