using System.Net;
using System.Net.Sockets;
using System.Text;
using ControlPlane.Gateway.Forwarding;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ControlPlane.Gateway.Tests;

/// <summary>Paths and queries reach a pod as the client wrote them.</summary>
public sealed class RequestTargetTests
{
    private static readonly UriCreationOptions AsItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public static TheoryData<string> Targets =>
    [
        "/projects/group%2Fname", "/@scope%2fpkg", "/a%252Fb", "/100%25", "/a%20b+c", "/%C3%A9t%C3%A9/%e6%97%a5", "/a/./b/../c", "/a/%2e%2e/b", "/a//b", "//a", "/%7Euser/~user", "/a;v=1,2:3@4!$&'()*",
        "/?q=a%2Fb&q=%26", "/a?b?c=/../d", "/a?x=\"<>^`{|}", "/a?%00%zz%", "/a[1]|b\\c", "/a?",
    ];

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Target_OverHttp1_ReachesThePodAsItCame(string target)
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend pod = await Backend.StartAsync("a");
        await world.RouteAsync(pod.Ready);

        Assert.Equal(target, await AskAsync(world, target));
    }

    [Theory]
    [InlineData("http://hello/a%2Fb?c", "/a%2Fb?c")]
    [InlineData("http://hello?c=/d", "/?c=/d")]
    [InlineData("http://hello", "/")]
    public async Task Target_InAbsoluteForm_ReachesThePodWithoutItsAuthority(string target, string expected)
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend pod = await Backend.StartAsync("a");
        await world.RouteAsync(pod.Ready);

        Assert.Equal(expected, await AskAsync(world, target));
    }

    [Fact]
    public async Task Target_OverHttp2_ReachesThePodAsItCame()
    {
        await using GatewayWorld world = await GatewayWorld.StartAsync();
        await using Backend pod = await Backend.StartAsync("a", HttpProtocols.Http2);
        await world.RouteAsync(pod.Ready);
        const string Target = "/a%2Fb/../%7Ec?d=%2f%25";
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri($"http://127.0.0.1:{world.NodePort}{Target}", AsItIs))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Add("X-Say", "target");

        using HttpResponseMessage answer = await world.Client.SendAsync(request);

        Assert.Equal(Target, await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("*")]
    [InlineData("hello:443")]
    [InlineData("")]
    public void Target_WithoutAPath_HasNoOriginForm(string target) => Assert.Null(RequestTarget.OriginForm(target));

    private static async Task<string> AskAsync(GatewayWorld world, string target)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, world.NodePort);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: hello\r\nX-Say: target\r\nConnection: close\r\n\r\n"));
        using StreamReader answer = new(client.GetStream());
        string[] parts = (await answer.ReadToEndAsync()).Split("\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", parts[0], StringComparison.Ordinal);
        return parts[1].Contains("\r\n", StringComparison.Ordinal) ? parts[1].Split("\r\n")[1] : parts[1];
    }
}
