using System.Net;
using System.Net.WebSockets;
using System.Text;
using ControlPlane.Api.Tests.Hosting;
using ControlPlane.Api.Tests.Wire.Spdy;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Agents.Streams;

namespace ControlPlane.Api.Tests.Agents;

/// <summary><c>portforward</c>, with the test as client and agent.</summary>
[Collection(ApiCollection.Name)]
public sealed class PortForwardTests(ApiServer api) : IAsyncLifetime
{
    private const string Version = "portforward.k8s.io";
    private const string Tunnel = $"SPDY/3.1+{Version}";

    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    private readonly TestedAgent agentSide = new(api);
    private string pod = "";

    public async Task InitializeAsync() => pod = await agentSide.StartPodAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connection_CarriesBytesBothWays_AndOneThatFailsSaysWhyAndLeavesTheSession(bool inWebSocket)
    {
        using SpdyClient client = new(inWebSocket ? await TunnelAsync() : await UpgradeAsync());

        (int error, int data) = await OpenPairAsync(client, 81, "0");
        StreamRequest refused = await agentSide.AskedForAsync();
        Assert.Equal((StreamTypes.PortForward, 81), (refused.Type, refused.PortForward!.Port));
        using StringContent reason = new("connection refused");
        using HttpResponseMessage told = await api.Agent.PostAsync($"/agent/v1/streams/{refused.Id}?status=502", reason);
        Dictionary<int, string> ended = await client.ReceiveAllAsync(error, data);
        Assert.StartsWith($"error forwarding port 81 to pod p, uid {refused.PodUid}: ", ended[error], StringComparison.Ordinal);
        Assert.EndsWith("connection refused", ended[error], StringComparison.Ordinal);
        Assert.Equal("", ended[data]);

        (error, data) = await OpenPairAsync(client, 80, "1");
        await client.DataAsync(data, "ping"u8.ToArray(), isLast: true);
        StreamRequest request = await agentSide.AskedForAsync();
        Assert.Equal(80, request.PortForward!.Port);
        await using StreamConnection agent = new(await agentSide.DialAsync(request.Id));
        byte[] heard = new byte[5];
        Assert.Equal(4, await agent[StreamChannels.Data].ReadAtLeastAsync(heard, 5, throwOnEndOfStream: false).AsTask().WaitAsync(Within));
        Assert.Equal("ping", Encoding.UTF8.GetString(heard, 0, 4));
        await agent[StreamChannels.Data].WriteAsync("pong"u8.ToArray());
        await agent[StreamChannels.Data].EndAsync();
        await agent[StreamChannels.Error].EndAsync();

        ended = await client.ReceiveAllAsync(error, data);
        Assert.Equal(("", "pong"), (ended[error], ended[data]));
        await agent.Closed.WaitAsync(Within);
    }

    [Fact]
    public async Task Agent_ThatIsCutOff_EndsItsConnectionWithAReason()
    {
        using SpdyClient client = new(await UpgradeAsync());
        (int error, int data) = await OpenPairAsync(client, 80, "0");
        StreamConnection agent = new(await agentSide.DialAsync((await agentSide.AskedForAsync()).Id));

        await agent.DisposeAsync();

        Assert.Contains("was broken off", (await client.ReceiveAllAsync(error, data))[error], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_ThatGoes_EndsTheAgentsSide()
    {
        SpdyClient client = new(await UpgradeAsync());
        await OpenPairAsync(client, 80, "0");
        await using StreamConnection agent = new(await agentSide.DialAsync((await agentSide.AskedForAsync()).Id));

        client.Dispose();

        await agent.Closed.WaitAsync(Within);
    }

    [Theory]
    [InlineData("streamType", "data")]
    [InlineData("port", "0")]
    [InlineData("port", "x")]
    [InlineData("port", "81")]
    public async Task Streams_ThatAreNoPair_EndTheSession(string header, string value)
    {
        using SpdyClient client = new(await UpgradeAsync());
        await client.OpenAsync(("streamType", "data"), ("port", "80"), ("requestID", "0"));
        Dictionary<string, string> second = new() { ["streamType"] = "error", ["port"] = "80", ["requestID"] = "0" };
        second[header] = value;

        await client.OpenAsync([.. second.Select(one => (one.Key, one.Value))]);

        Assert.Equal(ControlPlane.Api.Wire.Spdy.SpdyFrameType.GoAway, (await client.ReceiveAsync()).Head.Type);
    }

    [Theory]
    [InlineData("SPDY/3.1", "portforward.k8s.io/v2", "the client's protocols are [portforward.k8s.io/v2]")]
    [InlineData("h2c", Version, "Upgrade request required")]
    public async Task Request_ThatCannotBeServed_IsRefusedBeforeTheUpgrade(string protocol, string version, string why)
    {
        using HttpResponseMessage answer = await AskAsync(protocol, version);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(why, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WebSocket_OfAnotherProtocol_IsRefused()
    {
        WebSocketException refused = await Assert.ThrowsAsync<WebSocketException>(() => TunnelAsync("v4.channel.k8s.io"));
        Assert.Contains("400", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<(int Error, int Data)> OpenPairAsync(SpdyClient client, int port, string request)
    {
        (string Name, string Value)[] common = [("port", $"{port}"), ("requestID", request)];
        int error = await client.OpenAsync([("streamType", "error"), .. common]);
        await client.DataAsync(error, [], isLast: true);
        return (error, await client.OpenAsync([("streamType", "data"), .. common]));
    }

    private async Task<Stream> UpgradeAsync()
    {
        HttpResponseMessage upgraded = await AskAsync("SPDY/3.1", Version);
        Assert.Equal(HttpStatusCode.SwitchingProtocols, upgraded.StatusCode);
        return await upgraded.Content.ReadAsStreamAsync();
    }

    private async Task<HttpResponseMessage> AskAsync(string protocol, string version)
    {
        using HttpRequestMessage upgrade = Upgrades.ToSpdy($"{pod}/portforward", version, protocol);
        return await api.Admin.SendAsync(upgrade, HttpCompletionOption.ResponseHeadersRead);
    }

    private async Task<Stream> TunnelAsync(string protocol = Tunnel)
    {
        using HttpRequestMessage upgrade = Upgrades.ToWebSocket($"{pod}/portforward", protocol);
        HttpResponseMessage answer = await api.Admin.SendAsync(upgrade, HttpCompletionOption.ResponseHeadersRead);
        if (answer.StatusCode != HttpStatusCode.SwitchingProtocols)
        {
            throw new WebSocketException($"{(int)answer.StatusCode}");
        }

        Assert.Equal(protocol, Assert.Single(answer.Headers.GetValues("Sec-WebSocket-Protocol")));
        WebSocket socket = WebSocket.CreateFromStream(await answer.Content.ReadAsStreamAsync(), new WebSocketCreationOptions { SubProtocol = null });
        return WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: true);
    }
}
