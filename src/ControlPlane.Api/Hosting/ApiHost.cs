using System.Net;
using ControlPlane.Api.Agents;
using ControlPlane.Api.Agents.Commands;
using ControlPlane.Api.Agents.Forwarding;
using ControlPlane.Api.Gateways;
using ControlPlane.Api.Kinds;
using ControlPlane.Api.Pipeline;
using ControlPlane.Api.Requests;
using ControlPlane.Api.Security;
using ControlPlane.Api.Wire.Discovery;
using ControlPlane.Api.Wire.OpenApi;
using ControlPlane.Api.Wire.Swagger;
using ControlPlane.Infrastructure.Storage;
using ControlPlane.Reconciler;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace ControlPlane.Api.Hosting;

/// <summary>Puts the API together.</summary>
public static class ApiHost
{
    /// <summary>HTTP/2 streams on one connection: client-go shares one for all its watches.</summary>
    private const int StreamsPerConnectionMax = 1000;

    /// <summary>How long open requests may take to end when the process stops; watches end at once.</summary>
    private static readonly TimeSpan ShutdownMax = TimeSpan.FromSeconds(10);

    /// <summary>The application, ready to run.</summary>
    /// <param name="args">The command line: see <see cref="ApiOptions"/>.</param>
    /// <param name="configure">Changes what is registered, for tests.</param>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.Configuration.AddCommandLine(args, ApiOptions.Arguments);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        // Of hosting's diagnostics not even the worst: while any of it is wanted, each request gets an Activity and a log scope.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        // The framework makes keys for cookies; there are none here, so how it keeps them is nobody's concern.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        // A pod that does not answer is its client's to hear of.
        builder.Logging.AddFilter("Yarp", LogLevel.Error);
        configure?.Invoke(builder);

        AddServices(builder.Services, builder.Configuration);
        builder.WebHost.ConfigureKestrel(Listen);
        WebApplication app = builder.Build();
        Map(app);
        return app;
    }

    private static void AddServices(IServiceCollection services, ConfigurationManager configuration)
    {
        services.AddOptions<ApiOptions>()
            .Bind(configuration.GetSection(ApiOptions.Section))
            .Validate(options => options.HasValidReplicaUrl, "--replica-url must be a URL such as https://10.0.0.6:8443");
        services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownMax);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(provider =>
        {
            ApiOptions options = provider.GetRequiredService<IOptions<ApiOptions>>().Value;
            return new ServerCertificates(options.DataDir, options.CertifiedNames, provider.GetRequiredService<TimeProvider>());
        });
        services.AddControlPlaneStore(store => store.ConnectionString = configuration.GetConnectionString("ControlPlane")
            ?? throw new InvalidOperationException("no database is named: set ConnectionStrings__ControlPlane, for instance to Host=localhost;Database=controlplane"));
        if (configuration.GetValue($"{ApiOptions.Section}:{nameof(ApiOptions.Reconciles)}", defaultValue: true))
        {
            services.AddControlPlaneReconciler(
                reconciler => reconciler.EndedPodsMax = configuration.GetValue($"{ApiOptions.Section}:{nameof(ApiOptions.EndedPodsMax)}", reconciler.EndedPodsMax));
            services.AddSingleton<PublishedApi>();
            services.AddOptions<ReconcilerOptions>().Configure<PublishedApi>((reconciler, api) => reconciler.Api = api.Read);
        }

        services.AddTokenAuthentication();
        services.AddRequestLimits();
        services.AddMediation();
        services.AddSwagger();
        services.AddFigures();
        services.AddSingleton<CacheReader>();
        services.AddSingleton<ServiceAllocator>();
        services.AddSingleton<QuotaCharges>();
        services.AddSingleton<Updater>();
        services.AddSingleton<Deleter>();
        services.AddSingleton<WorkloadSnapshots>();
        services.AddSingleton<IdempotentRequests>();
        services.AddSingleton<KeptSnapshots>();
        services.AddSingleton<ReplicaAddress>();
        services.AddSingleton<StreamBroker>();
        services.AddSingleton<StreamDialing>();
        services.AddHostedService<SharedStreams>();
        services.AddSingleton<CommandSessions>();
        services.AddSingleton<PortForwarding>();
        services.AddHttpForwarder();
        services.AddSingleton<AgentSessions>();
        services.AddSingleton<NodeTokens>();
        services.AddSingleton<Func<Guid>>(Guid.NewGuid);
        services.AddSingleton<ReportHandler>();
        services.AddSingleton<ImageHandler>();
        services.AddSingleton<DesiredStates>();
        services.AddSingleton<NodeAssignments>();
        services.AddHostedService(provider => provider.GetRequiredService<NodeAssignments>());
        services.AddSingleton<RouteTables>();
        services.AddHostedService(provider => provider.GetRequiredService<RouteTables>());
        services.AddSingleton<Readiness>();
        services.AddHostedService<FirstObjects>();
    }

    private static void Listen(KestrelServerOptions kestrel)
    {
        ApiOptions options = kestrel.ApplicationServices.GetRequiredService<IOptions<ApiOptions>>().Value;
        kestrel.AddServerHeader = false;

        // Who reads a body bounds it (BodyReader). The server's own limit closes the connection while the client still sends, so that the answer would not reach it.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.Http2.MaxStreamsPerConnection = StreamsPerConnectionMax;
        if (options.HttpPort > 0)
        {
            kestrel.ListenLocalhost(options.HttpPort, listen => listen.Protocols = HttpProtocols.Http1);
        }
        else if (options.HttpPort == 0)
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        }

        if (options.HttpsPort >= 0)
        {
            ServerCertificates certificates = kestrel.ApplicationServices.GetRequiredService<ServerCertificates>();
            kestrel.ListenAnyIP(options.HttpsPort, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(https => https.ServerCertificateSelector = (_, _) => certificates.Current);
            });
        }
    }

    private static void Map(WebApplication app)
    {
        app.UseMiddleware<ErrorResponses>();
        app.UseWhen(http => http.Request.Path.StartsWithSegments(SwaggerSetup.Path), SwaggerSetup.UseSwaggerPages);
        app.UseRouting();
        app.UseWebSockets();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseRateLimiter();
        app.MapHealth();
        app.MapMetrics();
        app.MapDiscovery();
        app.MapOpenApi();
        app.MapKinds();
        app.MapReviews();
        app.MapCustomKinds();
        app.MapAgents();
        app.MapGateways();
    }
}
