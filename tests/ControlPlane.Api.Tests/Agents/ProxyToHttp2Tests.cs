using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ControlPlane.Api.Tests.Hosting;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Agents.Streams;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Api.Tests.Agents;

/// <summary><c>proxy</c> to a pod that speaks TLS, a real server: HTTP/2 from end to end, and so gRPC.</summary>
[Collection(ApiCollection.Name)]
public sealed class ProxyToHttp2Tests(ApiServer api) : IAsyncLifetime
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    private readonly TestedAgent agentSide = new(api);
    private string pod = "";

    public async Task InitializeAsync() => pod = await agentSide.StartPodAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(HttpProtocols.Http1AndHttp2, "HTTP/2")]
    [InlineData(HttpProtocols.Http1, "HTTP/1.1")]
    public async Task Pod_WithTls_IsSpokenToAsItChooses(HttpProtocols spoken, string chosen)
    {
        await using WebApplication server = await ServeAsync(spoken, http => http.Response.WriteAsync(http.Request.Protocol));
        Task<string> answered = api.Admin.GetStringAsync(PathOf("/"));

        await using StreamConnection agent = await ConnectAsync(server);

        Assert.Equal(chosen, await answered.WaitAsync(Within));
    }

    /// <summary>What gRPC needs: an answer while the request goes on, and its outcome in trailers.</summary>
    [Fact]
    public async Task Bodies_GoBothWaysAtOnce_AndTrailersArrive()
    {
        await using WebApplication server = await ServeAsync(HttpProtocols.Http2, async http =>
        {
            byte[] word = new byte[4];
            await http.Request.Body.ReadExactlyAsync(word);
            await http.Response.Body.WriteAsync(word);
            await http.Response.Body.FlushAsync();
            await http.Request.Body.ReadExactlyAsync(word);
            await http.Response.Body.WriteAsync(word);
            http.Response.AppendTrailer("grpc-status", http.Request.Headers.TE.ToString() == "trailers" ? "0" : "2");
        });
        using HttpClient client = api.OverHttp2();
        using DuplexContent sent = new() { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } };
        using HttpRequestMessage request = new(HttpMethod.Post, PathOf("/echo.Echo/Talk"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = sent,
            Headers = { { "TE", "trailers" } },
        };
        request.Headers.Authorization = api.Admin.DefaultRequestHeaders.Authorization;
        Task<HttpResponseMessage> answered = client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using StreamConnection agent = await ConnectAsync(server);
        Stream body = await sent.Opened.WaitAsync(Within);
        await body.WriteAsync("ping"u8.ToArray());
        await body.FlushAsync();
        using HttpResponseMessage answer = await answered.WaitAsync(Within);
        await using Stream heard = await answer.Content.ReadAsStreamAsync();
        byte[] word = new byte[4];
        await heard.ReadExactlyAsync(word).AsTask().WaitAsync(Within);
        Assert.Equal("ping"u8.ToArray(), word);

        await body.WriteAsync("pong"u8.ToArray());
        sent.End();

        await heard.ReadExactlyAsync(word).AsTask().WaitAsync(Within);
        Assert.Equal("pong"u8.ToArray(), word);
        Assert.Equal(0, await heard.ReadAsync(word.AsMemory()).AsTask().WaitAsync(Within));
        Assert.Equal("0", Assert.Single(answer.TrailingHeaders.GetValues("grpc-status")));
    }

    private string PathOf(string path)
    {
        int name = pod.LastIndexOf('/') + 1;
        return $"{pod[..name]}https:{pod[name..]}:443/proxy{path}";
    }

    /// <summary>Connects the stream that is asked for with the server, as an agent does.</summary>
    private async Task<StreamConnection> ConnectAsync(WebApplication server)
    {
        StreamRequest asked = await agentSide.AskedForAsync();
        Assert.Equal(443, asked.PortForward!.Port);
        StreamConnection agent = new(await agentSide.DialAsync(asked.Id));
        TcpClient connection = new();
        await connection.ConnectAsync(IPAddress.Loopback, new Uri(server.Urls.Single()).Port);
        _ = PumpAsync(agent[StreamChannels.Data], connection);
        return agent;
    }

    private static async Task PumpAsync(StreamChannel data, TcpClient connection)
    {
        using (connection)
        {
            NetworkStream stream = connection.GetStream();
            try
            {
                await Task.WhenAny(data.CopyToAsync(stream), stream.CopyToAsync(data));
            }
            catch (IOException)
            {
                // The request is over, and its stream with it.
            }
        }
    }

    private static async Task<WebApplication> ServeAsync(HttpProtocols protocols, RequestDelegate answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = protocols;
            listen.UseHttps(NewCertificate());
        }));
        WebApplication server = builder.Build();
        server.Run(answer);
        await server.StartAsync();
        return server;
    }

    private static X509Certificate2 NewCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=pod", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    /// <summary>A body that is written while its answer is read.</summary>
    private sealed class DuplexContent : HttpContent
    {
        private readonly TaskCompletionSource<Stream> opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Stream> Opened => opened.Task;

        public void End() => ended.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            opened.SetResult(stream);
            await ended.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
