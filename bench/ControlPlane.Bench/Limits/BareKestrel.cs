using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Bench.Limits;

/// <summary>A web server that answers every request with the bytes of a file, or tells them to all who wait: what the same Kestrel does when nothing is asked of it.</summary>
internal static class BareKestrel
{
    public const string WatchPath = "/watch";

    public const string PushPath = "/push";

    /// <summary>Prints its address, then serves until SIGTERM.</summary>
    public static async Task RunAsync(string file)
    {
        byte[] body = await File.ReadAllBytesAsync(file);
        ConcurrentDictionary<HttpContext, byte> watchers = new();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using WebApplication app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync();
        Console.WriteLine(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        await app.WaitForShutdownAsync();

        async Task AnswerAsync(HttpContext context)
        {
            switch (context.Request.Path.Value)
            {
                case WatchPath:
                    await KeepAsync(context, watchers);
                    break;
                case PushPath:
                    await Task.WhenAll(watchers.Keys.Select(watcher => TellAsync(watcher, body)));
                    break;
                default:
                    context.Response.ContentType = "application/json";
                    context.Response.ContentLength = body.Length;
                    await TellAsync(context, body);
                    break;
            }
        }
    }

    private static async Task TellAsync(HttpContext context, byte[] body) => await context.Response.BodyWriter.WriteAsync(body);

    private static async Task KeepAsync(HttpContext context, ConcurrentDictionary<HttpContext, byte> watchers)
    {
        await context.Response.StartAsync();
        await context.Response.BodyWriter.FlushAsync();
        watchers[context] = 0;
        await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        watchers.TryRemove(context, out _);
    }
}
