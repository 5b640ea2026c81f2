using System.Net;
using System.Net.Sockets;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Forwarding;
using ControlPlane.Gateway.Traffic;
using ControlPlane.Infrastructure.Network;
using Microsoft.Extensions.Logging.Abstractions;
using Endpoint = ControlPlane.Gateway.Traffic.Endpoint;

namespace ControlPlane.Gateway.Tests.Traffic;

/// <summary>Pods that could not be connected to: others get the requests for a while.</summary>
public sealed class LeftOutTests
{
    private readonly SteppedTime time = new();
    private readonly RoutedPort port;
    private readonly Connector connector;
    private readonly RouteEndpoint gone = RoutedPort.Pod("rs", 1) with { Port = FreePort.Find(IPAddress.Loopback) };
    private readonly RouteEndpoint other = RoutedPort.Pod("rs", 2);

    public LeftOutTests()
    {
        port = new RoutedPort(time);
        connector = new Connector(time, NullLogger<Connector>.Instance);
    }

    [Fact]
    public async Task A_pod_that_refused_a_connection_gets_nothing_for_five_seconds_and_its_part_again_then()
    {
        port.Apply([gone, other]);
        await RefuseAsync();
        Assert.Equal([other.Pod], Chosen());

        time.Advance(Endpoint.LeftOutFor - TimeSpan.FromMilliseconds(1));
        Assert.Equal([other.Pod], Chosen());
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal([gone.Pod, other.Pod], Chosen());
    }

    [Fact]
    public async Task A_pod_that_refuses_again_is_left_out_again_from_then_on()
    {
        port.Apply([gone, other]);
        await RefuseAsync();
        time.Advance(Endpoint.LeftOutFor);
        await RefuseAsync();
        time.Advance(Endpoint.LeftOutFor - TimeSpan.FromMilliseconds(1));

        Assert.Equal([other.Pod], Chosen());
    }

    [Fact]
    public async Task A_pod_that_accepts_again_is_connected_to_after_that()
    {
        port.Apply([gone, other]);
        Endpoint endpoint = await RefuseAsync();
        using TcpListener listener = new(IPAddress.Loopback, gone.Port);
        listener.Start();
        time.Advance(Endpoint.LeftOutFor);

        using Socket? socket = await connector.TryConnectAsync(endpoint, default);

        Assert.NotNull(socket);
        Assert.Equal([gone.Pod, other.Pod], Chosen());
    }

    [Fact]
    public async Task A_table_that_lists_it_still_takes_it_back_no_sooner()
    {
        port.Apply([gone, other]);
        await RefuseAsync();
        port.Apply([gone, other, RoutedPort.Pod("rs", 3)]);

        Assert.DoesNotContain(gone.Pod, Chosen());
    }

    [Fact]
    public async Task The_only_pod_is_tried_though_it_is_left_out()
    {
        port.Apply([gone]);
        await RefuseAsync();

        Assert.Equal([gone.Pod], Chosen());
    }

    [Fact]
    public void A_pod_that_fails_fast_often_enough_is_left_out_and_one_that_answers_between_is_not()
    {
        port.Apply([gone, other]);
        Endpoint endpoint = EndpointOf(gone);
        Fail(endpoint, Endpoint.FaultsMax - 1);
        endpoint.Answered(isFault: false);
        Fail(endpoint, Endpoint.FaultsMax - 1);
        Assert.Equal([gone.Pod, other.Pod], Chosen());

        Fail(endpoint, 1);
        Assert.Equal([other.Pod], Chosen());
    }

    [Fact]
    public void Its_next_fault_leaves_it_out_again_until_it_answers()
    {
        port.Apply([gone, other]);
        Endpoint endpoint = EndpointOf(gone);
        Fail(endpoint, Endpoint.FaultsMax);
        time.Advance(Endpoint.LeftOutFor);
        Assert.Equal([gone.Pod, other.Pod], Chosen());
        Fail(endpoint, 1);
        Assert.Equal([other.Pod], Chosen());

        time.Advance(Endpoint.LeftOutFor);
        endpoint.Answered(isFault: false);
        Fail(endpoint, 1);
        Assert.Equal([gone.Pod, other.Pod], Chosen());
    }

    [Fact]
    public void Pods_that_all_fail_are_equal_again()
    {
        port.Apply([gone, other]);
        Fail(EndpointOf(gone), Endpoint.FaultsMax);
        Fail(EndpointOf(other), Endpoint.FaultsMax);

        Assert.Equal([gone.Pod, other.Pod], Chosen());
    }

    private static void Fail(Endpoint endpoint, int times)
    {
        for (int i = 0; i < times; i++)
        {
            endpoint.Answered(isFault: true);
        }
    }

    /// <summary>The pods that 100 requests go to.</summary>
    private Guid[] Chosen() => [.. Enumerable.Range(0, 100).Select(_ => port.Request()!.Pod).Distinct().Order()];

    private Endpoint EndpointOf(RouteEndpoint pod)
    {
        List<Endpoint> entered = [];
        while (port.Port.Enter(new RequestTraits(IPAddress.Loopback), entered) is { } next)
        {
            entered.Add(next);
        }

        entered.ForEach(endpoint => endpoint.Leave());
        return entered.Single(item => item.Route.Pod == pod.Pod);
    }

    private async Task<Endpoint> RefuseAsync()
    {
        Endpoint endpoint = EndpointOf(gone);
        Assert.Null(await connector.TryConnectAsync(endpoint, default));
        return endpoint;
    }
}
