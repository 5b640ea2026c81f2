using System.Buffers.Text;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using ControlPlane.Api.Tests.Hosting;
using ControlPlane.Domain.Agents.Streams;

namespace ControlPlane.Api.Tests.Agents;

/// <summary>WebSockets as browsers open them: with the token among the protocols, and over the HTTP/2 connection that they have already (RFC 8441).</summary>
[Collection(ApiCollection.Name)]
public sealed class BrowserSocketTests(ApiServer api) : IAsyncLifetime
{
    private const string Protocol = "v5.channel.k8s.io";
    private const string Exec = "exec?command=cat&stdin=true&stdout=true";

    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    private readonly TestedAgent agentSide = new(api);
    private string pod = "";

    public async Task InitializeAsync() => pod = await agentSide.StartPodAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Token_AmongTheProtocols_IsTheCallers_AndTheOtherIsAnswered()
    {
        using ClientWebSocket client = new();
        client.Options.AddSubProtocol(ProtocolOf(TokenOf(api.Admin)));
        client.Options.AddSubProtocol(Protocol);
        Task connecting = client.ConnectAsync(new UriBuilder(new Uri(api.Admin.BaseAddress!, $"{pod}/{Exec}")) { Scheme = "ws" }.Uri, CancellationToken.None);
        await using StreamConnection agent = new(await agentSide.DialAsync((await agentSide.AskedForAsync()).Id));

        await connecting.WaitAsync(Within);

        Assert.Equal(Protocol, client.SubProtocol);
    }

    [Fact]
    public async Task Token_AmongTheProtocols_IsNotToldToThePod()
    {
        using HttpRequestMessage upgrade = Upgrades.ToWebSocket($"{pod}:81/proxy/socket", ProtocolOf(TokenOf(api.Admin)), "chat");
        Task<HttpResponseMessage> answered = api.Nobody.SendAsync(upgrade);
        await using StreamConnection agent = new(await agentSide.DialAsync((await agentSide.AskedForAsync()).Id));

        string head = await ReadHeadAsync(agent[StreamChannels.Data]);

        Assert.Contains("\r\nSec-WebSocket-Protocol: chat\r\n", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("bearer", head, StringComparison.OrdinalIgnoreCase);
        await agent[StreamChannels.Data].WriteAsync("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        using HttpResponseMessage answer = await answered.WaitAsync(Within);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task Token_AmongTheProtocols_IsJudgedAsAnyOther()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, await CodeOfAsync(Upgrades.ToWebSocket($"{pod}/{Exec}", ProtocolOf("nobody's"), Protocol)));
        Assert.Equal(HttpStatusCode.Unauthorized, await CodeOfAsync(Upgrades.ToWebSocket($"{pod}/{Exec}", ProtocolOf("") + "!", Protocol)));
        Assert.Equal(HttpStatusCode.Forbidden, await CodeOfAsync(Upgrades.ToWebSocket($"{pod}/{Exec}", ProtocolOf(TokenOf(api.Agent)), Protocol)));

        // Nothing is left that the answer could name.
        Assert.Equal(HttpStatusCode.Unauthorized, await CodeOfAsync(Upgrades.ToWebSocket($"{pod}/{Exec}", ProtocolOf(TokenOf(api.Admin)))));

        using HttpRequestMessage noSocket = new(HttpMethod.Get, "/api/v1/namespaces");
        noSocket.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", $"{ProtocolOf(TokenOf(api.Admin))}, {Protocol}");
        Assert.Equal(HttpStatusCode.Unauthorized, await CodeOfAsync(noSocket));
    }

    [Fact]
    public async Task Command_OverHttp2_IsCarriedAsOverHttp1()
    {
        using HttpMessageInvoker connection = new(api.TrustingHandler());
        using ClientWebSocket client = new();
        Task connecting = ConnectOverHttp2Async(client, connection, Exec, Protocol);
        await using StreamConnection agent = new(await agentSide.DialAsync((await agentSide.AskedForAsync()).Id));
        await connecting.WaitAsync(Within);
        Assert.Equal((byte[])[StreamChannels.Stdout], await ReceiveAsync(client));

        await client.SendAsync(new ArraySegment<byte>([StreamChannels.Stdin, .. "in"u8]), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        byte[] heard = new byte[2];
        await agent[StreamChannels.Stdin].ReadExactlyAsync(heard).AsTask().WaitAsync(Within);
        Assert.Equal("in"u8.ToArray(), heard);
        await agent[StreamChannels.Stdout].WriteAsync("out"u8.ToArray());
        Assert.Equal([StreamChannels.Stdout, .. "out"u8], await ReceiveAsync(client));

        client.Abort();
        await agent.Closed.WaitAsync(Within);
    }

    [Fact]
    public async Task Forward_OverHttp2_HasItsChannels()
    {
        using HttpMessageInvoker connection = new(api.TrustingHandler());
        using ClientWebSocket client = new();

        await ConnectOverHttp2Async(client, connection, "portforward?ports=80", "v4.channel.k8s.io").WaitAsync(Within);

        Assert.Equal([0, (byte)'P', 0], await ReceiveAsync(client));
        Assert.Equal(80, (await agentSide.AskedForAsync()).PortForward!.Port);
    }

    [Theory]
    [InlineData("proxy/socket", "GET /socket HTTP/1.1\r\n")]
    [InlineData("proxy", "GET / HTTP/1.1\r\n")]
    public async Task Socket_OfAPods_IsReachedOverHttp2(string path, string asked)
    {
        using HttpMessageInvoker connection = new(api.TrustingHandler());
        using ClientWebSocket client = new();
        Task connecting = ConnectOverHttp2Async(client, connection, path, "chat");
        await using StreamConnection agent = new(await agentSide.DialAsync((await agentSide.AskedForAsync()).Id));
        string head = await ReadHeadAsync(agent[StreamChannels.Data]);
        Assert.StartsWith(asked, head, StringComparison.Ordinal);
        Assert.Contains("\r\nUpgrade: websocket\r\n", head, StringComparison.OrdinalIgnoreCase);
        string key = head.Split("\r\n").Single(line => line.StartsWith("Sec-WebSocket-Key: ", StringComparison.OrdinalIgnoreCase)).Split(' ')[1];

        await agent[StreamChannels.Data].WriteAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: chat\r\nSec-WebSocket-Accept: {AcceptOf(key)}\r\n\r\n"));
        await connecting.WaitAsync(Within);

        Assert.Equal("chat", client.SubProtocol);
        byte[] unmaskedText = [0x81, 2, .. "hi"u8];
        await agent[StreamChannels.Data].WriteAsync(unmaskedText);
        Assert.Equal("hi"u8.ToArray(), await ReceiveAsync(client));
    }

    private async Task ConnectOverHttp2Async(ClientWebSocket client, HttpMessageInvoker connection, string path, string protocol)
    {
        client.Options.HttpVersion = HttpVersion.Version20;
        client.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        client.Options.AddSubProtocol(protocol);
        client.Options.SetRequestHeader("Authorization", $"Bearer {TokenOf(api.Admin)}");
        await client.ConnectAsync(new UriBuilder(new Uri(api.Https, $"{pod}/{path}")) { Scheme = "wss" }.Uri, connection, CancellationToken.None);
    }

    private async Task<HttpStatusCode> CodeOfAsync(HttpRequestMessage request)
    {
        using (request)
        {
            using HttpResponseMessage answer = await api.Nobody.SendAsync(request).WaitAsync(Within);
            return answer.StatusCode;
        }
    }

    private static string TokenOf(HttpClient client) => client.DefaultRequestHeaders.Authorization!.Parameter!;

    private static string ProtocolOf(string token) => $"base64url.bearer.authorization.k8s.io.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(token))}";

    /// <summary>RFC 6455, 4.2.2.</summary>
#pragma warning disable CA5350 // The handshake's own hash, which keeps no secret.
    private static string AcceptOf(string key) =>
        Convert.ToBase64String(System.Security.Cryptography.SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350

    private static async Task<byte[]> ReceiveAsync(ClientWebSocket client)
    {
        byte[] buffer = new byte[4096];
        ValueWebSocketReceiveResult received = await client.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).AsTask().WaitAsync(Within);
        return buffer[..received.Count];
    }

    private static async Task<string> ReadHeadAsync(StreamChannel data)
    {
        StringBuilder head = new();
        byte[] buffer = new byte[4096];
        while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            int count = await data.ReadAsync(buffer.AsMemory()).AsTask().WaitAsync(Within);
            Assert.True(count > 0, $"the request ends within its head: {head}");
            head.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return head.ToString();
    }
}
