using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Tests.Routing;

public sealed class RoutingJsonTests
{
    private static readonly Guid Pod = new("11111111-2222-3333-4444-555555555555");

    [Fact]
    public void Deserialize_RouteTableThatWasSerialized_IsTheSame()
    {
        RouteTable table = new()
        {
            Store = "s",
            Revision = 17,
            Services =
            [
                new ServiceRoute
                {
                    Namespace = "default",
                    Name = "hello",
                    Uid = Pod,
                    ClusterIP = "127.96.0.1",
                    SessionAffinity = SessionAffinity.ClientIP,
                    AffinityTimeoutSeconds = 10800,
                    Ports =
                    [
                        new PortRoute
                        {
                            Name = "tcp-db",
                            Port = 80,
                            NodePort = 30080,
                            Protocol = RouteProtocol.Tcp,
                            Endpoints = [new RouteEndpoint { Pod = Pod, PodName = "hello-1", Node = "node-1", Address = "127.0.1.1", Port = 4711, Ready = true, Serving = true }],
                        },
                    ],
                    Shares = [new TrafficShare("hello-a", 875), new TrafficShare("hello-b", 125)],
                    HeaderRoutes = [new HeaderRoute { ReplicaSet = "hello-b", Match = [new HeaderMatch { Header = "X-Try", Exact = "new" }, new HeaderMatch { Cookie = "who", Regex = "a.*" }] }],
                },
            ],
        };

        string json = ResourceJson.Serialize(table);

        Assert.Equal(table, ResourceJson.Deserialize<RouteTable>(json));
        Assert.Contains("\"protocol\":\"Tcp\"", json, StringComparison.Ordinal);
        Assert.Contains("\"sessionAffinity\":\"ClientIP\"", json, StringComparison.Ordinal);
    }

    /// <summary>Nothing empty is written: what may be empty must not be required.</summary>
    [Fact]
    public void Deserialize_WhatHasNothingToSay_IsTheSame()
    {
        GatewayReport first = new() { Instance = "i", Acknowledged = 0 };
        RouteEndpoint foreign = new() { Pod = Guid.Empty, Address = "127.0.0.1", Port = 1 };

        Assert.Equal(first, ResourceJson.Deserialize<GatewayReport>(ResourceJson.Serialize(first)));
        Assert.Equal(foreign, ResourceJson.Deserialize<RouteEndpoint>(ResourceJson.Serialize(foreign)));
    }

    [Fact]
    public void Deserialize_GatewayReportThatWasSerialized_IsTheSame()
    {
        ValueList<long> latency = [.. TrafficFigures.LatencyBounds.Select(bound => (long)bound), 1];
        GatewayReport report = new()
        {
            Instance = "i",
            Store = "s",
            Acknowledged = 17,
            Sequence = 3,
            Draining = [new DrainingEndpoint(Pod, 2)],
            Traffic = [new TrafficFigures { Service = Pod, ReplicaSet = "hello-a", Pod = Pod, Requests = 10, Failures = 1, InFlight = 2, Latency = latency }],
        };

        Assert.Equal(report, ResourceJson.Deserialize<GatewayReport>(ResourceJson.Serialize(report)));
    }
}
