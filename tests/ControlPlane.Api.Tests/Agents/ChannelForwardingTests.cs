using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Agents.Streams;

namespace ControlPlane.Api.Tests.Agents;

/// <summary><c>portforward</c> as older clients ask for it: a WebSocket with two channels for each port that the query names.</summary>
[Collection(ApiCollection.Name)]
public sealed class ChannelForwardingTests(ApiServer api) : IAsyncLifetime
{
    private const string Protocol = "v4.channel.k8s.io";

    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    private readonly TestedAgent agentSide = new(api);
    private string pod = "";

    public async Task InitializeAsync() => pod = await agentSide.StartPodAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>Kubernetes takes both spellings of a list.</summary>
    [Theory]
    [InlineData("ports=80,81")]
    [InlineData("ports=80&ports=81")]
    public async Task Ports_EachHaveTheirChannels_AndOneThatFailsLeavesTheOther(string query)
    {
        using ClientWebSocket client = new();
        client.Options.AddSubProtocol(Protocol);
        client.Options.SetRequestHeader("Authorization", api.Admin.DefaultRequestHeaders.Authorization!.ToString());
        UriBuilder address = new(new Uri(api.Admin.BaseAddress!, $"{pod}/portforward?{query}")) { Scheme = "ws" };
        await client.ConnectAsync(address.Uri, CancellationToken.None).WaitAsync(Within);
        List<(int, string)> heads = [await ReceiveAsync(client), await ReceiveAsync(client), await ReceiveAsync(client), await ReceiveAsync(client)];
        Assert.Equal([(0, "P\0"), (1, "P\0"), (2, "Q\0"), (3, "Q\0")], heads);

        IReadOnlyList<StreamRequest> asked = await agentSide.AskedForAsync(count: 2);
        Assert.Equal([80, 81], asked.Select(request => request.PortForward!.Port).Order());
        using StringContent reason = new("connection refused");
        using HttpResponseMessage told = await api.Agent.PostAsync($"/agent/v1/streams/{Of(asked, 81)}?status=502", reason);
        (int channel, string text) = await ReceiveAsync(client);
        Assert.Equal(3, channel);
        Assert.Matches("^error forwarding port 81 to pod p, uid .*: .*connection refused$", text);

        await using StreamConnection agent = new(await agentSide.DialAsync(Of(asked, 80)));
        await client.SendAsync(new ArraySegment<byte>([0, .. "ping"u8]), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        byte[] heard = new byte[4];
        await agent[StreamChannels.Data].ReadExactlyAsync(heard).AsTask().WaitAsync(Within);
        Assert.Equal("ping", Encoding.UTF8.GetString(heard));
        await agent[StreamChannels.Data].WriteAsync("pong"u8.ToArray());
        Assert.Equal((0, "pong"), await ReceiveAsync(client));
    }

    [Theory]
    [InlineData("", "query parameter \"ports\" is required")]
    [InlineData("?ports=", "unable to parse \"\" as a port (1-65535)")]
    [InlineData("?ports=80,x", "unable to parse \"x\" as a port (1-65535)")]
    [InlineData("?ports=0", "unable to parse \"0\" as a port (1-65535)")]
    [InlineData("?ports=80&ports=65536", "unable to parse \"65536\" as a port (1-65535)")]
    public async Task Ports_ThatAreNone_AreRefusedBeforeTheUpgrade(string query, string why)
    {
        using HttpRequestMessage upgrade = Upgrades.ToWebSocket($"{pod}/portforward{query}", Protocol);

        using HttpResponseMessage answer = await api.Admin.SendAsync(upgrade);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(why, (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["message"]!, StringComparison.Ordinal);
    }

    private static string Of(IReadOnlyList<StreamRequest> asked, int port) => asked.Single(request => request.PortForward!.Port == port).Id;

    private static async Task<(int Channel, string Text)> ReceiveAsync(ClientWebSocket client)
    {
        byte[] buffer = new byte[4096];
        ValueWebSocketReceiveResult received = await client.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).AsTask().WaitAsync(Within);
        Assert.Equal((WebSocketMessageType.Binary, true), (received.MessageType, received.EndOfMessage));
        return (buffer[0], Encoding.UTF8.GetString(buffer.AsSpan(1, received.Count - 1)));
    }
}
