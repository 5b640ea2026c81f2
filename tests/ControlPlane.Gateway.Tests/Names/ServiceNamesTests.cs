using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Names;
using ControlPlane.Gateway.Traffic;
using Endpoint = ControlPlane.Gateway.Traffic.Endpoint;

namespace ControlPlane.Gateway.Tests.Names;

public class ServiceNamesTests
{
    public static readonly NodeNetwork Network = new() { Bridge = "cp-1", Address = "10.64.0.1", Services = "10.65.0.0" };

    private static readonly Guid Peers = new(2, 0, 0, new byte[8]);

    public static readonly RouteTable Table = new()
    {
        Store = "s",
        Revision = 1,
        Services =
        [
            new ServiceRoute
            {
                Namespace = "shop",
                Name = "orders",
                Uid = new Guid(1, 0, 0, new byte[8]),
                ClusterIP = "127.96.3.9",
                Ports = [new PortRoute { Name = "http", Port = 80, Endpoints = [ByHand("10.0.0.7", 40_001)] }],
            },
            new ServiceRoute
            {
                Namespace = "shop",
                Name = "peers",
                Uid = Peers,
                Ports =
                [
                    new PortRoute { Name = "db", Port = 80, Endpoints = [Pod(1, 5432, "first"), Pod(2, 5432), Pod(3, 5432) with { Ready = false }, ByHand("192.0.2.9", 5433), ByHand("127.0.1.1", 5434)] },
                    new PortRoute { Name = "metrics", Port = 90, Endpoints = [Pod(1, 9090, "first")] },
                ],
            },
        ],
    };

    [Theory]
    [InlineData("orders.shop.svc.cluster.local", "A", "10.65.3.9")]
    [InlineData("orders.shop.svc.cluster.local", "Aaaa", "")]
    [InlineData("peers.shop.svc.cluster.local", "A", "10.65.0.2 10.65.0.3 192.0.2.9")]
    [InlineData("10-65-0-3.peers.shop.svc.cluster.local", "A", "10.65.0.3")]
    [InlineData("192-0-2-9.peers.shop.svc.cluster.local", "A", "192.0.2.9")]
    [InlineData("first.peers.shop.svc.cluster.local", "A", "10.65.0.2")]
    [InlineData("first.peers.shop.svc.cluster.local", "Srv", "")]
    [InlineData("_http._tcp.orders.shop.svc.cluster.local", "Srv", "orders.shop.svc.cluster.local:80")]
    [InlineData("_db._tcp.peers.shop.svc.cluster.local", "Srv",
        "10-65-0-2.peers.shop.svc.cluster.local:5432 10-65-0-3.peers.shop.svc.cluster.local:5432 192-0-2-9.peers.shop.svc.cluster.local:5433")]
    [InlineData("_metrics._tcp.peers.shop.svc.cluster.local", "Srv", "10-65-0-2.peers.shop.svc.cluster.local:9090")]
    [InlineData("_tcp.peers.shop.svc.cluster.local", "Srv", "")]
    [InlineData("_http._tcp.orders.shop.svc.cluster.local", "A", "")]
    [InlineData("_tcp.orders.shop.svc.cluster.local", "A", "")]
    [InlineData("shop.svc.cluster.local", "A", "")]
    [InlineData("svc.cluster.local", "A", "")]
    [InlineData("cluster.local", "A", "")]
    public void Resolve_ANameThatThereIs_HasItsRecords(string name, string type, string records)
    {
        DnsAnswer answer = ServiceNames.Resolve(Ask.Query(name, Enum.Parse<RecordType>(type)), Table, Network, Pods());

        Assert.Equal(ResponseCode.NoError, answer.Code);
        Assert.Equal(records, string.Join(' ', answer.Records.Select(record => record switch
        {
            DnsRecord.Address address => address.IP.ToString(),
            DnsRecord.Server server => $"{server.Target}:{server.Port}",
            _ => throw new ArgumentException(record.ToString()),
        })));
    }

    [Theory]
    [InlineData("orders.other.svc.cluster.local")]
    [InlineData("other.svc.cluster.local")]
    [InlineData("nobody.shop.svc.cluster.local")]
    [InlineData("x.orders.shop.svc.cluster.local")]
    [InlineData("10-65-3-9.orders.shop.svc.cluster.local")]
    [InlineData("10-65-0-4.peers.shop.svc.cluster.local")]
    [InlineData("second.peers.shop.svc.cluster.local")]
    [InlineData("127-0-1-1.peers.shop.svc.cluster.local")]
    [InlineData("_http._tcp.peers.shop.svc.cluster.local")]
    [InlineData("_https._tcp.orders.shop.svc.cluster.local")]
    [InlineData("_http._udp.orders.shop.svc.cluster.local")]
    [InlineData("orders.shop.cluster.local")]
    [InlineData("example.org.cluster.local")]
    public void Resolve_ANameThatThereIsNot_IsANameError(string name) =>
        Assert.Equal(ResponseCode.NameError, ServiceNames.Resolve(Ask.Query(name), Table, Network, Pods()).Code);

    [Theory]
    [InlineData("example.org", false)]
    [InlineData("notcluster.local", false)]
    [InlineData("cluster.local", true)]
    [InlineData("a.cluster.local", true)]
    public void Has_TellsOwnNamesFromOthers(string name, bool own) => Assert.Equal(own, ServiceNames.Has(name));

    [Theory]
    [InlineData("orders.shop.svc.cluster.local", 5)]
    [InlineData("peers.shop.svc.cluster.local", 2)]
    [InlineData("_db._tcp.peers.shop.svc.cluster.local", 2)]
    [InlineData("second.peers.shop.svc.cluster.local", 2)]
    public void Resolve_WhatIsToldOfPods_MayBeKeptForLess(string name, int seconds) =>
        Assert.Equal(seconds, ServiceNames.Resolve(Ask.Query(name), Table, Network, Pods()).TimeToLiveSeconds);

    /// <summary>The table still lists it, for the gateway has only just closed it.</summary>
    [Fact]
    public void Resolve_APodThatTakesNothingNew_IsNotTold()
    {
        PodAddresses pods = Pods(closed: 2);

        DnsAnswer answer = ServiceNames.Resolve(Ask.Query("peers.shop.svc.cluster.local"), Table, Network, pods);

        Assert.Equal(["10.65.0.2", "192.0.2.9"], answer.Records.Cast<DnsRecord.Address>().Select(record => record.IP.ToString()));
    }

    /// <summary>The addresses of the table's pods: 10.65.0.2 is pod 1's, for pod 0's would be the first that there is.</summary>
    internal static PodAddresses Pods(int closed = 0)
    {
        PodAddresses pods = new();
        IEnumerable<RouteEndpoint> owned = Table.Services.Single(service => service.Uid == Peers).Ports[0].Endpoints.Where(endpoint => endpoint.Pod != Guid.Empty);
        pods.Set(Table.Services, owned.ToDictionary(endpoint => (Peers, endpoint.Pod), endpoint =>
        {
            Endpoint open = new(endpoint, new TrafficMeter(TimeProvider.System).Of(Table.Services[1], endpoint), TimeProvider.System, () => { });
            open.Open(endpoint.Ready && endpoint.Pod != PodUid(closed));
            return new[] { open };
        }));
        return pods;
    }

    private static Guid PodUid(int number) => new(number, 0, 0, new byte[8]);

    private static RouteEndpoint Pod(int number, int port, string? hostname = null) => new()
    {
        Pod = PodUid(number),
        Address = "127.0.1.1",
        Port = 40_000 + number,
        ContainerPort = port,
        Hostname = hostname,
        Ready = true,
        Serving = true,
    };

    private static RouteEndpoint ByHand(string address, int port) => new() { Pod = Guid.Empty, Address = address, Port = port, Ready = true, Serving = true };
}
