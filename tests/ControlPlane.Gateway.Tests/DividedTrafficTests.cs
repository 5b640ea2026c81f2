using System.Net;
using System.Net.Sockets;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Traffic;
using ControlPlane.Infrastructure.Network;

namespace ControlPlane.Gateway.Tests;

/// <summary>Shares, header routes and figures, as clients, the control plane and Prometheus see them.</summary>
public sealed class DividedTrafficTests
{
    [Fact]
    public async Task Request_HeaderRoute_GoesToItsReplicaSetAndTakesNoTurn()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend stable = await Backend.StartAsync("stable");
        await using Backend canary = await Backend.StartAsync("canary");
        HeaderRoute byHeader = new() { ReplicaSet = "canary", Match = [new HeaderMatch { Header = "X-Track", Exact = "canary" }] };
        HeaderRoute byCookie = new() { ReplicaSet = "canary", Match = [new HeaderMatch { Cookie = "beta", Prefix = "y" }] };
        HeaderRoute toNobody = new() { ReplicaSet = "gone", Match = [new HeaderMatch { Header = "X-Track", Exact = "gone" }] };
        await world.RouteAsync(
            service => service with { Shares = [new TrafficShare("stable", 900), new TrafficShare("canary", 100)], HeaderRoutes = [byHeader, byCookie, toNobody] },
            stable.Ready with { ReplicaSet = "stable" }, canary.Ready with { ReplicaSet = "canary" });

        List<string> others = [];
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal("canary", await AskAsync("X-Track", "canary"));
            Assert.Equal("canary", await AskAsync("Cookie", "a=b; beta=yes"));
            others.Add(await AskAsync("X-Track", i % 2 == 0 ? "gone" : "else"));
        }

        Assert.Equal(2, others.Count(name => name == "canary"));

        async Task<string> AskAsync(string name, string value)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, world.Url);
            request.Headers.TryAddWithoutValidation(name, value);
            using HttpResponseMessage answer = await world.Client.SendAsync(request);
            return await answer.Content.ReadAsStringAsync();
        }
    }

    [Fact]
    public async Task Report_AnsweredAndFailedRequests_AreCounted()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready with { ReplicaSet = "rs" });
        for (int i = 0; i < 5; i++)
        {
            await world.GetAsync();
        }

        using (HttpResponseMessage failed = await world.Client.GetAsync(new Uri(world.Url, "status/503")))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, failed.StatusCode);
        }

        using (HttpResponseMessage missing = await world.Client.GetAsync(new Uri(world.Url, "status/404")))
        {
            Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        }

        Task<string> held = world.GetAsync("held");
        await Eventually.TrueAsync(() => FiguresOf(world, a) is { Requests: 7, InFlight: 1 }, "seven have ended, one is held");
        TrafficFigures figures = FiguresOf(world, a)!;
        Assert.Equal(("rs", 1L, 7L), (figures.ReplicaSet, figures.Failures, figures.Latency.Sum()));
        Assert.Equal(TrafficFigures.LatencyBounds.Count + 1, figures.Latency.Count);
        Assert.Equal(GatewayWorld.ServiceUid, figures.Service);
        a.LetGo();
        await held;
    }

    [Fact]
    public async Task Report_CutAnswer_IsAFailureAndAClientThatLeavesIsNone()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => world.GetAsync("cut"));
        await Eventually.TrueAsync(() => FiguresOf(world, a) is { Requests: 1, Failures: 1 }, "the cut answer is a failure");

        // The headers of a cut answer may be lost with its connection, and then tell no latency.
        long told = FiguresOf(world, a)!.Latency.Sum();

        using CancellationTokenSource leaving = new();
        Task<HttpResponseMessage> left = world.Client.GetAsync(new Uri(world.Url, "held"), leaving.Token);
        await Eventually.TrueAsync(() => a.Held == 1, "the request is held");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);

        await Eventually.TrueAsync(
            () => FiguresOf(world, a) is { Requests: 1, InFlight: 0, Failures: 1 } figures && figures.Latency.Sum() == told + 1,
            "the client that left soon is no failure and no success, and its time is known");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("body")]
    public async Task Report_AClientThatGivesUpOnAPodThatHangs_IsAFailure(string? body)
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready);
        using HttpClient impatient = new() { Timeout = PodTraffic.PatienceMin + TimeSpan.FromSeconds(5) };
        using HttpRequestMessage request = new(body is null ? HttpMethod.Get : HttpMethod.Post, new Uri(world.Url, "held")) { Content = body is null ? null : new StringContent(body) };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient.SendAsync(request));

        await Eventually.TrueAsync(() => FiguresOf(world, a) is { Requests: 1, InFlight: 0, Failures: 1 }, "the pod has failed its client");
        Assert.Equal(1, FiguresOf(world, a)!.Latency.Skip(TrafficFigures.LatencyBounds.Count(bound => bound <= 5_000)).Sum());
    }

    [Fact]
    public async Task Report_NoEndpointCanBeConnectedTo_IsOneFailure()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        RouteEndpoint gone = new()
        {
            Pod = Guid.NewGuid(),
            PodName = "gone",
            Address = "127.0.0.1",
            Port = FreePort.Find(IPAddress.Loopback),
            Ready = true,
            Serving = true,
        };
        await world.RouteAsync(gone, gone with { Pod = Guid.NewGuid(), Port = FreePort.Find(IPAddress.Loopback) });

        using HttpResponseMessage answer = await world.Client.GetAsync(world.Url);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        await Eventually.TrueAsync(
            () => world.ControlPlane.Reports.Last().Traffic is { Count: 2 } traffic && traffic.Sum(pod => pod.Requests) == 1 && traffic.Sum(pod => pod.Failures) == 1,
            "one failure of the two");
    }

    [Theory]
    [InlineData(RouteProtocol.Http)]
    [InlineData(RouteProtocol.Tcp)]
    public async Task Report_RequestsThatNoEndpointWasThereFor_AreTheServicesFailures(RouteProtocol protocol)
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync(options => options with { MetricsPort = FreePort.Find(IPAddress.Loopback) });
        await world.ControlPlane.AcknowledgedAsync(world.Publish(protocol));
        Assert.Contains("controlplane_gateway_failures_total{namespace=\"default\",service=\"hello\",replicaset=\"\",pod=\"\"} 0\n", await MetricsAsync(), StringComparison.Ordinal);
        Assert.Empty(world.ControlPlane.Reports.Last().Traffic);
        for (int i = 0; i < 3; i++)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => world.GetAsync());
        }

        await Eventually.TrueAsync(
            () => world.ControlPlane.Reports.Last().Traffic is [{ Requests: 3, Failures: 3, InFlight: 0, ReplicaSet: "" } none] && none.Pod == Guid.Empty && none.Service == GatewayWorld.ServiceUid,
            "three failures of the Service");
        string text = await MetricsAsync();
        Assert.Contains("controlplane_gateway_requests_total{namespace=\"default\",service=\"hello\",replicaset=\"\",pod=\"\"} 3\n", text, StringComparison.Ordinal);
        Assert.Contains("controlplane_gateway_failures_total{namespace=\"default\",service=\"hello\",replicaset=\"\",pod=\"\"} 3\n", text, StringComparison.Ordinal);

        async Task<string> MetricsAsync() => await world.Client.GetStringAsync(new Uri($"http://127.0.0.1:{world.Options.MetricsPort}/metrics"));
    }

    [Fact]
    public async Task Report_TcpConnections_AreCountedWithoutLatency()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.ControlPlane.AcknowledgedAsync(world.Publish(RouteProtocol.Tcp, a.Ready));
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, world.NodePort);

        await Eventually.TrueAsync(() => FiguresOf(world, a) is { Requests: 1, Failures: 0, InFlight: 1, Latency.IsEmpty: true }, "the connection is counted");
    }

    [Fact]
    public async Task Metrics_AfterARequest_AreWhatPrometheusReads()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync(options => options with { MetricsPort = FreePort.Find(IPAddress.Loopback) });
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready with { ReplicaSet = "rs" });
        await world.GetAsync();
        Uri metrics = new($"http://127.0.0.1:{world.Options.MetricsPort}/metrics");

        const string Labels = """namespace="default",service="hello",replicaset="rs",pod="a" """;
        string labels = Labels.TrimEnd();
        string[] lines = [];
        await Eventually.TrueAsync(
            async () => (lines = (await world.Client.GetStringAsync(metrics)).Split('\n')).Contains($"controlplane_gateway_requests_total{{{labels}}} 1"),
            "the request is counted");

        Assert.Contains($"controlplane_gateway_failures_total{{{labels}}} 0", lines);
        Assert.Contains($"controlplane_gateway_in_flight{{{labels}}} 0", lines);
        Assert.Contains($"controlplane_gateway_response_seconds_bucket{{{labels},le=\"60\"}} 1", lines);
        Assert.Contains($"controlplane_gateway_response_seconds_bucket{{{labels},le=\"+Inf\"}} 1", lines);
        Assert.Contains($"controlplane_gateway_response_seconds_count{{{labels}}} 1", lines);
        Assert.Contains("# TYPE controlplane_gateway_response_seconds histogram", lines);
        using HttpResponseMessage elsewhere = await world.Client.GetAsync(new Uri(metrics, "/"));
        Assert.Equal(HttpStatusCode.NotFound, elsewhere.StatusCode);
    }

    /// <summary>The gateways of two control planes on one machine, each with a port of its own at one address: neither has to do with the other.</summary>
    [Fact]
    public async Task Metrics_OfTwoControlPlanesAtOneAddress_AreReadAtEachOnesPort()
    {
        await using GatewayWorld one = await GatewayWorld.StartAsync(options => options with { MetricsPort = FreePort.Find(IPAddress.Loopback) });
        await one.RouteAsync();
        await using GatewayWorld two = await GatewayWorld.StartAsync(options => options with { MetricsPort = FreePort.Find(IPAddress.Loopback) });
        await two.RouteAsync();

        foreach (GatewayWorld world in new[] { one, two })
        {
            Assert.Contains("controlplane_gateway_requests_total", await world.Client.GetStringAsync(new Uri($"http://127.0.0.1:{world.Options.MetricsPort}/metrics")), StringComparison.Ordinal);
        }
    }

    private static TrafficFigures? FiguresOf(GatewayWorld world, Backend backend) =>
        world.ControlPlane.Reports.LastOrDefault()?.Traffic.FirstOrDefault(pod => pod.Pod == backend.Pod);
}
