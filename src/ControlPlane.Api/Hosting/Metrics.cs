using ControlPlane.Reconciler;
using OpenTelemetry.Metrics;

namespace ControlPlane.Api.Hosting;

/// <summary>The process's figures as Prometheus reads them, for administrators: requests, the reconciler, connections to PostgreSQL, the runtime.</summary>
internal static class Metrics
{
    public const string Path = "/metrics";

    private const string Requests = "Microsoft.AspNetCore.Hosting";
    private const string Database = "Npgsql";
    private const string Runtime = "System.Runtime";

    public static void AddFigures(this IServiceCollection services) => services.AddOpenTelemetry().WithMetrics(metrics => metrics
        .AddMeter(ReconcilerServiceCollectionExtensions.MeterName, Requests, Database, Runtime)
        .AddPrometheusExporter());

    public static void MapMetrics(this IEndpointRouteBuilder routes) => routes.MapPrometheusScrapingEndpoint(Path);
}
