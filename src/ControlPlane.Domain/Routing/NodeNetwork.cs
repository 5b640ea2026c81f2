using System.Globalization;
using System.Text.Json.Serialization;
using ControlPlane.Domain.Resources;
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

    private const uint LoopbackNet = 127;

    /// <summary>The first range of nodes whose pods are processes, less one: that of 127.0.1.1 is 127.97.0.0/16.</summary>
    private const int ProcessRangesAfter = 96;

    /// <summary>How many such ranges there are.</summary>
    private const int ProcessRanges = 150;

    /// <summary>How many control planes on one machine have ranges apart from each other's at once.</summary>
    private const int ControlPlanes = 3;

    /// <summary>The bridge's network interface; empty where pods are processes of the host, which share its loopback interface.</summary>
    public string Bridge { get; init => field = value ?? ""; } = "";

    /// <summary>The host's own address on the bridge, where names are answered; empty without a bridge.</summary>
    public string Address { get; init => field = value ?? ""; } = "";

    /// <summary>What an agent on Docker says before there is a network: that pods are containers, and that there is nowhere to serve them yet.</summary>
    public static NodeNetwork NoneYet { get; } = new() { Services = "" };

    /// <summary>The first address of the 65,536 at which the gateway serves this node's containers, such as <c>10.65.0.0</c>; empty while there are none, see <see cref="NoneYet"/>.</summary>
    [WriteEmpty]
    public required string Services { get; init; }

    /// <summary>Whether pods have a network of their own, in which names are answered.</summary>
    [JsonIgnore]
    public bool HasBridge => Bridge.Length > 0;

    /// <summary>
    /// Where pods are processes: loopback addresses, a range for each node by the last number of its address, so that the nodes of one machine have different ones: 127.97.0.0/16 for 127.0.1.1,
    /// 127.98.0.0/16 for 127.0.1.2. A node whose address is none of the machine's loopback ones is taken for the machine's only one.
    /// </summary>
    /// <param name="nodeAddress">The node's address.</param>
    public static NodeNetwork OfProcesses(string nodeAddress) => AllOfProcesses(nodeAddress).First();

    /// <summary>
    /// All ranges that a node whose pods are processes may have, its own first; the others are for nodes of further control planes on the machine. For 127.0.1.1: 127.97.0.0/16, 127.147.0.0/16, 127.197.0.0/16, 127.98.0.0/16, …;
    /// so the second and the third control plane have 50 nodes each before their ranges meet.
    /// </summary>
    /// <param name="nodeAddress">The node's address.</param>
    public static IEnumerable<NodeNetwork> AllOfProcesses(string nodeAddress)
    {
        bool isLoopback = IPv4Address.TryParse(nodeAddress, out IPv4Address address) && address.Number >> 24 == LoopbackNet;
        uint own = isLoopback ? (address.Number & byte.MaxValue) + ProcessRanges - 1 : 0;
        for (uint i = 0; i < ProcessRanges; i++)
        {
            uint index = (own + (i % ControlPlanes * (ProcessRanges / ControlPlanes)) + (i / ControlPlanes)) % ProcessRanges;
            yield return new NodeNetwork { Services = new IPv4Address((LoopbackNet << 24) | ((ProcessRangesAfter + 1 + index) << ServicesPrefixBits)).ToString() };
        }
    }

    /// <summary>
    /// Where the Service with a cluster address is for the containers of this node: the last 16 bits stay. 127.96.3.9 is 10.65.3.9 where <see cref="Services"/> is 10.65.0.0.
    /// Null for a Service without an address.
    /// </summary>
    public string? AddressOf(string? clusterIP) =>
        IPv4Address.TryParse(clusterIP, out IPv4Address cluster) && IPv4Address.TryParse(Services, out IPv4Address first)
            ? new IPv4Address((first.Number & ~ServiceBits) | (cluster.Number & ServiceBits)).ToString()
            : null;

    /// <summary>The address with the given last 16 bits in <see cref="Services"/>: 777 is 10.65.3.9 where that is 10.65.0.0.</summary>
    public string? AddressAt(ushort number) =>
        IPv4Address.TryParse(Services, out IPv4Address first) ? new IPv4Address((first.Number & ~ServiceBits) | number).ToString() : null;

    /// <summary><see cref="Services"/> as a CIDR.</summary>
    public string ServicesRange() => string.Create(CultureInfo.InvariantCulture, $"{Services}/{ServicesPrefixBits}");
}
