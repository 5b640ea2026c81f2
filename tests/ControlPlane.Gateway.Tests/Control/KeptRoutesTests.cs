using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Control;

namespace ControlPlane.Gateway.Tests.Control;

/// <summary>Routes when the control plane's database is another one.</summary>
public sealed class KeptRoutesTests
{
    private static readonly RouteEndpoint A = Endpoint(1);
    private static readonly RouteEndpoint B = Endpoint(2);

    [Fact]
    public void Carry_AnEmptyTableOfAnotherStore_KeepsEveryRoute()
    {
        RouteTable next = KeptRoutes.Carry(Table("old", 50, Service(1, A, B)), Table("new", 3), "node-1");

        Assert.Equal(("new", 3), (next.Store, next.Revision));
        Assert.Equal(new KeptRoute("old", Service(1, A, B)), Assert.Single(next.Kept));
        Assert.Equal(Service(1, A, B), Assert.Single(KeptRoutes.Effective(next)));
    }

    [Fact]
    public void Carry_AnEmptyTableOfTheSameStore_KeepsNothing()
    {
        RouteTable next = KeptRoutes.Carry(Table("s", 50, Service(1, A)), Table("s", 51), "node-1");

        Assert.Empty(KeptRoutes.Effective(next));
    }

    [Fact]
    public void Carry_TableAfterTable_KeepsUntilTheNewStoreHasAReadyEndpointForThatName()
    {
        RouteTable empty = KeptRoutes.Carry(Table("old", 50, Service(1, A)), Table("new", 3), "node-1");
        RouteTable declared = KeptRoutes.Carry(empty, Table("new", 4, Service(2)), "node-1");
        Assert.Equal([Service(2), Service(1, A)], KeptRoutes.Effective(declared));

        RouteTable starting = KeptRoutes.Carry(declared, Table("new", 5, Service(2, B with { Ready = false })), "node-1");
        Assert.Equal(2, KeptRoutes.Effective(starting).Count);

        RouteTable serving = KeptRoutes.Carry(starting, Table("new", 6, Service(2, B)), "node-1");
        Assert.Equal(Service(2, B), Assert.Single(KeptRoutes.Effective(serving)));

        RouteTable later = KeptRoutes.Carry(serving, Table("new", 7, Service(2)), "node-1");
        Assert.Equal(Service(2), Assert.Single(KeptRoutes.Effective(later)));
    }

    [Theory]
    [InlineData("node-1", "old", false)]
    [InlineData("node-1", "other", true)]
    [InlineData("node-2", "old", true)]
    public void Carry_APersonConfirmed_KeepsWhatWasNotMeant(string node, string store, bool isKept)
    {
        RouteTable kept = KeptRoutes.Carry(Table("old", 50, Service(1, A)), Table("new", 3), "node-1");

        RouteTable next = KeptRoutes.Carry(kept, Table("new", 4) with { ReplacedStores = [new ReplacedStores(node, [store])] }, "node-1");

        Assert.Equal(isKept, next.Kept.Count == 1);
    }

    [Fact]
    public void Carry_TheOldStoreComesBack_ItsOwnTableHolds()
    {
        RouteTable kept = KeptRoutes.Carry(Table("old", 50, Service(1, A)), Table("new", 3), "node-1");

        RouteTable back = KeptRoutes.Carry(kept, Table("old", 51), "node-1");

        Assert.Empty(KeptRoutes.Effective(back));
    }

    /// <summary>Else a pod that the new store stops would get requests after its table was acknowledged.</summary>
    [Fact]
    public void Carry_APodThatTheNewStoreKnows_IsLeftToIt()
    {
        RouteTable next = KeptRoutes.Carry(Table("old", 50, Service(1, A, B)), Table("new", 3, Service(1, A with { Ready = false, Terminating = true })), "node-1");

        ServiceRoute effective = Assert.Single(KeptRoutes.Effective(next));
        Assert.Equal([A with { Ready = false, Terminating = true }, B], effective.Ports[0].Endpoints);

        RouteTable gone = KeptRoutes.Carry(next, Table("new", 4, Service(1)), "node-1");
        Assert.Equal([B], Assert.Single(KeptRoutes.Effective(gone)).Ports[0].Endpoints);
    }

    /// <summary>A store restored from before a port was added, renamed or moved: nobody who is served may be refused because of that.</summary>
    [Theory]
    [InlineData("80", "80", "80:A")]
    [InlineData("80", "80 web", "80:A")]
    [InlineData("80 http", "80 web", "80:A")]
    [InlineData("80 http", "8080 http", "8080:A 80:A")]
    [InlineData("80", "8080", "8080: 80:A")]
    [InlineData("80 http", "80 http, 443 tls", "80:A 443:")]
    [InlineData("80 http, 443 tls", "80 http", "80:A 443:B")]
    [InlineData("80 http, 443 tls", "443 http, 80 tls", "443:B 80:A")]
    public void Effective_PortsOfARestoredServiceAreOthers_EveryOldPortStaysAndNewOnesFollow(string before, string now, string expected)
    {
        ServiceRoute old = Service(1) with { Ports = [.. Ports(before).Select((port, i) => port with { Endpoints = [i == 0 ? A : B] })] };

        RouteTable next = KeptRoutes.Carry(Table("old", 50, old), Table("new", 3, Service(1) with { Ports = [.. Ports(now)] }), "node-1");

        ServiceRoute effective = Assert.Single(KeptRoutes.Effective(next));
        Assert.Equal(expected, string.Join(' ', effective.Ports.Select(port => $"{port.Port}:{string.Concat(port.Endpoints.Select(endpoint => endpoint == A ? "A" : "B"))}")));
    }

    private static IEnumerable<PortRoute> Ports(string text) => text.Split(", ").Select(port => port.Split(' ')).Select(port => new PortRoute
    {
        Port = int.Parse(port[0], System.Globalization.CultureInfo.InvariantCulture),
        Name = port.Length > 1 ? port[1] : null,
    });

    private static RouteTable Table(string store, long revision, params ServiceRoute[] services) =>
        new() { Store = store, Revision = revision, Services = [.. services] };

    private static ServiceRoute Service(int uid, params RouteEndpoint[] endpoints) => new()
    {
        Namespace = "default",
        Name = "hello",
        Uid = new Guid(uid, 0, 0, new byte[8]),
        Ports = [new PortRoute { Port = 80, NodePort = 30_080, Endpoints = [.. endpoints] }],
    };

    private static RouteEndpoint Endpoint(int number) =>
        new() { Pod = new Guid(number, 1, 1, new byte[8]), Address = "127.0.0.1", Port = 40_000 + number, Ready = true, Serving = true };
}
