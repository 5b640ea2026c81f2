using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;
using ControlPlane.Infrastructure.Network;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;

namespace ControlPlane.Gateway.Tests;

public sealed class GatewayTests
{
    [Fact]
    public async Task Request_TwoReadyEndpoints_BothServe()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await using Backend b = await Backend.StartAsync("b");
        await world.RouteAsync(a.Ready, b.Ready);

        HashSet<string> names = [];
        for (int i = 0; i < 200 && names.Count < 2; i++)
        {
            names.Add(await world.GetAsync());
        }

        Assert.Equal(["a", "b"], names.Order());
    }

    [Fact]
    public async Task Request_NoEndpoint_Is503WithTheServiceInItsBody()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await world.RouteAsync();

        using HttpResponseMessage answer = await world.Client.GetAsync(world.Url);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("service default/hello:80 has no ready endpoint\n", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Request_EndpointThatCannotBeConnectedTo_IsServedByTheOther()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready, a.Ready with { Pod = Guid.NewGuid(), PodName = "gone", Port = FreePort.Find(IPAddress.Loopback) });

        for (int i = 0; i < 20; i++)
        {
            using HttpResponseMessage answer = await world.Client.PostAsync(world.Url, new StringContent("body"));
            Assert.Equal("a", await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task Request_ReachesThePodWithItsHostAndWhereItCameFrom()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready);

        Assert.Equal($"for=127.0.0.1 host=127.0.0.1:{world.NodePort} proto=http", await world.GetAsync("headers"));
    }

    /// <summary>Behind another proxy: the addresses before stay in their order, and what that proxy said of scheme and host is not overruled.</summary>
    [Theory]
    [InlineData("203.0.113.7", "for=203.0.113.7, 127.0.0.1")]
    [InlineData("203.0.113.7, 198.51.100.2", "for=203.0.113.7, 198.51.100.2, 127.0.0.1")]
    public async Task Request_ThatWasForwardedBefore_HasTheClientAppended(string before, string expected)
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready);
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(world.Url, "headers"));
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", before);
        request.Headers.TryAddWithoutValidation("X-Forwarded-Proto", "https");

        using HttpResponseMessage answer = await world.Client.SendAsync(request);

        Assert.Equal($"{expected} host=127.0.0.1:{world.NodePort} proto=https", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Request_ForwardedBeforeInSeveralHeaders_HasThemAllInOneAndTheClientAppended()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready);
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, world.NodePort);
        await client.GetStream().WriteAsync("GET /headers HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.7\r\nX-Forwarded-For: 198.51.100.2\r\nConnection: close\r\n\r\n"u8.ToArray());
        using StreamReader answer = new(client.GetStream());

        string forwarded = (await answer.ReadToEndAsync()).Split("for=")[1].Split(" host=")[0];

        Assert.Equal(["203.0.113.7", "198.51.100.2", "127.0.0.1"], forwarded.Split(',', StringSplitOptions.TrimEntries));
    }

    [Fact]
    public async Task Http2WithPriorKnowledge_IsForwardedAsHttp2()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a", HttpProtocols.Http2);
        await world.RouteAsync(a.Ready);

        using HttpRequestMessage request = new(HttpMethod.Get, world.Url) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using HttpResponseMessage answer = await world.Client.SendAsync(request);

        Assert.Equal("a", await answer.Content.ReadAsStringAsync());
        Assert.Equal(HttpVersion.Version20, answer.Version);
    }

    [Fact]
    public async Task Grpc_ACallThatFails_ItsStatusComesBehindItsMessages()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a", HttpProtocols.Http2);
        await world.RouteAsync(a.Ready);
        byte[] message = [0, 0, 0, 0, 2, 8, 1];

        using HttpRequestMessage call = new(HttpMethod.Post, new Uri(world.Url, "hello.Greeter/Say"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(message) { Headers = { ContentType = new("application/grpc") } },
            Headers = { TE = { new("trailers") } },
        };
        using HttpResponseMessage answer = await world.Client.SendAsync(call);

        Assert.Equal(message, await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal("application/grpc", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("5", Assert.Single(answer.TrailingHeaders.GetValues("grpc-status")));
        Assert.Equal("no such greeting", Assert.Single(answer.TrailingHeaders.GetValues("grpc-message")));
    }

    [Fact]
    public async Task WebSocket_IsCarried()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready);

        using ClientWebSocket socket = new();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{world.NodePort}/echo"), default);
        await socket.SendAsync("hi"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, default);
        byte[] buffer = new byte[10];
        WebSocketReceiveResult got = await socket.ReceiveAsync(buffer, default);

        Assert.Equal("hi", Encoding.UTF8.GetString(buffer, 0, got.Count));
    }

    /// <summary>Its pod takes nothing new, then its Service is gone: the connection goes on until one of its ends ends it, and counts as in flight so long.</summary>
    [Fact]
    public async Task WebSocket_WhoseEndpointAndServiceLeaveTheTable_GoesOn()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await using Backend b = await Backend.StartAsync("b");
        await world.RouteAsync(a.Ready);
        using ClientWebSocket socket = new();
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{world.NodePort}/echo"), default);
        Assert.Equal("1", await EchoAsync("1"));

        long left = world.Publish(RouteProtocol.Http, a.Ready with { Ready = false, Terminating = true }, b.Ready);
        await world.ControlPlane.AcknowledgedAsync(left);
        Assert.Equal("2", await EchoAsync("2"));
        Assert.Equal(new DrainingEndpoint(a.Pod, 1), Assert.Single(world.ControlPlane.Reports.First(report => report.Acknowledged == left).Draining));

        world.ControlPlane.Publish(new RouteTable { Store = "s", Revision = left + 1 });
        await world.ControlPlane.AcknowledgedAsync(left + 1);
        Assert.Equal("3", await EchoAsync("3"));
        Assert.Equal(new DrainingEndpoint(a.Pod, 1), Assert.Single(world.ControlPlane.Reports.First(report => report.Acknowledged == left + 1).Draining));

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        await Eventually.TrueAsync(() => world.ControlPlane.Reports.Last().Draining.Count == 0, "nothing is in flight any more");

        async Task<string> EchoAsync(string word)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(word), WebSocketMessageType.Text, endOfMessage: true, default);
            byte[] buffer = new byte[10];
            WebSocketReceiveResult got = await socket.ReceiveAsync(buffer, default);
            return Encoding.UTF8.GetString(buffer, 0, got.Count);
        }
    }

    [Fact]
    public async Task Acknowledgement_EndpointLeft_ComesWithWhatIsInFlightAndThenNone()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await using Backend b = await Backend.StartAsync("b");
        await world.RouteAsync(a.Ready);
        Task<string> held = world.GetAsync("held");
        await Eventually.TrueAsync(() => a.Held == 1, "the request is held");

        long left = world.Publish(RouteProtocol.Http, a.Ready with { Ready = false, Terminating = true }, b.Ready);
        await world.ControlPlane.AcknowledgedAsync(left);
        GatewayReport first = world.ControlPlane.Reports.First(report => report.Acknowledged == left);
        Assert.Equal(new DrainingEndpoint(a.Pod, 1), Assert.Single(first.Draining));
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal("b", await world.GetAsync());
        }

        a.LetGo();
        Assert.Equal("a", await held);
        await Eventually.TrueAsync(() => world.ControlPlane.Reports.Last() is { Draining.Count: 0 } last && last.Acknowledged == left, "nothing drains any more");
    }

    [Fact]
    public async Task Request_OnlyTerminatingEndpointThatServes_IsServed()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready);
        await world.RouteAsync(a.Ready with { Ready = false, Terminating = true });

        Assert.Equal("a", await world.GetAsync());

        await world.RouteAsync(a.Ready with { Ready = false, Terminating = true, Serving = false });
        using HttpResponseMessage answer = await world.Client.GetAsync(world.Url);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    /// <summary>A pod that has taken nothing new for a while may count as drained: it is stopped at any moment, and is no help to others that fail.</summary>
    [Fact]
    public async Task Request_TerminatingEndpointThatWasClosedOnce_IsNotServedByIt()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await using Backend b = await Backend.StartAsync("b");
        await world.RouteAsync(a.Ready, b.Ready);
        RouteEndpoint ending = a.Ready with { Ready = false, Terminating = true };
        await world.RouteAsync(ending, b.Ready);
        await world.RouteAsync(ending, b.Ready with { Ready = false, Serving = false });

        using HttpResponseMessage answer = await world.Client.GetAsync(world.Url);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    [Fact]
    public async Task TcpPort_ClientEndsItsHalf_TheOtherHalfGoesOn()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        using TcpListener pod = new(IPAddress.Loopback, 0);
        pod.Start();
        RouteEndpoint endpoint = new()
        {
            Pod = Guid.NewGuid(),
            PodName = "db",
            Node = "node-1",
            Address = "127.0.0.1",
            Port = ((IPEndPoint)pod.LocalEndpoint).Port,
            Ready = true,
            Serving = true,
        };
        await world.ControlPlane.AcknowledgedAsync(world.Publish(RouteProtocol.Tcp, endpoint));

        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, world.NodePort);
        using TcpClient server = await pod.AcceptTcpClientAsync();
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync("question"u8.ToArray());
        client.Client.Shutdown(SocketShutdown.Send);
        using StreamReader asked = new(server.GetStream(), leaveOpen: true);
        Assert.Equal("question", await asked.ReadToEndAsync());
        await server.GetStream().WriteAsync("answer"u8.ToArray());
        server.Client.Shutdown(SocketShutdown.Send);
        using StreamReader answered = new(stream);
        Assert.Equal("answer", await answered.ReadToEndAsync());
    }

    [Fact]
    public async Task Start_ControlPlaneAway_ServesTheLastTable()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready);
        await Eventually.TrueAsync(() => File.Exists(world.TableFile), "the table is kept");
        await world.ControlPlane.DisposeAsync();
        await world.Gateway.StopAsync();

        await world.StartGatewayAsync();

        Assert.Equal("a", await world.GetAsync());
    }

    /// <summary>While it was away nobody waited for its word: what the table on disk lists may have been stopped, and its port another Service's pod's.</summary>
    [Fact]
    public async Task Start_ATableOnDisk_ServesByTheControlPlanesFromTheFirstRequestOn()
    {
        // As long as it takes on a busy machine.
        await using GatewayWorld world = await GatewayWorld.StartAsync(options => options with { NewsPatience = TimeSpan.FromSeconds(60) });
        await using Backend former = await Backend.StartAsync("former");
        await using Backend present = await Backend.StartAsync("present");
        await world.RouteAsync(former.Ready);
        await world.Gateway.StopAsync();
        world.Publish(RouteProtocol.Http, present.Ready);
        (world.ControlPlane.Refuses, world.ControlPlane.TakesTime) = (2, TimeSpan.FromMilliseconds(300));

        await world.StartGatewayAsync();

        Assert.Equal("present", await world.GetAsync());
    }

    /// <summary>The control plane hangs: the table on disk is served after a moment.</summary>
    [Fact]
    public async Task Start_ControlPlaneSilent_ServesTheLastTable()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready);
        await world.Gateway.StopAsync();
        world.ControlPlane.IsSilent = true;

        await world.StartGatewayAsync();

        Assert.Equal("a", await world.GetAsync());
    }

    /// <summary>What a pod is stopped upon outlives this gateway: the next one starts from it.</summary>
    [Fact]
    public async Task Acknowledgement_OfATable_ComesOnceItIsOnDisk()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        for (int i = 0; i < 20; i++)
        {
            long revision = world.Publish(RouteProtocol.Http, a.Ready);
            await world.ControlPlane.AcknowledgedAsync(revision);
            Assert.Equal(revision, ResourceJson.Deserialize<RouteTable>(await File.ReadAllTextAsync(world.TableFile)).Revision);
        }
    }

    [Fact]
    public async Task EmptyTable_OfAnotherStore_TheRoutesStayAlsoAfterARestart()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready);
        world.ControlPlane.Publish(new RouteTable { Store = "another", Revision = 1 });
        await Eventually.TrueAsync(() => world.ControlPlane.Reports.Any(report => report is { Store: "another", Acknowledged: 1 }), "the other store's table is acknowledged");

        Assert.Equal("a", await world.GetAsync());

        await world.Gateway.StopAsync();
        await world.StartGatewayAsync();
        Assert.Equal("a", await world.GetAsync());

        RouteTable confirmed = new() { Store = "another", Revision = 2, ReplacedStores = [new ReplacedStores("node-1", ["s"])] };
        world.ControlPlane.Publish(confirmed);
        await Eventually.TrueAsync(() => world.ControlPlane.Reports.Any(report => report is { Store: "another", Acknowledged: 2 }), "the confirmation is acknowledged");
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => world.GetAsync());
    }

    [Fact]
    public async Task Stop_RequestInFlight_IsAnswered()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready);
        Task<string> held = world.GetAsync("held");
        await Eventually.TrueAsync(() => a.Held == 1, "the request is held");

        Task stopped = world.Gateway.StopAsync();
        a.LetGo();

        Assert.Equal("a", await held);
        await stopped;
        Assert.True(world.ControlPlane.Reports.Last().IsLast);
    }

    [Fact]
    public async Task Successor_UnderLoad_TakesOverWithoutALostRequest()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend a = await Backend.StartAsync("a");
        await world.RouteAsync(a.Ready);
        using CancellationTokenSource enough = new();
        Load kept = new(world.Url, closes: false);
        Load fresh = new(world.Url, closes: true);
        Task running = Task.WhenAll(kept.RunAsync(enough.Token), kept.RunAsync(enough.Token), fresh.RunAsync(enough.Token), fresh.RunAsync(enough.Token));

        for (int i = 0; i < 3; i++)
        {
            int before = kept.Requests + fresh.Requests;
            WebApplication old = world.Gateway;
            await world.StartGatewayAsync();
            Task ended = old.WaitForShutdownAsync();
            await Eventually.TrueAsync(() => ended.IsCompleted, "the one before has drained and ended");
            await Eventually.TrueAsync(() => kept.Requests + fresh.Requests > before + 50, "the successor serves");
        }

        await enough.CancelAsync();
        await running;
        Assert.Equal((0, 0), (kept.Failures, fresh.Failures));
    }
}
