using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ControlPlane.Api.Agents.Proxying;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Tests.Hosting;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Agents.Streams;

namespace ControlPlane.Api.Tests.Agents;

/// <summary>The <c>proxy</c> subresources, with the test as client, agent and pod.</summary>
[Collection(ApiCollection.Name)]
public sealed class ProxyTests(ApiServer api) : IAsyncLifetime
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    private readonly TestedAgent agentSide = new(api);
    private string pod = "";

    public async Task InitializeAsync() => pod = await agentSide.StartPodAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Request_ReachesThePortAsItWasSent_WithoutCredentials_AndTheAnswerComesBackAsItIs()
    {
        using HttpRequestMessage request = new(HttpMethod.Put, new Uri($"{api.Admin.BaseAddress!.GetLeftPart(UriPartial.Authority)}{pod}:81/proxy/a%2Fb/c/?x=1&y=%20"));
        request.Content = new StringContent(new string('b', 4_000_000), Encoding.ASCII, "text/x-test");
        Task<HttpResponseMessage> answered = api.Admin.SendAsync(request);
        StreamRequest asked = await agentSide.AskedForAsync();
        Assert.Equal((StreamTypes.PortForward, 81), (asked.Type, asked.PortForward!.Port));
        await using StreamConnection agent = new(await agentSide.DialAsync(asked.Id));

        (string head, int bodyBytes) = await ReceiveAsync(agent, 4_000_000);
        await AnswerAsync(agent, "HTTP/1.1 404 Not Found\r\nX-Pod: p\r\nContent-Length: 2\r\n\r\nno");
        using HttpResponseMessage answer = await answered.WaitAsync(Within);

        string[] lines = head.Split("\r\n");
        Assert.Equal("PUT /a%2Fb/c/?x=1&y=%20 HTTP/1.1", lines[0]);
        Assert.Contains("Content-Type: text/x-test; charset=us-ascii", lines);
        Assert.Contains($"X-Forwarded-Uri: {pod}:81/proxy/a%2Fb/c/", lines);
        Assert.Contains("X-Forwarded-For: 127.0.0.1", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith("Authorization", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(4_000_000, bodyBytes);
        Assert.Equal((HttpStatusCode.NotFound, "no"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        Assert.Equal("p", Assert.Single(answer.Headers.GetValues("X-Pod")));
        await agent.Closed.WaitAsync(Within);
    }

    [Theory]
    [InlineData("")]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Page_HasLinksThatLeadBackThroughTheProxy(string encoding)
    {
        Task<HttpResponseMessage> answered = api.Admin.GetAsync($"{pod}:81/proxy/page");
        await using StreamConnection agent = new(await agentSide.DialAsync((await agentSide.AskedForAsync()).Id));
        byte[] page = Compressed("<p>/x <a href=\"/x?y\">"u8.ToArray(), encoding);
        await ReceiveAsync(agent, 0);
        await AnswerAsync(agent, $"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{(encoding.Length > 0 ? $"Content-Encoding: {encoding}\r\n" : "")}Content-Length: {page.Length}\r\n\r\n");
        await agent[StreamChannels.Data].WriteAsync(page);

        using HttpResponseMessage answer = await answered.WaitAsync(Within);

        Assert.Equal($"<p>/x <a href=\"{pod}:81/proxy/x?y\">", await answer.Content.ReadAsStringAsync().WaitAsync(Within));
        Assert.Empty(answer.Content.Headers.ContentEncoding);
    }

    [Theory]
    [InlineData("text/plain", "", "200 OK")]
    [InlineData("text/html", "Content-Encoding: zstd\r\n", "200 OK")]
    [InlineData("text/html", "Content-Range: bytes 0-14/99\r\n", "206 Partial Content")]
    public async Task Body_ThatIsNoPageAsAWhole_StaysAsItIs(string type, string header, string status)
    {
        Task<HttpResponseMessage> answered = api.Admin.GetAsync($"{pod}:81/proxy/page");
        await using StreamConnection agent = new(await agentSide.DialAsync((await agentSide.AskedForAsync()).Id));
        await ReceiveAsync(agent, 0);
        await AnswerAsync(agent, $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\n{header}Content-Length: 15\r\n\r\n<a href=\"/x?y\">");

        using HttpResponseMessage answer = await answered.WaitAsync(Within);

        Assert.Equal(("<a href=\"/x?y\">", 15), (await answer.Content.ReadAsStringAsync(), answer.Content.Headers.ContentLength));
    }

    [Fact]
    public async Task Head_OfAPage_HasThePagesHeaders()
    {
        using HttpRequestMessage request = new(HttpMethod.Head, $"{pod}:81/proxy/page");
        Task<HttpResponseMessage> answered = api.Admin.SendAsync(request);
        await using StreamConnection agent = new(await agentSide.DialAsync((await agentSide.AskedForAsync()).Id));
        await ReceiveAsync(agent, 0);
        await AnswerAsync(agent, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n");

        using HttpResponseMessage answer = await answered.WaitAsync(Within);

        Assert.Equal(("text/html", 15), (answer.Content.Headers.ContentType!.MediaType, answer.Content.Headers.ContentLength));
    }

    [Fact]
    public async Task Answer_WithoutABody_GetsNoWordsOfTheApis()
    {
        Task<HttpResponseMessage> answered = api.Admin.GetAsync($"{pod}:81/proxy/nothing");
        await using StreamConnection agent = new(await agentSide.DialAsync((await agentSide.AskedForAsync()).Id));
        await AnswerAsync(agent, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");

        using HttpResponseMessage answer = await answered.WaitAsync(Within);

        Assert.Equal((HttpStatusCode.NotFound, ""), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task Port_ThatCannotBeReached_IsA503_ThatSaysWhy()
    {
        Task<JsonObject> answered = api.GetAsync($"{pod}:82/proxy/", HttpStatusCode.ServiceUnavailable);
        StreamRequest asked = await agentSide.AskedForAsync();
        using StringContent reason = new("connection refused");
        using HttpResponseMessage told = await api.Agent.PostAsync($"/agent/v1/streams/{asked.Id}?status=502", reason);

        JsonObject status = await answered.WaitAsync(Within);

        Assert.Equal(("Status", "ServiceUnavailable"), ((string)status["kind"]!, (string)status["reason"]!));
        Assert.StartsWith("error trying to reach service: ", (string)status["message"]!, StringComparison.Ordinal);
        Assert.EndsWith("connection refused", (string)status["message"]!, StringComparison.Ordinal);
        Assert.Null(status["details"]?["retryAfterSeconds"]);
    }

    [Fact]
    public async Task Pod_ThatBreaksOffBeforeItAnswers_IsA503_ThatSaysWhy()
    {
        Task<JsonObject> answered = api.GetAsync($"{pod}:82/proxy/", HttpStatusCode.ServiceUnavailable);
        await using StreamConnection agent = new(await agentSide.DialAsync((await agentSide.AskedForAsync()).Id));
        await ReceiveAsync(agent, 0);
        await agent[StreamChannels.Data].EndAsync();
        await agent[StreamChannels.Error].WriteAsync("connection reset by peer"u8.ToArray());
        await agent[StreamChannels.Error].EndAsync();

        Assert.Equal("error trying to reach service: connection reset by peer", (string)(await answered.WaitAsync(Within))["message"]!);
    }

    [Fact]
    public async Task Path_WithoutASlash_IsSentToTheOneWithIt()
    {
        using HttpClientHandler handler = new() { AllowAutoRedirect = false };
        using HttpClient client = new(handler) { BaseAddress = api.Admin.BaseAddress, DefaultRequestHeaders = { Authorization = api.Admin.DefaultRequestHeaders.Authorization } };

        using HttpResponseMessage answer = await client.GetAsync($"{pod}:81/proxy?x=1");

        Assert.Equal((HttpStatusCode.MovedPermanently, $"{pod}:81/proxy/?x=1"), (answer.StatusCode, answer.Headers.Location!.OriginalString));
    }

    [Fact]
    public async Task Upgrade_CarriesBytesBothWays_AndEndsWithTheClient()
    {
        using HttpRequestMessage upgrade = Upgrades.ToWebSocket($"{pod}:81/proxy/socket");
        Task<HttpResponseMessage> answered = api.Admin.SendAsync(upgrade, HttpCompletionOption.ResponseHeadersRead);
        await using StreamConnection agent = new(await agentSide.DialAsync((await agentSide.AskedForAsync()).Id));
        (string head, _) = await ReceiveAsync(agent, 0);
        Assert.StartsWith("GET /socket HTTP/1.1\r\n", head, StringComparison.Ordinal);
        Assert.Contains("Upgrade: websocket", head, StringComparison.OrdinalIgnoreCase);
        await agent[StreamChannels.Data].WriteAsync(Encoding.ASCII.GetBytes(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n\r\n"));

        HttpResponseMessage answer = await answered.WaitAsync(Within);
        Assert.Equal(HttpStatusCode.SwitchingProtocols, answer.StatusCode);
        Stream client = await answer.Content.ReadAsStreamAsync();
        await client.WriteAsync("ping"u8.ToArray());
        byte[] heard = new byte[4];
        await agent[StreamChannels.Data].ReadExactlyAsync(heard).AsTask().WaitAsync(Within);
        Assert.Equal("ping", Encoding.ASCII.GetString(heard));
        await agent[StreamChannels.Data].WriteAsync("pong"u8.ToArray());
        await client.ReadExactlyAsync(heard).AsTask().WaitAsync(Within);
        Assert.Equal("pong", Encoding.ASCII.GetString(heard));

        answer.Dispose();

        await agent.Closed.WaitAsync(Within);
    }

    [Fact]
    public async Task Client_ThatGoes_EndsTheAgentsSide()
    {
        using CancellationTokenSource gone = new();
        Task<HttpResponseMessage> answered = api.Admin.GetAsync($"{pod}:81/proxy/slow", gone.Token);
        await using StreamConnection agent = new(await agentSide.DialAsync((await agentSide.AskedForAsync()).Id));
        await ReceiveAsync(agent, 0);

        await gone.CancelAsync();

        await agent.Closed.WaitAsync(Within);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answered);
    }

    [Fact]
    public async Task Service_GoesToAReadyPodBehindIt_AtThePodsOwnPort()
    {
        string home = pod[..pod.LastIndexOf("/pods/", StringComparison.Ordinal)];
        string space = home[(home.LastIndexOf('/') + 1)..];
        await api.PostAsync($"{home}/services", """{"metadata":{"name":"web"},"spec":{"selector":{"a":"b"},"ports":[{"name":"http","port":80,"targetPort":8080}]}}""");
        JsonObject none = await api.GetAsync($"{home}/services/web:http/proxy/", HttpStatusCode.ServiceUnavailable);
        Assert.Equal("no endpoints available for service \"web:http\"", (string)none["message"]!);

        string uid = (string)(await api.GetAsync(pod))["metadata"]!["uid"]!;
        await api.PostAsync($"/apis/discovery.k8s.io/v1/namespaces/{space}/endpointslices", $$$"""
            {"metadata":{"name":"web-1","labels":{"kubernetes.io/service-name":"web"}},"addressType":"IPv4","ports":[{"name":"http","port":41234}],
             "endpoints":[{"addresses":["10.0.0.1"],"conditions":{"ready":true},"targetRef":{"kind":"Pod","namespace":"{{{space}}}","name":"p","uid":"{{{uid}}}"} }]}
            """);
        foreach (string name in new[] { "web:http", "web:80", "http:web:80" })
        {
            Task<HttpResponseMessage> answered = api.Admin.GetAsync($"{home}/services/{name}/proxy/path");
            StreamRequest asked = await agentSide.AskedForAsync();
            Assert.Equal(8080, asked.PortForward!.Port);
            await using StreamConnection agent = new(await agentSide.DialAsync(asked.Id));
            Assert.StartsWith("GET /path HTTP/1.1\r\n", (await ReceiveAsync(agent, 0)).Head, StringComparison.Ordinal);
            await AnswerAsync(agent, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            using HttpResponseMessage answer = await answered.WaitAsync(Within);
            Assert.Equal("ok", await answer.Content.ReadAsStringAsync());
        }

        JsonObject unknown = await api.GetAsync($"{home}/services/web:81/proxy/", HttpStatusCode.ServiceUnavailable);
        Assert.Equal("no service port 81 found for service \"web\"", (string)unknown["message"]!);
        await api.GetAsync($"{home}/services/web:other/proxy/", HttpStatusCode.ServiceUnavailable);
        await api.GetAsync($"{home}/services/gone:80/proxy/", HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("p:x/proxy/", HttpStatusCode.BadRequest)]
    [InlineData("p:0/proxy/", HttpStatusCode.BadRequest)]
    [InlineData("ftp:p:80/proxy/", HttpStatusCode.BadRequest)]
    [InlineData("a:b:c:d/proxy/", HttpStatusCode.BadRequest)]
    [InlineData("gone:80/proxy/", HttpStatusCode.NotFound)]
    public async Task Request_ThatCannotBeSentOn_IsRefusedWithAStatus(string path, HttpStatusCode code)
    {
        JsonObject status = await api.GetAsync($"{pod[..pod.LastIndexOf('/')]}/{path}", code);
        Assert.Equal("Status", (string)status["kind"]!);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task Agents_MayNotProxy(string method)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), $"{pod}:81/proxy/");
        using HttpResponseMessage answer = await api.Agent.SendAsync(request);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Theory]
    [InlineData("name", "http", "name", "")]
    [InlineData("name:80", "http", "name", "80")]
    [InlineData("https:name:443", "https", "name", "443")]
    [InlineData(":name:web", "http", "name", "web")]
    [InlineData("https:name:", "https", "name", "")]
    public void Name_IsReadAsKubernetesReadsIt(string text, string scheme, string name, string port) =>
        Assert.Equal(new ProxyName(scheme, name, port), ProxyName.Parse(text, "pod"));

    [Theory]
    [InlineData("")]
    [InlineData(":80")]
    [InlineData("ftp:name:21")]
    [InlineData("a:b:c:d")]
    public void Name_ThatHasNoneOfTheForms_IsRefused(string text) => Assert.Throws<ApiException>(() => ProxyName.Parse(text, "pod"));

    [Theory]
    [InlineData("/login?a=b", "/base/proxy/login?a=b")]
    [InlineData("http://api:8443/login#top", "/base/proxy/login#top")]
    [InlineData("http://p:81/login", "/base/proxy/login")]
    [InlineData("HTTP://P:81", "/base/proxy/")]
    [InlineData("http://p:81?a=b", "/base/proxy/?a=b")]
    [InlineData("https://api:8443/caf\u00e9?x=1&amp;y=2", "/base/proxy/caf\u00e9?x=1&amp;y=2")]
    [InlineData("/base/proxy/login", "/base/proxy/login")]
    [InlineData("login", "login")]
    [InlineData("http://elsewhere/login", "http://elsewhere/login")]
    [InlineData("//elsewhere/login", "//elsewhere/login")]
    public void Redirect_ToThePodsOwnPath_LeadsBackThroughTheProxy(string location, string expected) =>
        Assert.Equal(expected, new ProxyTransformer(new ProxiedPath("/base/proxy", "/x"), new Uri("http://p:81/x")).Redirected(location, "api:8443"));

    /// <summary>Where the API listens at its scheme's own port, so that its address has none, or the client did not say where it is.</summary>
    [Theory]
    [InlineData("api", "//api/login", "//api/login")]
    [InlineData("api", "mailto:me@api", "mailto:me@api")]
    [InlineData("api", "http://api/login", "/base/proxy/login")]
    [InlineData("", "/login", "/base/proxy/login")]
    public void Redirect_WithAHostThatNamesNoPort_KeepsItsPath(string host, string location, string expected) =>
        Assert.Equal(expected, new ProxyTransformer(new ProxiedPath("/base/proxy", "/x"), new Uri("http://p:81/x")).Redirected(location, host));

    private static async Task<(string Head, int BodyBytes)> ReceiveAsync(StreamConnection agent, int bodyBytes)
    {
        const string End = "\r\n\r\n";
        MemoryStream received = new();
        byte[] buffer = new byte[32 * 1024];
        while (true)
        {
            received.Write(buffer, 0, await agent[StreamChannels.Data].ReadAsync(buffer.AsMemory()).AsTask().WaitAsync(Within));
            string text = Encoding.ASCII.GetString(received.GetBuffer(), 0, (int)Math.Min(received.Length, 16 * 1024));
            int end = text.IndexOf(End, StringComparison.Ordinal);
            if (end >= 0 && received.Length >= end + End.Length + bodyBytes)
            {
                return (text[..end], (int)received.Length - end - End.Length);
            }
        }
    }

    private static byte[] Compressed(byte[] page, string encoding)
    {
        MemoryStream compressed = new();
        using (Stream? compressing = encoding switch
        {
            "gzip" => new GZipStream(compressed, CompressionLevel.Fastest),
            "br" => new BrotliStream(compressed, CompressionLevel.Fastest),
            _ => null,
        })
        {
            (compressing ?? compressed).Write(page);
        }

        return compressed.ToArray();
    }

    private static async Task AnswerAsync(StreamConnection agent, string answer) =>
        await agent[StreamChannels.Data].WriteAsync(Encoding.ASCII.GetBytes(answer)).AsTask().WaitAsync(Within);
}
