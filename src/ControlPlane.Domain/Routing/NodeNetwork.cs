using System.Globalization;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Routing;

/// <summary>
/// The network of a node's containers, and where Services are for them: what an agent leaves in <c>network.json</c> in its data folder, for the gateway of its node.
/// </summary>
public sealed record NodeNetwork
{
    /// <summary>In the agent's data folder.</summary>
    public const string FileName = "network.json";

    /// <summary>How many bits of an address in <see cref="Services"/> are the range's.</summary>
    public const int ServicesPrefixBits = 16;

    private const uint ServiceBits = uint.MaxValue >> ServicesPrefixBits;

    /// <summary>The bridge's network interface.</summary>
    public required string Bridge { get; init; }

    /// <summary>The host's own address on the bridge, where names are answered.</summary>
    public required string Address { get; init; }

    /// <summary>The first address of the 65,536 at which the gateway serves this node's containers, such as <c>10.65.0.0</c>.</summary>
    public required string Services { get; init; }

    /// <summary>
    /// Where the Service with a cluster address is for the containers of this node: the last 16 bits stay. 127.96.3.9 is 10.65.3.9 where <see cref="Services"/> is 10.65.0.0.
    /// Null for a Service without an address.
    /// </summary>
    public string? AddressOf(string? clusterIP) =>
        IPv4Address.TryParse(clusterIP, out IPv4Address cluster) && IPv4Address.TryParse(Services, out IPv4Address first)
            ? new IPv4Address((first.Number & ~ServiceBits) | (cluster.Number & ServiceBits)).ToString()
            : null;

    /// <summary><see cref="Services"/> as a CIDR.</summary>
    public string ServicesRange() => string.Create(CultureInfo.InvariantCulture, $"{Services}/{ServicesPrefixBits}");
}
