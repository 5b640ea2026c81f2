using ControlPlane.Gateway.Control;
using ControlPlane.Gateway.Forwarding;
using ControlPlane.Gateway.Listening;
using ControlPlane.Gateway.Names;
using ControlPlane.Gateway.Traffic;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Gateway.Hosting;

/// <summary>Puts the gateway together.</summary>
internal static class GatewayHost
{
    /// <summary>After the drain, for the last report.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    /// <summary>Clients may keep idle connections for longer than most would want to.</summary>
    private static readonly TimeSpan KeepAliveTimeout = TimeSpan.FromMinutes(10);

    private const int StreamsPerConnectionMax = 1000;

    /// <summary>Returns when the gateway has ended; false when it could not begin.</summary>
    public static async Task<bool> RunAsync(GatewayOptions options)
    {
        await using WebApplication app = Build(options);
        HandOver handOver = app.Services.GetRequiredService<HandOver>();
        app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("ControlPlane.Gateway").Starting(options.NodeName, options.NodeAddress, options.Server);
        await app.RunAsync();
        return !handOver.HasGivenUp;
    }

    public static WebApplication Build(GatewayOptions options)
    {
        Directory.CreateDirectory(options.DataFolder);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
        });
        // Of hosting's diagnostics not even the worst: while any of it is wanted, each request gets an Activity and a log scope.
        builder.Logging
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
            .AddFilter("Yarp", LogLevel.Error);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(ConfigureKestrel);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Drain + LastWords);
        builder.Services.AddHttpForwarder();
        builder.Services
            .AddSingleton(options)
            .AddSingleton(TimeProvider.System)
            .AddSingleton<DrainState>()
            .AddSingleton<Connections>()
            .AddSingleton<TrafficMeter>()
            .AddSingleton<NodeNetworks>()
            .AddSingleton<PodAddresses>()
            .AddSingleton<NameSockets>()
            .AddSingleton<Router>()
            .AddSingleton<Connector>()
            .AddSingleton<TcpRelay>()
            .AddSingleton<HttpForwarding>()
            .AddSingleton<MetricsPage>()
            .AddSingleton<KestrelTransport>()
            .AddSingleton<IConnectionListenerFactory>(services => services.GetRequiredService<KestrelTransport>())
            .AddSingleton<Listeners>()
            .AddSingleton<ControlPlaneClient>()
            .AddSingleton<TableFile>()
            .AddSingleton<ClientsFile>()
            .AddTransient<AddressClaims>()
            .AddSingleton<Charge>()
            .AddSingleton<TakeOver>()
            .AddSingleton<HandOver>()
            .AddSingleton<Acknowledged>();

        // Started in this order and stopped in the reverse one: the reports go on until everything has ended.
        builder.Services
            .AddHostedService(services => services.GetRequiredService<HandOver>())
            .AddHostedService<Reporter>()
            .AddHostedService(services => services.GetRequiredService<NodeNetworks>())
            .AddHostedService<RouteLoop>()
            .AddHostedService<NameServer>()
            .AddHostedService<Edge>();
        WebApplication app = builder.Build();
        HttpForwarding forwarding = app.Services.GetRequiredService<HttpForwarding>();
        app.Run(forwarding.ForwardAsync);
        return app;
    }

    private static void ConfigureKestrel(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.KeepAliveTimeout = KeepAliveTimeout;
        kestrel.Limits.Http2.MaxStreamsPerConnection = StreamsPerConnectionMax;
        kestrel.Listen(AcceptedEndPoint.Http1, listen => listen.Protocols = HttpProtocols.Http1);
        kestrel.Listen(AcceptedEndPoint.Http2, listen => listen.Protocols = HttpProtocols.Http2);
    }
}
