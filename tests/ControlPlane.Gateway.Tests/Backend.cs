using System.Globalization;
using System.Net;
using ControlPlane.Domain.Routing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ControlPlane.Gateway.Tests;

/// <summary>A pod: answers with its name; <c>/held</c> once it is let go, <c>/headers</c> with what it got, anything with <c>X-Say: target</c> with its target, <c>/echo</c> with a WebSocket, <c>/status/N</c> with that, <c>/cut</c> with half an answer, <c>/grpc/WHERE/N</c> as gRPC does.</summary>
internal sealed class Backend : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly TaskCompletionSource letGo = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int held;

    private Backend(WebApplication app, string name)
    {
        this.app = app;
        Name = name;
    }

    public string Name { get; }

    public Guid Pod { get; } = Guid.NewGuid();

    public int Held => Volatile.Read(ref held);

    public RouteEndpoint Ready => new()
    {
        Pod = Pod,
        PodName = Name,
        Node = "node-1",
        Address = "127.0.0.1",
        Port = new Uri(app.Urls.First()).Port,
        Ready = true,
        Serving = true,
    };

    public static async Task<Backend> StartAsync(string name, HttpProtocols protocols = HttpProtocols.Http1)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        WebApplication app = builder.Build();
        Backend self = new(app, name);
        app.UseWebSockets();
        app.Run(self.AnswerAsync);
        await app.StartAsync();
        return self;
    }

    public void LetGo() => letGo.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        LetGo();
        await app.DisposeAsync();
    }

    private static async Task<byte[]> ReadToEndAsync(Stream body)
    {
        using MemoryStream all = new();
        await body.CopyToAsync(all);
        return all.ToArray();
    }

    /// <summary>As gRPC answers; <c>trailers</c> or <c>headers</c>, and the status, <c>-</c> for none.</summary>
    private static async Task AnswerCallAsync(HttpContext context, string[] call)
    {
        context.Response.ContentType = context.Request.Headers.Accept.Count > 0 ? context.Request.Headers.Accept.ToString() : "application/grpc";
        if (call[0] == "headers")
        {
            context.Response.Headers["grpc-status"] = call[1];
            return;
        }

        await context.Response.Body.WriteAsync("message"u8.ToArray());
        if (call[1] != "-")
        {
            context.Response.AppendTrailer("grpc-status", call[1]);
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Headers["X-Say"] == "target")
        {
            await context.Response.WriteAsync(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
            return;
        }

        if (context.Request.Path == "/held")
        {
            Interlocked.Increment(ref held);
            await letGo.Task;
        }

        if (context.Request.Path.StartsWithSegments("/status", out PathString status))
        {
            context.Response.StatusCode = int.Parse(status.Value![1..], CultureInfo.InvariantCulture);
        }

        if (context.Request.Path == "/hello.Greeter/Say")
        {
            // As gRPC answers: 200 with headers at once, messages, and the status behind them.
            context.Response.ContentType = "application/grpc";
            context.Response.DeclareTrailer("grpc-status");
            await context.Response.Body.WriteAsync(await ReadToEndAsync(context.Request.Body));
            context.Response.AppendTrailer("grpc-status", "5");
            context.Response.AppendTrailer("grpc-message", "no such greeting");
            return;
        }

        if (context.Request.Path.StartsWithSegments("/grpc", out PathString call))
        {
            await AnswerCallAsync(context, call.Value![1..].Split('/'));
            return;
        }

        if (context.Request.Path == "/cut")
        {
            context.Response.ContentLength = 1_000;
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            context.Abort();
            return;
        }

        if (context.Request.Path == "/echo")
        {
            using System.Net.WebSockets.WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
            byte[] buffer = new byte[100];
            System.Net.WebSockets.ValueWebSocketReceiveResult got;
            while ((got = await socket.ReceiveAsync(buffer.AsMemory(), default)).MessageType != System.Net.WebSockets.WebSocketMessageType.Close)
            {
                await socket.SendAsync(buffer.AsMemory(0, got.Count), System.Net.WebSockets.WebSocketMessageType.Text, endOfMessage: true, default);
            }

            await socket.CloseAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, null, default);
            return;
        }

        string headers = $"for={context.Request.Headers["X-Forwarded-For"]} host={context.Request.Host} proto={context.Request.Headers["X-Forwarded-Proto"]}";
        await context.Response.WriteAsync(context.Request.Path == "/headers" ? headers : Name);
    }
}
