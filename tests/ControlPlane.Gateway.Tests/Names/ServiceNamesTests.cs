using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Names;

namespace ControlPlane.Gateway.Tests.Names;

public class ServiceNamesTests
{
    public static readonly NodeNetwork Network = new() { Bridge = "cp-1", Address = "10.64.0.1", Services = "10.65.0.0" };

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
                Ports = [new PortRoute { Name = "http", Port = 80, Endpoints = Endpoints(("10.0.0.7", 40_001, true)) }],
            },
            new ServiceRoute
            {
                Namespace = "shop",
                Name = "peers",
                Uid = new Guid(2, 0, 0, new byte[8]),
                Ports =
                [
                    new PortRoute
                    {
                        Name = "http",
                        Port = 80,
                        Endpoints = Endpoints(("10.0.0.7", 40_002, true), ("10.0.0.7", 40_003, true), ("10.0.0.8", 40_004, true), ("10.0.0.9", 40_005, false), ("127.0.1.1", 40_006, true)),
                    },
                ],
            },
        ],
    };

    [Theory]
    [InlineData("orders.shop.svc.cluster.local", "A", "10.65.3.9")]
    [InlineData("orders.shop.svc.cluster.local", "Aaaa", "")]
    [InlineData("peers.shop.svc.cluster.local", "A", "10.0.0.7 10.0.0.8")]
    [InlineData("_http._tcp.orders.shop.svc.cluster.local", "Srv", "orders.shop.svc.cluster.local:80")]
    [InlineData("_http._tcp.peers.shop.svc.cluster.local", "Srv", "peers.shop.svc.cluster.local:40002 peers.shop.svc.cluster.local:40003 peers.shop.svc.cluster.local:40004 peers.shop.svc.cluster.local:40006")]
    [InlineData("_http._tcp.orders.shop.svc.cluster.local", "A", "")]
    [InlineData("_tcp.orders.shop.svc.cluster.local", "A", "")]
    [InlineData("shop.svc.cluster.local", "A", "")]
    [InlineData("svc.cluster.local", "A", "")]
    [InlineData("cluster.local", "A", "")]
    public void Resolve_ANameThatThereIs_HasItsRecords(string name, string type, string records)
    {
        DnsAnswer answer = ServiceNames.Resolve(Ask.Query(name, Enum.Parse<RecordType>(type)), Table, Network);

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
    [InlineData("_https._tcp.orders.shop.svc.cluster.local")]
    [InlineData("_http._udp.orders.shop.svc.cluster.local")]
    [InlineData("orders.shop.cluster.local")]
    [InlineData("example.org.cluster.local")]
    public void Resolve_ANameThatThereIsNot_IsANameError(string name) =>
        Assert.Equal(ResponseCode.NameError, ServiceNames.Resolve(Ask.Query(name), Table, Network).Code);

    [Theory]
    [InlineData("example.org", false)]
    [InlineData("notcluster.local", false)]
    [InlineData("cluster.local", true)]
    [InlineData("a.cluster.local", true)]
    public void Has_TellsOwnNamesFromOthers(string name, bool own) => Assert.Equal(own, ServiceNames.Has(name));

    private static ValueList<RouteEndpoint> Endpoints(params (string Address, int Port, bool Ready)[] endpoints) =>
        [.. endpoints.Select((one, i) => new RouteEndpoint { Pod = new Guid(i, 0, 0, new byte[8]), Address = one.Address, Port = one.Port, Ready = one.Ready, Serving = one.Ready })];
}
