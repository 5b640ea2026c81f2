using ControlPlane.Agent.Pods;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using Docker.DotNet;
using Docker.DotNet.Models;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Agent.Runtimes.Docker;

/// <summary>
/// The bridge network of this node's containers: made when the first of them is, found again by its name and label, and described to the node's gateway in a file.
/// It stays when the agent ends, as its containers do.
/// </summary>
internal sealed class DockerNetwork(AgentOptions options, DockerClient client, ILogger<DockerNetwork> log) : IDisposable
{
    /// <summary>How many blocks are tried that seemed free and that the engine refused.</summary>
    private const int Attempts = 8;

    /// <summary>The engine's name for the host's own network.</summary>
    public const string Host = "host";

    private const string InterfaceOption = "com.docker.network.bridge.name";

    private readonly SemaphoreSlim making = new(1);
    private readonly string path = Path.Combine(options.DataFolder, NodeNetwork.FileName);
    private NodeNetwork? described;

    private string Name => NameOf(options.NodeName);

    public static string NameOf(string nodeName) => $"controlplane-{nodeName}";

    /// <summary>
    /// Tells the gateway, before the first pod starts, where the node's containers find Services, or that there is no network for them yet. Else it would take the node's pods for processes, and keep addresses of the
    /// range that those would have from another control plane on the machine.
    /// </summary>
    /// <exception cref="DockerApiException">The engine refused.</exception>
    public async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        NodeNetwork? network = await FindAsync(cancellationToken) is { } found ? TryRead(found) : null;
        try
        {
            await DescribeAsync(network ?? NodeNetwork.NoneYet, cancellationToken);
            described = network;
        }
        catch (ContainerStartException)
        {
            // It cannot be written, as each pod that is to start says.
            return;
        }
    }

    /// <summary>The network as it is on the engine now; made when there is none. Looked at for each pod, since people remove networks.</summary>
    /// <exception cref="ContainerStartException">There is a network of that name that is no agent's, or no block of addresses is free.</exception>
    /// <exception cref="DockerApiException">The engine refused.</exception>
    public async Task<NodeNetwork> EnsureAsync(CancellationToken cancellationToken)
    {
        await making.WaitAsync(cancellationToken);
        try
        {
            NodeNetwork network = await FindAsync(cancellationToken) is { } found ? Read(found) : await MakeAsync(cancellationToken);
            if (network != described)
            {
                await DescribeAsync(network, cancellationToken);
                described = network;
            }

            return network;
        }
        finally
        {
            making.Release();
        }
    }

    /// <summary>
    /// Has a pod's container, or its sandbox, live in the network, or in the host's where the pod asks for that. For names it asks the node's gateway, or whom the pod says; the host's own
    /// resolvers while that does not answer.
    /// </summary>
    /// <exception cref="ContainerStartException">The pod's host name is too long.</exception>
    public void Join(CreateContainerParameters container, Pod pod, NodeNetwork network)
    {
        HostConfig host = container.HostConfig ??= new HostConfig();
        bool isOnHost = pod.Spec.HostNetwork == true;
        host.NetworkMode = isOnHost ? Host : Name;
        PodResolving resolving = PodResolving.Of(pod, network.Address, HostNetwork.Resolvers());
        host.DNS = [.. resolving.Servers];
        host.DNSSearch = [.. resolving.Searches];
        host.DNSOptions = [.. resolving.Options];

        // With names of its own it has no file of the host's any more, so what that says is said again.
        ValueList<HostAlias> aliases = pod.Spec.HostAliases;
        host.ExtraHosts =
        [
            .. (isOnHost && !aliases.IsEmpty ? HostNetwork.Hosts() : []).Concat(aliases).SelectMany(alias => alias.Hostnames.Select(name => $"{name}:{alias.Ip}")),
        ];
        if (!isOnHost)
        {
            (container.Hostname, container.Domainname) = PodHostName.Of(pod);
        }
    }

    public void Dispose() => making.Dispose();

    private async Task<NetworkResponse?> FindAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await client.Networks.InspectNetworkAsync(Name, cancellationToken);
        }
        catch (DockerNetworkNotFoundException)
        {
            return null;
        }
    }

    private NodeNetwork Read(NetworkResponse network) => TryRead(network)
        ?? throw new ContainerStartException($"the network {Name} on Docker Engine is not one that this node's agent made; rename or remove it");

    /// <summary>Null for a network that is no agent's.</summary>
    private NodeNetwork? TryRead(NetworkResponse network)
    {
        string? owner = null;
        string? bridge = null;
        network.Labels?.TryGetValue(ContainerLabels.Node, out owner);
        network.Options?.TryGetValue(InterfaceOption, out bridge);
        if (owner != options.NodeName || bridge is null
            || !AddressRange.TryParse(network.IPAM?.Config?.FirstOrDefault()?.Subnet, out AddressRange subnet) || subnet.PrefixBits != NetworkBlock.PrefixBits)
        {
            return null;
        }

        return Describe(new NetworkBlock(subnet.First), bridge);
    }

    private async Task<NodeNetwork> MakeAsync(CancellationToken cancellationToken)
    {
        IList<NetworkResponse> networks = await client.Networks.ListNetworksAsync(new NetworksListParameters(), cancellationToken);
        string bridge = $"cp-{NetworkBlock.HashOf(options.NodeName):x8}";
        List<AddressRange> taken = [.. HostNetwork.Ranges(bridge)];
        foreach (IPAMConfig config in networks.SelectMany(network => network.IPAM?.Config ?? []))
        {
            if (AddressRange.TryParse(config.Subnet, out AddressRange range))
            {
                taken.Add(range);
            }
        }

        Exception refusal = new ContainerStartException("no block of addresses in 10.64.0.0/10 is free for the network of this node's containers");
        foreach (NetworkBlock block in NetworkBlock.Free(options.NodeName, taken).Take(Attempts))
        {
            try
            {
                await client.Networks.CreateNetworkAsync(ParametersOf(block, bridge), cancellationToken);
                log.NetworkMade(Name, block.Subnet.ToString(), block.Services.ToString());
                return Describe(block, bridge);
            }
            catch (DockerApiException exception)
            {
                // Some of what the engine knows to be taken cannot be seen from here.
                refusal = exception;
            }
        }

        throw refusal;
    }

    private NetworksCreateParameters ParametersOf(NetworkBlock block, string bridge) => new()
    {
        Name = Name,
        Driver = "bridge",
        Labels = new Dictionary<string, string> { [ContainerLabels.Node] = options.NodeName },
        Options = new Dictionary<string, string> { [InterfaceOption] = bridge },
        IPAM = new IPAM
        {
            Driver = "default",
            Config = [new IPAMConfig { Subnet = block.Subnet.ToString(), IPRange = block.Containers.ToString(), Gateway = block.Bridge.ToString() }],
        },
    };

    private static NodeNetwork Describe(NetworkBlock block, string bridge) =>
        new() { Bridge = bridge, Address = block.Bridge.ToString(), Services = block.Services.ToString() };

    /// <summary>Written beside and renamed, so that the gateway reads all of it or nothing.</summary>
    private async Task DescribeAsync(NodeNetwork network, CancellationToken cancellationToken)
    {
        string beside = path + ".new";
        try
        {
            await File.WriteAllBytesAsync(beside, ResourceJson.SerializeToUtf8Bytes(network), cancellationToken);
            File.Move(beside, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ContainerStartException($"{path}, from which the gateway learns where Services are for containers, cannot be written: {exception.Message}", exception);
        }
    }
}
