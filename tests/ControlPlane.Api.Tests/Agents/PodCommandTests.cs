using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;
using ControlPlane.Api.Tests.Wire.Spdy;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Agents.Streams;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Tests.Agents;

/// <summary><c>exec</c> and <c>attach</c> over WebSockets and SPDY, with the test as the agent.</summary>
[Collection(ApiCollection.Name)]
public sealed class PodCommandTests(ApiServer api) : IAsyncLifetime
{
    private const string V5 = "v5.channel.k8s.io";
    private const string V4 = "v4.channel.k8s.io";

    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    private readonly TestedAgent agentSide = new(api);
    private string pod = "";

    public async Task InitializeAsync() => pod = await agentSide.StartPodAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Exec_CarriesEveryChannel_AndTheExitCode()
    {
        using ClientWebSocket client = new();
        Task connecting = ConnectAsync(client, "exec?command=sh&command=-c&command=cat&stdin=true&stdout=true&stderr=true", V5);
        StreamRequest request = await agentSide.AskedForAsync();
        Assert.Equal("c", request.Exec!.Container);
        Assert.Equal(["sh", "-c", "cat"], request.Exec.Command);
        Assert.Equal((true, true, true, false), (request.Exec.Stdin, request.Exec.Stdout, request.Exec.Stderr, request.Exec.Tty));
        await using StreamConnection agent = new(await agentSide.DialAsync(request.Id));
        await connecting.WaitAsync(Within);
        Assert.Equal(V5, client.SubProtocol);
        Assert.Equal((StreamChannels.Stdout, ""), await ReceiveAsync(client));

        await SendAsync(client, StreamChannels.Stdin, "in"u8);
        await SendAsync(client, StreamChannels.Resize, """{"Width":80,"Height":24}"""u8);
        Assert.Equal("in", await ReadAsync(agent[StreamChannels.Stdin], 2));
        Assert.Equal("""{"Width":80,"Height":24}""", await ReadAsync(agent[StreamChannels.Resize], 24));
        await agent[StreamChannels.Stdout].WriteAsync("out"u8.ToArray());
        Assert.Equal((StreamChannels.Stdout, "out"), await ReceiveAsync(client));
        await agent[StreamChannels.Stderr].WriteAsync("err"u8.ToArray());
        Assert.Equal((StreamChannels.Stderr, "err"), await ReceiveAsync(client));

        await SendAsync(client, 255, [StreamChannels.Stdin]);
        Assert.Equal(0, await agent[StreamChannels.Stdin].ReadAsync(new byte[1]).AsTask().WaitAsync(Within));
        await EndAsync(agent, new CommandOutcome { ExitCode = 3 });
        JsonNode status = await StatusAsync(client);
        Assert.Equal(("Failure", "NonZeroExitCode"), ((string)status["status"]!, (string)status["reason"]!));
        Assert.Equal(("ExitCode", "3"), ((string)status["details"]!["causes"]![0]!["reason"]!, (string)status["details"]!["causes"]![0]!["message"]!));
    }

    [Fact]
    public async Task Exec_InVersion4_TakesTheLastByteForAChannelThatIsNone()
    {
        using ClientWebSocket client = new();
        Task connecting = ConnectAsync(client, "exec?command=cat&stdin=true&stdout=true", "channel.k8s.io", V4);
        await using StreamConnection agent = new(await agentSide.DialAsync((await agentSide.AskedForAsync()).Id));
        await connecting.WaitAsync(Within);
        Assert.Equal(V4, client.SubProtocol);
        await ReceiveAsync(client);

        await SendAsync(client, 255, [StreamChannels.Stdin]);
        await SendAsync(client, StreamChannels.Stdin, "more"u8);

        Assert.Equal("more", await ReadAsync(agent[StreamChannels.Stdin], 4));
        await EndAsync(agent, new CommandOutcome { ExitCode = 0 });
        Assert.Equal("Success", (string)(await StatusAsync(client))["status"]!);
    }

    [Fact]
    public async Task Exec_OverSpdy_HasAStreamForEachChannel()
    {
        Task<HttpResponseMessage> upgrading = UpgradeToSpdyAsync("exec?command=cat&stdin=true&stdout=true&tty=true", "v5.channel.k8s.io, v4.channel.k8s.io");
        await using StreamConnection agent = new(await agentSide.DialAsync((await agentSide.AskedForAsync()).Id));
        using HttpResponseMessage upgraded = await upgrading.WaitAsync(Within);
        Assert.Equal(HttpStatusCode.SwitchingProtocols, upgraded.StatusCode);
        Assert.Equal(V4, Assert.Single(upgraded.Headers.GetValues("X-Stream-Protocol-Version")));
        using SpdyClient client = new(await upgraded.Content.ReadAsStreamAsync());
        int error = await client.OpenAsync(("streamType", "error"));
        int stdin = await client.OpenAsync(("streamType", "stdin"));
        int stdout = await client.OpenAsync(("streamType", "stdout"));
        int resize = await client.OpenAsync(("streamType", "resize"));

        await client.DataAsync(stdin, "in"u8.ToArray(), isLast: true);
        await client.DataAsync(resize, """{"Width":80,"Height":24}"""u8.ToArray());
        Assert.Equal("in", await ReadAsync(agent[StreamChannels.Stdin], 2));
        Assert.Equal(0, await agent[StreamChannels.Stdin].ReadAsync(new byte[1]).AsTask().WaitAsync(Within));
        Assert.Equal("""{"Width":80,"Height":24}""", await ReadAsync(agent[StreamChannels.Resize], 24));
        await agent[StreamChannels.Stdout].WriteAsync("out"u8.ToArray());
        await EndAsync(agent, new CommandOutcome { ExitCode = 3 });

        Dictionary<int, string> received = await client.ReceiveAllAsync(error, stdin, stdout, resize);
        Assert.Equal(("out", "", ""), (received[stdout], received[stdin], received[resize]));
        Assert.Equal("NonZeroExitCode", (string)JsonNode.Parse(received[error])!["reason"]!);
    }

    [Fact]
    public async Task Exec_OverSpdy_OfAnotherVersion_IsRefused()
    {
        Task<HttpResponseMessage> upgrading = UpgradeToSpdyAsync("exec?command=cat&stdout=true", "v3.channel.k8s.io");

        using HttpResponseMessage answer = await upgrading.WaitAsync(Within);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("the client's protocols are [v3.channel.k8s.io]", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_OfWhatCannotBeStarted_IsAnErrorOfTheServers()
    {
        using ClientWebSocket client = new();
        Task connecting = ConnectAsync(client, "exec?command=nope&stdout=true", V5);
        await using StreamConnection agent = new(await agentSide.DialAsync((await agentSide.AskedForAsync()).Id));
        await connecting.WaitAsync(Within);
        await ReceiveAsync(client);

        await EndAsync(agent, new CommandOutcome { Failure = "exec: \"nope\": executable file not found in $PATH" });

        JsonNode status = await StatusAsync(client);
        Assert.Equal("InternalError", (string)status["reason"]!);
        Assert.EndsWith("error executing command in container: exec: \"nope\": executable file not found in $PATH", (string)status["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_ThatGoes_EndsTheAgentsSide()
    {
        using ClientWebSocket client = new();
        Task connecting = ConnectAsync(client, "exec?command=cat&stdin=true&stdout=true", V5);
        await using StreamConnection agent = new(await agentSide.DialAsync((await agentSide.AskedForAsync()).Id));
        await connecting.WaitAsync(Within);

        client.Abort();

        await agent.Closed.WaitAsync(Within);
    }

    [Fact]
    public async Task Agent_ThatIsCutOff_IsAnErrorOfTheServers()
    {
        using ClientWebSocket client = new();
        Task connecting = ConnectAsync(client, "attach?stdout=true", V5);
        StreamRequest request = await agentSide.AskedForAsync();
        Assert.Equal(("c", true, false), (request.Attach!.Container, request.Attach.Stdout, request.Attach.Stderr));
        StreamConnection agent = new(await agentSide.DialAsync(request.Id));
        await connecting.WaitAsync(Within);
        await ReceiveAsync(client);

        await agent.DisposeAsync();

        Assert.Contains("broke the stream off", (string)(await StatusAsync(client))["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Agent_ThatRefuses_IsAnHttpError()
    {
        Task<HttpResponseMessage> asked = UpgradeAsync("exec?command=ls&stdout=true", V5);
        StreamRequest request = await agentSide.AskedForAsync();
        using StringContent reason = new("container not found (\"c\")");
        using HttpResponseMessage refused = await api.Agent.PostAsync($"/agent/v1/streams/{request.Id}?status=404", reason);

        using HttpResponseMessage answer = await asked.WaitAsync(Within);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("container not found", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>An init container is meant by its name alone (Kubernetes: validateContainer).</summary>
    [Theory]
    [InlineData("", "c")]
    [InlineData("?container=init", "init")]
    public async Task Container_ThatIsNotNamed_IsTheOnlyOne_WhateverInitContainersThereAre(string query, string meant)
    {
        TestedAgent node = new(api);
        JsonObject prepared = JsonNode.Parse(Samples.Pod("p"))!.AsObject();
        prepared["spec"]!["initContainers"] = new JsonArray(new JsonObject { ["name"] = "init", ["image"] = "hello:1" });
        string path = await node.StartPodAsync(prepared);
        Task<HttpResponseMessage> asked = api.Admin.GetAsync($"{path}/log{query}");
        StreamRequest request = await node.AskedForAsync();
        Assert.Equal(meant, request.Logs!.Container);

        using HttpResponseMessage sent = await api.Agent.PostAsync($"/agent/v1/streams/{request.Id}", new StringContent("said"));
        using HttpResponseMessage answer = await asked.WaitAsync(Within);
        Assert.Equal("said", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("exec?stdout=true", "you must specify at least one command for the container")]
    [InlineData("exec?command=&stdout=true", "you must specify at least one command for the container")]
    [InlineData("exec?command=ls", "you must specify at least 1 of stdin, stdout, stderr")]
    [InlineData("exec?command=ls&stdout=true&container=nope", "container nope is not valid for pod p")]
    [InlineData("exec?command=ls&stdout=true", "unable to upgrade: the WebSocket's protocols are [unknown]", "unknown")]
    [InlineData("attach", "you must specify at least 1 of stdin, stdout, stderr")]
    [InlineData("attach?stdin=true", "container c has no standard input open to attach to")]
    [InlineData("attach?stdout=true&tty=true", "container c has no terminal open to attach to")]
    public async Task Request_ThatCannotBeServed_IsRefusedBeforeTheUpgrade(string request, string why, string protocol = V5)
    {
        using HttpResponseMessage answer = await UpgradeAsync(request, protocol);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(why, (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["message"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Request_ForNoUpgrade_IsRefused(string method)
    {
        JsonObject status = await api.SendAsync(new HttpMethod(method), $"{pod}/exec?command=ls&stdout=true", body: null, HttpStatusCode.BadRequest);
        Assert.Equal("Upgrade request required", (string)status["message"]!);
    }

    private async Task ConnectAsync(ClientWebSocket client, string request, params string[] protocols)
    {
        foreach (string protocol in protocols)
        {
            client.Options.AddSubProtocol(protocol);
        }

        client.Options.SetRequestHeader("Authorization", api.Admin.DefaultRequestHeaders.Authorization!.ToString());
        UriBuilder address = new(new Uri(api.Admin.BaseAddress!, $"{pod}/{request}")) { Scheme = "ws" };
        await client.ConnectAsync(address.Uri, CancellationToken.None);
    }

    private async Task<HttpResponseMessage> UpgradeToSpdyAsync(string request, string versions)
    {
        using HttpRequestMessage upgrade = Upgrades.ToSpdy($"{pod}/{request}", versions);
        return await api.Admin.SendAsync(upgrade, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>What is answered where no WebSocket comes of it.</summary>
    private async Task<HttpResponseMessage> UpgradeAsync(string request, string protocol)
    {
        using HttpRequestMessage upgrade = Upgrades.ToWebSocket($"{pod}/{request}", protocol);
        return await api.Admin.SendAsync(upgrade);
    }

    private static async Task EndAsync(StreamConnection agent, CommandOutcome outcome)
    {
        await agent[StreamChannels.Stdout].EndAsync();
        await agent[StreamChannels.Stderr].EndAsync();
        await agent[StreamChannels.Error].WriteAsync(ResourceJson.SerializeToUtf8Bytes(outcome));
        await agent[StreamChannels.Error].EndAsync();
    }

    private static Task SendAsync(ClientWebSocket client, byte channel, ReadOnlySpan<byte> data) =>
        client.SendAsync(new ArraySegment<byte>([channel, .. data]), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);

    private static async Task<(int Channel, string Text)> ReceiveAsync(ClientWebSocket client)
    {
        byte[] buffer = new byte[4096];
        ValueWebSocketReceiveResult received = await client.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).AsTask().WaitAsync(Within);
        Assert.Equal((WebSocketMessageType.Binary, true), (received.MessageType, received.EndOfMessage));
        return (buffer[0], Encoding.UTF8.GetString(buffer.AsSpan(1, received.Count - 1)));
    }

    /// <summary>The last word, after which the server closes.</summary>
    private static async Task<JsonNode> StatusAsync(ClientWebSocket client)
    {
        (int channel, string text) = await ReceiveAsync(client);
        Assert.Equal(StreamChannels.Error, channel);
        ValueWebSocketReceiveResult closed = await client.ReceiveAsync(new byte[1].AsMemory(), CancellationToken.None).AsTask().WaitAsync(Within);
        Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.NormalClosure), (closed.MessageType, client.CloseStatus));
        return JsonNode.Parse(text)!;
    }

    private static async Task<string> ReadAsync(StreamChannel channel, int count)
    {
        byte[] read = new byte[count];
        await channel.ReadExactlyAsync(read).AsTask().WaitAsync(Within);
        return Encoding.UTF8.GetString(read);
    }
}
