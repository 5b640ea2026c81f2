using System.Net;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Control;
using ControlPlane.Gateway.Names;
using ControlPlane.Gateway.Traffic;
using Microsoft.Extensions.Logging.Abstractions;
using Endpoint = ControlPlane.Gateway.Traffic.Endpoint;

namespace ControlPlane.Gateway.Tests.Traffic;

/// <summary>One port of a Service as a router has it: who would get a request, without any network.</summary>
internal sealed class RoutedPort
{
    private static readonly GatewayOptions Options = new() { Server = new Uri("http://127.0.0.1"), TokenFile = "", NodeName = "node-1", DataFolder = "" };

    private readonly Router router;
    private long revision;

    public RoutedPort(TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        Meter = new TrafficMeter(time);
        router = new Router(Options, new NodeNetworks(Options, time, NullLogger<NodeNetworks>.Instance), new PodAddresses(), Meter, time, NullLogger<Router>.Instance);
    }

    public TrafficMeter Meter { get; }

    public ServicePort Port { get; private set; } = null!;

    public static RouteEndpoint Pod(string replicaSet, int number) => new()
    {
        Pod = new Guid(number, 0, 0, new byte[8]),
        PodName = $"{replicaSet}-{number}",
        ReplicaSet = replicaSet,
        Address = "127.0.0.1",
        Port = 10_000 + number,
        Ready = true,
        Serving = true,
    };

    /// <summary>Applies a table with this one port.</summary>
    public void Apply(IEnumerable<RouteEndpoint> endpoints, params IEnumerable<TrafficShare> shares) =>
        Apply(new ServiceRoute { Namespace = "default", Name = "hello", Uid = new Guid(1, 2, 3, new byte[8]), Shares = [.. shares] }, endpoints);

    public void Apply(ServiceRoute service, IEnumerable<RouteEndpoint> endpoints)
    {
        ValueList<PortRoute> ports = [new PortRoute { Port = 80, NodePort = 30_080, Endpoints = [.. endpoints] }];
        RouteTable table = new() { Store = "s", Revision = ++revision, Services = [service with { Ports = ports }] };
        Port = router.Apply(table).Single().Port;
    }

    /// <summary>What a successor is told of clients, and what it makes of it.</summary>
    public ValueList<KeptClients> Clients
    {
        get => router.Clients();
        init => router.Restore(value);
    }

    /// <summary>One request, which ends at once; the endpoint that got it.</summary>
    public RouteEndpoint? Request(IPAddress? client = null)
    {
        Endpoint? endpoint = Port.Enter(new RequestTraits(client ?? IPAddress.Loopback), []);
        endpoint?.Leave();
        return endpoint?.Route;
    }

    /// <summary>The ReplicaSets that so many requests went to, in their order.</summary>
    public IReadOnlyList<string> Requests(int count) => [.. Enumerable.Range(0, count).Select(_ => Request()?.ReplicaSet ?? "none")];
}
