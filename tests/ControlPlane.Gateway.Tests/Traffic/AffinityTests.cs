using System.Net;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Control;
using ControlPlane.Gateway.Traffic;
using Endpoint = ControlPlane.Gateway.Traffic.Endpoint;

namespace ControlPlane.Gateway.Tests.Traffic;

/// <summary>How long clients stay with their pods (Kubernetes: sessionAffinityConfig.clientIP.timeoutSeconds).</summary>
public sealed class AffinityTests
{
    private static readonly RouteEndpoint[] Pods = [RoutedPort.Pod("rs", 1), RoutedPort.Pod("rs", 2)];

    [Theory]
    [InlineData(60, 59, true)]
    [InlineData(60, 60, false)]
    [InlineData(null, 10_799, true)]
    [InlineData(null, 10_800, false)]
    public void A_client_stays_with_its_pod_until_it_was_silent_for_so_long(int? timeoutSeconds, int silentSeconds, bool stays)
    {
        SteppedTime time = new();
        RoutedPort port = Kept(time, timeoutSeconds);
        Endpoint own = Hold(port);

        time.Advance(TimeSpan.FromSeconds(silentSeconds));

        Assert.Equal(stays, port.Request()!.Pod == own.Route.Pod);
    }

    [Fact]
    public void Each_request_begins_the_time_anew()
    {
        SteppedTime time = new();
        RoutedPort port = Kept(time, 60);
        Endpoint own = Hold(port);
        for (int i = 0; i < 5; i++)
        {
            time.Advance(TimeSpan.FromSeconds(59));
            Assert.Equal(own.Route.Pod, port.Request()!.Pod);
        }

        time.Advance(TimeSpan.FromSeconds(60));
        Assert.NotEqual(own.Route.Pod, port.Request()!.Pod);
    }

    [Fact]
    public void Another_clients_requests_keep_nobody_elses()
    {
        SteppedTime time = new();
        RoutedPort port = Kept(time, 60);
        Endpoint own = Hold(port);
        time.Advance(TimeSpan.FromSeconds(59));
        port.Request(IPAddress.Parse("10.0.0.9"));
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.NotEqual(own.Route.Pod, port.Request()!.Pod);
    }

    [Theory]
    [InlineData(9, true)]
    [InlineData(10, false)]
    public void A_successor_keeps_a_client_for_what_is_left_of_its_time(int later, bool stays)
    {
        SteppedTime time = new();
        RoutedPort port = Kept(time, 60);
        Endpoint own = Hold(port);
        time.Advance(TimeSpan.FromSeconds(50));

        RoutedPort successor = Kept(time, 60, port.Clients);
        // One request in flight to its pod and none to the other: whoever is not kept goes there.
        Endpoint[] held = [.. ((string[])["10.0.0.9", "10.0.0.10"]).Select(client => successor.Port.Enter(new RequestTraits(IPAddress.Parse(client)), [])!)];
        held.Single(endpoint => endpoint.Route.Pod != own.Route.Pod).Leave();
        time.Advance(TimeSpan.FromSeconds(later));

        Assert.Equal(stays, successor.Request()!.Pod == own.Route.Pod);
    }

    [Fact]
    public void A_successor_sends_a_client_elsewhere_whose_pod_is_gone()
    {
        SteppedTime time = new();
        RoutedPort port = Kept(time, 60);
        Endpoint own = Hold(port);

        RoutedPort successor = Kept(time, 60, port.Clients, [.. Pods.Where(pod => pod.Pod != own.Route.Pod)]);

        Assert.NotEqual(own.Route.Pod, successor.Request()!.Pod);
    }

    /// <summary>A request that does not end: whoever is not kept there goes to the other pod.</summary>
    private static Endpoint Hold(RoutedPort port)
    {
        Endpoint held = port.Port.Enter(new RequestTraits(IPAddress.Loopback), [])!;
        Assert.Equal(held.Route.Pod, port.Request()!.Pod);
        return held;
    }

    private static RoutedPort Kept(SteppedTime time, int? timeoutSeconds, ValueList<KeptClients> clients = default, RouteEndpoint[]? pods = null)
    {
        RoutedPort port = new(time) { Clients = clients };
        port.Apply(
            new ServiceRoute { Namespace = "default", Name = "hello", Uid = new Guid(1, 2, 3, new byte[8]), SessionAffinity = SessionAffinity.ClientIP, AffinityTimeoutSeconds = timeoutSeconds },
            pods ?? Pods);
        return port;
    }
}
