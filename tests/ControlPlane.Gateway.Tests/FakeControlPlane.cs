using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ControlPlane.Gateway.Tests;

/// <summary>The control plane's two calls for gateways.</summary>
internal sealed class FakeControlPlane : IAsyncDisposable
{
    public const string Token = "a-node's-token";

    private readonly WebApplication app;
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RouteTable? table;
    private bool isDisposed;

    private FakeControlPlane(WebApplication app) => this.app = app;

    /// <summary>Stays known when it is away.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>Tells nobody any routes; <see cref="Publish"/> ends it.</summary>
    public bool IsSilent { get; set; }

    /// <summary>How long it takes to tell routes.</summary>
    public TimeSpan TakesTime { get; set; }

    /// <summary>How many more questions about routes it answers with a 503, as when it is starting.</summary>
    public int Refuses { get; set; }

    public ConcurrentQueue<GatewayReport> Reports { get; } = new();

    public static async Task<FakeControlPlane> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        WebApplication app = builder.Build();
        FakeControlPlane self = new(app);
        app.Run(self.AnswerAsync);
        await app.StartAsync();
        self.Url = new Uri(app.Urls.First());
        return self;
    }

    public void Publish(RouteTable next)
    {
        table = next;
        IsSilent = false;
        Interlocked.Exchange(ref changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    public Task AcknowledgedAsync(long revision) => Eventually.TrueAsync(() => Reports.Any(report => report.Acknowledged >= revision), $"revision {revision} is acknowledged");

    public async ValueTask DisposeAsync()
    {
        if (!isDisposed)
        {
            isDisposed = true;
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization != $"Bearer {Token}")
        {
            context.Response.StatusCode = 401;
        }
        else if (context.Request.Path == "/gateway/v1/nodes/node-1/routes" && Refuses > 0)
        {
            Refuses--;
            context.Response.StatusCode = 503;
        }
        else if (context.Request.Path == "/gateway/v1/nodes/node-1/routes")
        {
            long after = long.Parse(context.Request.Query["after"]!);
            bool IsKnown() => IsSilent || table is null || (table.Revision <= after && table.Store == context.Request.Query["store"]);
            while (IsKnown())
            {
                Task news = changed.Task;
                if (IsKnown())
                {
                    await news.WaitAsync(context.RequestAborted);
                }
            }

            await Task.Delay(TakesTime, context.RequestAborted);
            await context.Response.BodyWriter.WriteAsync(ResourceJson.SerializeToUtf8Bytes(table!));
        }
        else if (context.Request.Path == "/gateway/v1/nodes/node-1/report")
        {
            Reports.Enqueue((await JsonSerializer.DeserializeAsync<GatewayReport>(context.Request.Body, ResourceJson.Options))!);
            context.Response.StatusCode = 204;
        }
        else
        {
            context.Response.StatusCode = 404;
        }
    }
}
