using System.Net;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Names;
using ControlPlane.Gateway.Traffic;
using ControlPlane.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ControlPlane.Gateway.Tests.Traffic;

/// <summary>Where a gateway listens for the pods of its node.</summary>
public sealed class NodeRangeTests : IDisposable
{
    private readonly TemporaryFolder folder = new("node-range");

    public void Dispose() => folder.Dispose();

    /// <summary>The cluster address and the node's own; of a headless Service's pods processes have no names, so none has an address.</summary>
    [Fact]
    public async Task Processes_HaveTheRangeOfTheirNode_AndNothingIsSetUpForIt()
    {
        Assert.Equal(
            ["127.96.3.9:80 shared", "127.98.3.9:80 shared"],
            await ListeningAsync(NodeNetwork.OfProcesses("127.0.1.2"), _ => Assert.Fail("loopback addresses are the machine's own")));
    }

    [Fact]
    public async Task Containers_HaveTheRangeOfTheirBridge_AlsoForPodsOfHeadlessServices()
    {
        List<NodeNetwork> made = [];
        NodeNetwork bridge = new() { Bridge = "cp-1", Address = "10.64.0.1", Services = "10.65.0.0" };

        Assert.Equal(["127.96.3.9:80 shared", "10.65.3.9:80", "10.65.0.2:5432"], await ListeningAsync(bridge, made.Add));
        Assert.Contains(bridge, made);
    }

    /// <summary>A node on Docker that has had no pod: the range of processes, which follows from its address, may be another control plane's.</summary>
    [Fact]
    public async Task Containers_ThatHaveNoNetworkYet_HaveNoRange() =>
        Assert.Equal(["127.96.3.9:80 shared"], await ListeningAsync(NodeNetwork.NoneYet, _ => Assert.Fail("there is no network"), IPAddress.Parse("127.0.1.3")));

    /// <summary>The gateway was there before its agent had ever run.</summary>
    [Fact]
    public async Task Containers_ThatHaveNoNetworkYet_EndTheRangeThatWasTakenForProcesses()
    {
        GatewayOptions options = OptionsAt(IPAddress.Parse("127.0.1.3"));
        using NodeNetworks networks = new(options, TimeProvider.System, NullLogger<NodeNetworks>.Instance) { MakeLocal = _ => Assert.Fail("there is no network") };
        await networks.StartAsync(CancellationToken.None);
        Assert.NotNull(networks.Current);

        await File.WriteAllBytesAsync(options.NetworkFile, ResourceJson.SerializeToUtf8Bytes(NodeNetwork.NoneYet));

        await Eventually.TrueAsync(() => networks.Current is null, "the range of processes is given up");
        await networks.StopAsync(CancellationToken.None);
    }

    /// <summary>A gateway with a copy of the token, and without its agent's folder: the range follows from the node's address.</summary>
    [Fact]
    public async Task Nodes_WithoutADescription_AreTakenForThoseOfProcesses() =>
        Assert.Equal(
            ["127.96.3.9:80 shared", "127.99.3.9:80 shared"], await ListeningAsync(null, _ => Assert.Fail("loopback addresses are the machine's own"), IPAddress.Parse("127.0.1.3")));

    [Fact]
    public async Task Description_ThatComesLater_IsServedFromThenOn()
    {
        GatewayOptions options = OptionsAt(IPAddress.Parse("127.0.1.3"));
        NodeNetwork bridge = new() { Bridge = "cp-1", Address = "10.64.0.1", Services = "10.65.0.0" };
        using NodeNetworks networks = new(options, TimeProvider.System, NullLogger<NodeNetworks>.Instance) { MakeLocal = _ => { } };
        await networks.StartAsync(CancellationToken.None);
        Assert.Equal("127.99.0.0", networks.Current?.Services);

        await File.WriteAllBytesAsync(options.NetworkFile, ResourceJson.SerializeToUtf8Bytes(bridge));

        await Eventually.TrueAsync(() => networks.Current == bridge, "the bridge is served");
        await File.WriteAllTextAsync(options.NetworkFile, "{");
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        Assert.Equal(bridge, networks.Current);
        await networks.StopAsync(CancellationToken.None);
    }

    private GatewayOptions OptionsAt(IPAddress node) =>
        new() { Server = new Uri("http://127.0.0.1"), TokenFile = Path.Combine(folder.Path, "node.token"), NodeName = "node-1", NodeAddress = node, DataFolder = folder.Path };

    private async Task<IEnumerable<string>> ListeningAsync(NodeNetwork? network, Action<NodeNetwork> makeLocal, IPAddress? node = null)
    {
        GatewayOptions options = OptionsAt(node ?? IPAddress.Loopback);
        if (network is not null)
        {
            await File.WriteAllBytesAsync(options.NetworkFile, ResourceJson.SerializeToUtf8Bytes(network));
        }

        using NodeNetworks networks = new(options, TimeProvider.System, NullLogger<NodeNetworks>.Instance) { MakeLocal = makeLocal };
        await networks.StartAsync(CancellationToken.None);
        Router router = new(options, networks, new PodAddresses(), new TrafficMeter(TimeProvider.System), TimeProvider.System, NullLogger<Router>.Instance);
        IReadOnlyList<ListenAddress> listening = router.Apply(new RouteTable
        {
            Store = "s",
            Revision = 1,
            Services =
            [
                new ServiceRoute { Namespace = "default", Name = "orders", Uid = Guid.NewGuid(), ClusterIP = "127.96.3.9", Ports = [new PortRoute { Port = 80 }] },
                new ServiceRoute
                {
                    Namespace = "default",
                    Name = "peers",
                    Uid = Guid.NewGuid(),
                    Ports = [new PortRoute { Port = 5432, Endpoints = [RoutedPort.Pod("rs", 1) with { ContainerPort = 5432 }] }],
                },
            ],
        });
        await networks.StopAsync(CancellationToken.None);
        return listening.Select(one => $"{one.EndPoint}{(one.IsShared ? " shared" : "")}");
    }
}
