using System.Net;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Hosting;
using ControlPlane.Infrastructure.Network;
using ControlPlane.Testing;
using Microsoft.AspNetCore.Builder;

namespace ControlPlane.Gateway.Tests;

/// <summary>A gateway beside a fake control plane, with one Service on a free port.</summary>
internal sealed class GatewayWorld : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new("gateway");
    private readonly List<WebApplication> gateways = [];
    private long revision;

    /// <summary>The Service's uid.</summary>
    public static readonly Guid ServiceUid = new("11111111-2222-3333-4444-555555555555");

    private GatewayWorld(FakeControlPlane controlPlane, Func<GatewayOptions, GatewayOptions> configure)
    {
        ControlPlane = controlPlane;
        Options = configure(new GatewayOptions
        {
            Server = controlPlane.Url,
            TokenFile = Path.Combine(folder.Path, "node.token"),
            NodeName = "node-1",
            DataFolder = folder.Path,
            Drain = TimeSpan.FromSeconds(5),

            // A successor that waits for less gives up on a machine that is busy with other tests.
            HandOverPatience = TimeSpan.FromSeconds(60),
        });
    }

    public GatewayOptions Options { get; }

    public FakeControlPlane ControlPlane { get; }

    public int NodePort { get; } = FreePort.Find(IPAddress.Loopback);

    public HttpClient Client { get; } = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(30) };

    public Uri Url => new($"http://127.0.0.1:{NodePort}/");

    public string TableFile => Path.Combine(folder.Path, "routes.json");

    public static async Task<GatewayWorld> StartAsync(Func<GatewayOptions, GatewayOptions>? configure = null)
    {
        GatewayWorld world = new(await FakeControlPlane.StartAsync(), configure ?? (options => options));
        await File.WriteAllTextAsync(Path.Combine(world.folder.Path, "node.token"), FakeControlPlane.Token);
        await world.StartGatewayAsync();
        return world;
    }

    public async Task<WebApplication> StartGatewayAsync()
    {
        WebApplication gateway = GatewayHost.Build(Options);
        gateways.Add(gateway);
        await gateway.StartAsync();
        return gateway;
    }

    public WebApplication Gateway => gateways[^1];

    /// <summary>Publishes a table and returns its revision.</summary>
    public long Publish(RouteProtocol protocol, params RouteEndpoint[] endpoints) => Publish(protocol, service => service, endpoints);

    /// <summary>The same with a Service that is more than its ports.</summary>
    public long Publish(RouteProtocol protocol, Func<ServiceRoute, ServiceRoute> configure, params RouteEndpoint[] endpoints)
    {
        revision++;
        PortRoute port = new() { Port = 80, NodePort = NodePort, Protocol = protocol, Endpoints = [.. endpoints] };
        ServiceRoute service = new() { Namespace = "default", Name = "hello", Uid = ServiceUid, Ports = [port] };
        ControlPlane.Publish(new RouteTable { Store = "s", Revision = revision, Services = [configure(service)] });
        return revision;
    }

    public async Task RouteAsync(params RouteEndpoint[] endpoints) => await ControlPlane.AcknowledgedAsync(Publish(RouteProtocol.Http, endpoints));

    public async Task RouteAsync(Func<ServiceRoute, ServiceRoute> configure, params RouteEndpoint[] endpoints) =>
        await ControlPlane.AcknowledgedAsync(Publish(RouteProtocol.Http, configure, endpoints));

    public async Task<string> GetAsync(string path = "") => await Client.GetStringAsync(new Uri(Url, path));

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        foreach (WebApplication gateway in gateways)
        {
            await gateway.StopAsync();
            await gateway.DisposeAsync();
        }

        await ControlPlane.DisposeAsync();
        folder.Dispose();
    }
}
