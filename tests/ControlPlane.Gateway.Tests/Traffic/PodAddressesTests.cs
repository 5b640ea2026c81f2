using System.Net;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Names;
using ControlPlane.Gateway.Traffic;
using ControlPlane.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Endpoint = ControlPlane.Gateway.Traffic.Endpoint;

namespace ControlPlane.Gateway.Tests.Traffic;

/// <summary>The addresses that the pods of headless Services have on a node with Docker, and who is let in there.</summary>
public sealed class PodAddressesTests : IAsyncLifetime, IDisposable
{
    private static readonly NodeNetwork Network = new() { Bridge = "cp-1", Address = "10.64.0.1", Services = "10.65.0.0" };

    private readonly TemporaryFolder folder = new("pod-addresses");
    private readonly SteppedTime time = new();
    private readonly PodAddresses pods = new();
    private NodeNetworks networks = null!;
    private Router router = null!;
    private long revision;

    public async Task InitializeAsync()
    {
        GatewayOptions options = new() { Server = new Uri("http://127.0.0.1"), TokenFile = Path.Combine(folder.Path, "node.token"), NodeName = "node-1", DataFolder = folder.Path };
        await File.WriteAllBytesAsync(options.NetworkFile, ResourceJson.SerializeToUtf8Bytes(Network));
        networks = new NodeNetworks(options, TimeProvider.System, NullLogger<NodeNetworks>.Instance) { MakeLocal = _ => { } };
        await networks.StartAsync(CancellationToken.None);
        router = new Router(options, networks, pods, new TrafficMeter(time), time, NullLogger<Router>.Instance);
    }

    public Task DisposeAsync() => networks.StopAsync(CancellationToken.None);

    public void Dispose()
    {
        networks.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Each_pod_is_at_an_address_of_its_own_on_the_ports_of_its_containers()
    {
        IReadOnlyList<ListenAddress> listening = Apply(Headless(1, Pod(1), Pod(2)));

        Assert.Equal(["10.65.0.2:5432", "10.65.0.3:5432"], listening.Select(one => one.EndPoint.ToString()));
        Assert.Equal([10_001, 10_002], listening.Select(one => Enter(one)!.Route.Port));
    }

    [Fact]
    public void A_pod_keeps_its_address_whoever_comes_and_goes()
    {
        Apply(Headless(1, Pod(2)));

        // Pod 65,536's uid points at the address that pod 2 has; as it comes first, it would have it otherwise.
        Apply(Headless(1, Pod(2), Pod(2 + 65_534), Pod(1)));

        Assert.Equal(("10.65.0.3", "10.65.0.4", "10.65.0.2"), (AddressOf(2), AddressOf(2 + 65_534), AddressOf(1)));
        Apply(Headless(1, Pod(2 + 65_534)));
        Assert.Equal("10.65.0.4", AddressOf(2 + 65_534));
        Assert.Null(AddressOf(2));
    }

    [Fact]
    public void A_Services_address_is_no_pods()
    {
        ServiceRoute orders = new() { Namespace = "default", Name = "orders", Uid = Uid(9), ClusterIP = "127.96.0.3", Ports = [new PortRoute { Port = 5432 }] };
        Apply(Headless(1, Pod(2)));

        IReadOnlyList<ListenAddress> listening = Apply(orders, Headless(1, Pod(2)));

        Assert.Equal("10.65.0.4", AddressOf(2));
        Assert.Equal("default/orders:5432", listening.Single(one => one.EndPoint.Address.ToString() == "10.65.0.3").Port.Name);
    }

    [Fact]
    public void A_pod_of_two_Services_has_one_address_and_one_listener()
    {
        IReadOnlyList<ListenAddress> listening = Apply(Headless(1, Pod(1)), Headless(2, Pod(1)));

        Assert.Equal("10.65.0.2:5432", Assert.Single(listening).EndPoint.ToString());
    }

    [Fact]
    public void Nobody_is_let_in_to_a_pod_that_is_not_ready()
    {
        ListenAddress pod = Apply(Headless(1, Pod(1), Pod(2)))[0];

        Apply(Headless(1, Pod(1) with { Ready = false }, Pod(2)));

        Assert.Null(Enter(pod));
        Assert.Empty(router.Draining());
        Assert.False(pods.TryTell(Uid(1), Pod(1).Pod));
    }

    /// <summary>The drain covers what clients may keep: who was told of a pod a moment ago still comes to it, and until then it does not count as drained.</summary>
    [Fact]
    public void Who_was_told_of_a_pod_is_let_in_for_as_long_as_that_may_be_kept_and_the_pod_is_not_drained_before()
    {
        ListenAddress pod = Apply(Headless(1, Pod(1), Pod(2)))[0];
        Assert.True(pods.TryTell(Uid(1), Pod(1).Pod));
        time.Advance(TimeSpan.FromSeconds(1));

        Apply(Headless(1, Pod(1) with { Ready = false, Terminating = true }, Pod(2)));
        time.Advance(TimeSpan.FromSeconds(PodAddresses.TimeToLiveSeconds - 1));

        Assert.Equal(new DrainingEndpoint(Pod(1).Pod, 1), Assert.Single(router.Draining()));
        Assert.Equal(TimeSpan.FromSeconds(1), router.UntilNews(TimeSpan.FromSeconds(3)));
        Endpoint late = Enter(pod)!;
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(Enter(pod));
        Assert.Equal(new DrainingEndpoint(Pod(1).Pod, 1), Assert.Single(router.Draining()));
        late.Leave();
        Assert.Empty(router.Draining());
        Assert.Equal(TimeSpan.FromSeconds(3), router.UntilNews(TimeSpan.FromSeconds(3)));
    }

    [Fact]
    public void Who_was_told_of_a_pod_is_waited_for_also_when_no_slice_lists_it_any_more()
    {
        Apply(Headless(1, Pod(1), Pod(2)));
        Assert.True(pods.TryTell(Uid(1), Pod(1).Pod));

        Apply(Headless(1, Pod(2)));

        Assert.Equal(new DrainingEndpoint(Pod(1).Pod, 1), Assert.Single(router.Draining()));
        time.Advance(PodAddresses.ToldFor);
        Assert.Empty(router.Draining());
    }

    private string? AddressOf(int pod) => pods.Find(Pod(pod).Pod, Network)?.ToString();

    private static Endpoint? Enter(ListenAddress at) => at.Port.Enter(new RequestTraits(IPAddress.Loopback), []);

    private IReadOnlyList<ListenAddress> Apply(params ValueList<ServiceRoute> services) => router.Apply(new RouteTable { Store = "s", Revision = ++revision, Services = services });

    private static Guid Uid(int service) => new(0, 1, (short)service, new byte[8]);

    private static ServiceRoute Headless(int service, params ValueList<RouteEndpoint> endpoints) =>
        new() { Namespace = "default", Name = $"peers-{service}", Uid = Uid(service), Ports = [new PortRoute { Port = 5432, Protocol = RouteProtocol.Tcp, Endpoints = endpoints }] };

    private static RouteEndpoint Pod(int number) => RoutedPort.Pod("rs", number) with { Port = (10_000 + number) % 65_535, ContainerPort = 5432 };
}
