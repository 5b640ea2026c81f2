using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using ControlPlane.Api.Tests.Hosting;

namespace ControlPlane.Api.Tests.Requests;

/// <summary>Watches over WebSockets, as scripts in browsers open them: an event a message.</summary>
[Collection(ApiCollection.Name)]
public sealed class WatchSocketTests(ApiServer api)
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Events_AreMessages_OverEitherHttp(bool isHttp2)
    {
        string home = await HomeAsync();
        await api.PostAsync(home, """{"metadata":{"name":"first"}}""");
        using ClientWebSocket socket = await OpenAsync($"{home}?watch=true", isHttp2);

        Assert.Equal("ADDED first", await NextAsync(socket));
        await api.PostAsync(home, $$"""{"metadata":{"name":"second"},"stringData":{"k":"{{new string('x', 100_000)}}"} }""");
        Assert.Equal("ADDED second", await NextAsync(socket));
        await api.DeleteAsync($"{home}/first");
        Assert.Equal("DELETED first", await NextAsync(socket));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).WaitAsync(Within);
    }

    [Fact]
    public async Task Watch_ThatIsOver_ClosesTheSocket()
    {
        using ClientWebSocket socket = await OpenAsync($"{await HomeAsync()}?watch=true&timeoutSeconds=1", isHttp2: false);
        WebSocketReceiveResult end = await socket.ReceiveAsync(new ArraySegment<byte>(new byte[100]), CancellationToken.None).WaitAsync(Within);
        Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.NormalClosure), (end.MessageType, end.CloseStatus));
    }

    /// <summary>A browser hangs up unless one of its protocols is answered.</summary>
    [Fact]
    public async Task Protocol_ThatIsOffered_IsAnswered()
    {
        using ClientWebSocket socket = await OpenAsync($"{await HomeAsync()}?watch=true", isHttp2: false, "base64.binary.k8s.io");
        Assert.Equal("base64.binary.k8s.io", socket.SubProtocol);
    }

    [Fact]
    public async Task List_IsNoAnswerToASocket()
    {
        string home = await HomeAsync();
        WebSocketException refused = await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync(home, isHttp2: true));
        Assert.Contains("400", refused.ToString(), StringComparison.Ordinal);
    }

    private async Task<string> HomeAsync() => $"/api/v1/namespaces/{await api.NewNamespaceAsync()}/secrets";

    private async Task<ClientWebSocket> OpenAsync(string path, bool isHttp2, params string[] protocols)
    {
        ClientWebSocket socket = new();
        socket.Options.SetRequestHeader("Authorization", api.Admin.DefaultRequestHeaders.Authorization!.ToString());
        foreach (string protocol in protocols)
        {
            socket.Options.AddSubProtocol(protocol);
        }

        if (!isHttp2)
        {
            await socket.ConnectAsync(new UriBuilder(new Uri(api.Admin.BaseAddress!, path)) { Scheme = "ws" }.Uri, CancellationToken.None).WaitAsync(Within);
            return socket;
        }

        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using HttpMessageInvoker invoker = new(api.TrustingHandler(), disposeHandler: false);
        await socket.ConnectAsync(new UriBuilder(new Uri(api.Https, path)) { Scheme = "wss" }.Uri, invoker, CancellationToken.None).WaitAsync(Within);
        return socket;
    }

    private static async Task<string> NextAsync(ClientWebSocket socket)
    {
        byte[] buffer = new byte[64 * 1024];
        StringBuilder text = new();
        WebSocketReceiveResult received;
        do
        {
            received = await socket.ReceiveAsync(new ArraySegment<byte>(buffer), CancellationToken.None).WaitAsync(Within);
            Assert.Equal(WebSocketMessageType.Text, received.MessageType);
            text.Append(Encoding.UTF8.GetString(buffer, 0, received.Count));
        }
        while (!received.EndOfMessage);

        JsonNode item = JsonNode.Parse(text.ToString())!;
        return $"{item["type"]} {item["object"]!["metadata"]!["name"]}";
    }
}
