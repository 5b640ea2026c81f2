using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using static ControlPlane.Domain.Tests.Planning.Routing.EndpointsWorld;

namespace ControlPlane.Domain.Tests.Planning.Routing;

/// <summary>What gateways are told of a Web.</summary>
public sealed class RoutesTests
{
    [Fact]
    public void Routes_SayWhereEachPortLeads()
    {
        Pod pod = Pod("a", 41000);
        State state = Settle(Web, [pod]);

        ServiceRoute route = Routes.Of(Web, state.Slices, _ => pod);

        PortRoute port = Assert.Single(route.Ports);
        Assert.Equal(("127.96.0.1", 80, 30080, RouteProtocol.Http), (route.ClusterIP, port.Port, port.NodePort, port.Protocol));
        RouteEndpoint endpoint = Assert.Single(port.Endpoints);
        Assert.Equal((Guid.Parse(pod.Uid), "127.0.1.1", 41000, true, false, "web"), (endpoint.Pod, endpoint.Address, endpoint.Port, endpoint.Ready, endpoint.Terminating, endpoint.ReplicaSet));
    }

    [Theory]
    [InlineData(null, null, RouteProtocol.Http)]
    [InlineData("http", null, RouteProtocol.Http)]
    [InlineData("tcp", null, RouteProtocol.Tcp)]
    [InlineData("tcp-db", null, RouteProtocol.Tcp)]
    [InlineData("tcpdb", null, RouteProtocol.Tcp)]
    [InlineData("db-tcp", null, RouteProtocol.Http)]
    [InlineData("https", "https", RouteProtocol.Tcp)]
    [InlineData("web", "HTTPS", RouteProtocol.Tcp)]
    [InlineData("web", "kubernetes.io/wss", RouteProtocol.Tcp)]
    [InlineData("web", "example.com/unheard-of", RouteProtocol.Tcp)]
    [InlineData("web", "mysql", RouteProtocol.Tcp)]
    [InlineData("web", "HTTP", RouteProtocol.Http)]
    [InlineData("web", "http2", RouteProtocol.Http)]
    [InlineData("web", "h2c", RouteProtocol.Http)]
    [InlineData("web", "grpc", RouteProtocol.Http)]
    [InlineData("web", "grpc-web", RouteProtocol.Http)]
    [InlineData("web", "ws", RouteProtocol.Http)]
    [InlineData("tcp-web", "kubernetes.io/ws", RouteProtocol.Http)]
    [InlineData("tcp", "http", RouteProtocol.Http)]
    [InlineData("db", "tcp", RouteProtocol.Tcp)]
    [InlineData("web", "kubernetes.io/h2c", RouteProtocol.Http)]
    public void ProtocolOf_IsSaidByTheAppProtocol_ElseByTheName(string? name, string? appProtocol, RouteProtocol expected) =>
        Assert.Equal(expected, Routes.ProtocolOf(new ServicePort { Name = name, AppProtocol = appProtocol, Port = 1 }, isHeadless: false));

    [Theory]
    [InlineData(null, null, RouteProtocol.Tcp)]
    [InlineData("postgres", null, RouteProtocol.Tcp)]
    [InlineData("http", null, RouteProtocol.Http)]
    [InlineData("grpc-peers", null, RouteProtocol.Http)]
    [InlineData("httpd", null, RouteProtocol.Tcp)]
    [InlineData("http", "tcp", RouteProtocol.Tcp)]
    [InlineData("peers", "kubernetes.io/h2c", RouteProtocol.Http)]
    public void ProtocolOf_AHeadlessService_IsBytesUnlessRequestsAreSaid(string? name, string? appProtocol, RouteProtocol expected) =>
        Assert.Equal(expected, Routes.ProtocolOf(new ServicePort { Name = name, AppProtocol = appProtocol, Port = 1 }, isHeadless: true));

    /// <summary>The container's own port is what a client of a headless Service connects to; the hostname is the pod's where the Service is its domain.</summary>
    [Theory]
    [InlineData("None", "web", 8080, "first")]
    [InlineData("None", "other", 8080, null)]
    [InlineData("127.96.0.1", "web", null, null)]
    public void Routes_OfAHeadlessService_SayTheContainersPortAndThePodsHostname(string clusterIP, string subdomain, int? port, string? hostname)
    {
        Pod pod = Pod("a", 41000);
        pod = pod with { Spec = pod.Spec with { Hostname = "first", Subdomain = subdomain } };
        Service service = Web with { Spec = Web.Spec with { ClusterIP = clusterIP } };

        RouteEndpoint endpoint = Assert.Single(Routes.Of(service, Settle(service, [pod]).Slices, _ => pod).Ports[0].Endpoints);

        Assert.Equal((41000, port, hostname), (endpoint.Port, endpoint.ContainerPort, endpoint.Hostname));
    }

    [Theory]
    [InlineData("http", 8080)]
    [InlineData("other", null)]
    [InlineData(null, 80)]
    public void Routes_OfAHeadlessService_SayWhatItsTargetPortMeansInThePod_WhateverItsNodePublishesByNow(string? target, int? port)
    {
        Pod pod = Pod("a", 41000);
        Service service = Web with { Spec = Web.Spec with { ClusterIP = "None", Ports = [Web.Spec.Ports[0] with { TargetPort = target is null ? (IntOrString?)null : new IntOrString(target) }] } };
        EndpointSlice[] slices = [.. Settle(Web, [pod]).Slices];
        Pod restarted = pod with { Status = pod.Status! with { HostPorts = [pod.Status.HostPorts[0] with { Port = 41001 }] } };

        Assert.Equal(port, Assert.Single(Routes.Of(service, slices, _ => restarted).Ports[0].Endpoints).ContainerPort);
    }

    [Theory]
    [InlineData("30s", 30_000)]
    [InlineData("0", null)]
    [InlineData(null, null)]
    public void Routes_SayHowLongPodsStartSlowly(string? annotation, int? milliseconds)
    {
        Service service = annotation is null ? Web : Web with { Metadata = Web.Metadata with { Annotations = Web.Metadata.Annotations.SetItem(SlowStart.Annotation, annotation) } };

        Assert.Equal(milliseconds, Routes.Of(service, [], _ => null).SlowStartMs);
    }

    [Fact]
    public void Routes_OfASliceThatSaysLittle_AssumeWhatKubernetesDoes()
    {
        EndpointSlice slice = new()
        {
            Metadata = new ObjectMeta { Name = "by-hand", Namespace = TestWorld.Namespace },
            Ports = [new EndpointSlicePort { Port = 9000 }],
            Endpoints = [new Endpoint { Addresses = ["10.0.0.2", "10.0.0.1"] }, new Endpoint { Addresses = ["10.0.0.3"], Conditions = new EndpointConditions { Ready = false, Terminating = true } }],
        };

        PortRoute port = Assert.Single(Routes.Of(Web, [slice], _ => null).Ports);

        Assert.Equal([("10.0.0.2", true, true, false), ("10.0.0.1", true, true, false), ("10.0.0.3", false, false, true)],
            port.Endpoints.Select(endpoint => (endpoint.Address, endpoint.Ready, endpoint.Serving, endpoint.Terminating)));
        Assert.All(port.Endpoints, endpoint => Assert.Equal((Guid.Empty, "", "", null), (endpoint.Pod, endpoint.PodName, endpoint.Node, endpoint.ReplicaSet)));
    }

    [Fact]
    public void Routes_OfAPodThatNoReplicaSetHas_NameNone()
    {
        Pod pod = Pod("a", 41000);
        State state = Settle(Web, [pod]);
        Pod bare = pod with { Metadata = pod.Metadata with { OwnerReferences = [Make.Owner("Job", Owner)] } };

        Assert.Null(Routes.Of(Web, state.Slices, _ => bare).Ports[0].Endpoints[0].ReplicaSet);
        Assert.Empty(Routes.Of(Web with { Spec = Web.Spec with { Ports = [Web.Spec.Ports[0] with { Name = "other" }] } }, state.Slices, _ => bare).Ports[0].Endpoints);
    }

    [Theory]
    [InlineData("ClientIP", SessionAffinity.ClientIP)]
    [InlineData("None", SessionAffinity.None)]
    [InlineData(null, SessionAffinity.None)]
    public void Routes_SayTheAffinityAndNoAddressOfAHeadlessService(string? affinity, SessionAffinity expected)
    {
        Service service = Web with
        {
            Spec = Web.Spec with { ClusterIP = "None", SessionAffinity = affinity, SessionAffinityConfig = new SessionAffinityConfig { ClientIP = new ClientIPConfig { TimeoutSeconds = 7 } } },
        };

        ServiceRoute route = Routes.Of(service, [], _ => null);

        Assert.Equal((null, expected, 7), (route.ClusterIP, route.SessionAffinity, route.AffinityTimeoutSeconds));
    }
}
