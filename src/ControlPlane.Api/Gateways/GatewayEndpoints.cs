using System.Globalization;
using System.Text.Json;
using ControlPlane.Api.Agents;
using ControlPlane.Api.Pipeline;
using ControlPlane.Api.Security;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using ControlPlane.Infrastructure.Presence;

namespace ControlPlane.Api.Gateways;

/// <summary>The gateways' two calls; see <c>ControlPlane.Domain.Routing</c> for what is said. A gateway speaks with its node's own token.</summary>
internal static class GatewayEndpoints
{
    /// <summary>How long an answer is held when there is no news.</summary>
    private static readonly TimeSpan HoldMax = TimeSpan.FromSeconds(30);

    private const int InstanceLengthMax = 128;

    /// <summary>A DNS subdomain's length, which names of ReplicaSets have at most.</summary>
    private const int ReplicaSetLengthMax = 253;

    public static void MapGateways(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/gateway/v1").RequireAuthorization(TokenAuthentication.AgentPolicy).ExcludeFromDescription();
        group.MapGet("/nodes/{name}/routes", RoutesAsync).WithMetadata(new LongRequestAttribute());
        group.MapPost("/nodes/{name}/report", ReportAsync);
    }

    private static async Task RoutesAsync(HttpContext http, RouteTables tables, NodeTokens tokens, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        await tokens.CheckAsync(http, NodeOf(http));
        string? after = http.Request.Query["after"];
        long revision = 0;
        if (!string.IsNullOrEmpty(after) && !long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out revision))
        {
            throw StatusError.BadRequest($"after: Invalid value: \"{after}\": must be a revision");
        }

        if (await NextAsync(tables, revision, http.Request.Query["store"].ToString(), lifetime, time, http.RequestAborted) is not { } view)
        {
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        http.Response.ContentType = "application/json";
        http.Response.ContentLength = view.Body.Length;
        await http.Response.Body.WriteAsync(view.Body, http.RequestAborted);
    }

    /// <summary>The table once it is newer than a revision of its store, at once for one who knows none; null when it is not within the hold.</summary>
    private static async Task<RouteTables.View?> NextAsync(
        RouteTables tables, long after, string store, IHostApplicationLifetime lifetime, TimeProvider time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource hold = new(HoldMax, time);
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, hold.Token, lifetime.ApplicationStopping);
        while (true)
        {
            RouteTables.View view = tables.Read();
            bool isNews = store.Length > 0 ? store != view.Store : after == 0;
            if (view.Store.Length > 0 && (isNews || view.Revision > after))
            {
                return view;
            }

            await Task.WhenAny(view.Changed.WaitAsync(ending.Token));
            cancellationToken.ThrowIfCancellationRequested();
            if (ending.IsCancellationRequested)
            {
                return null;
            }
        }
    }

    private static async Task ReportAsync(HttpContext http, IGatewayPresence presence, NodeTokens tokens)
    {
        await tokens.CheckAsync(http, NodeOf(http));
        presence.Note(NodeOf(http), await ReadReportAsync(http));
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task<GatewayReport> ReadReportAsync(HttpContext http)
    {
        GatewayReport report;
        try
        {
            ReadOnlyMemory<byte> body = await BodyReader.ReadAsync(http);
            report = JsonSerializer.Deserialize<GatewayReport>(body.Span, ResourceJson.Options) ?? throw StatusError.BadRequest("null is no report");
        }
        catch (JsonException broken)
        {
            throw StatusError.BadRequest($"the report cannot be read: {broken.Message}");
        }

        return report.Instance is not { Length: > 0 and <= InstanceLengthMax } || report.Instance.Contains('\0', StringComparison.Ordinal)
            ? throw StatusError.BadRequest($"instance: Invalid value: \"{report.Instance}\": must be a name of at most {InstanceLengthMax} characters")
            : report.Store.Length > InstanceLengthMax || report.Store.Contains('\0', StringComparison.Ordinal)
            ? throw StatusError.BadRequest("store: Invalid value: must be a store's identity")
            : WhyUnusable(report.Traffic) is { } why
            ? throw StatusError.BadRequest(why)
            : report;
    }

    /// <summary>Null for figures that can be kept; else the first that cannot, by its path.</summary>
    private static string? WhyUnusable(ValueList<TrafficFigures> traffic)
    {
        if (traffic.Count > TrafficFigures.FiguresMax)
        {
            return $"traffic: Too many: {traffic.Count}: must have at most {TrafficFigures.FiguresMax} items";
        }

        for (int i = 0; i < traffic.Count; i++)
        {
            TrafficFigures figures = traffic[i];
            if (figures.ReplicaSet.Length > ReplicaSetLengthMax || figures.ReplicaSet.Contains('\0', StringComparison.Ordinal))
            {
                return $"traffic[{i}].replicaSet: Invalid value: must be a ReplicaSet's name";
            }

            if (figures.Requests < 0 || figures.Failures < 0 || figures.InFlight < 0 || figures.Latency.Any(count => count < 0))
            {
                return $"traffic[{i}]: Invalid value: no count can be less than 0";
            }

            if (!figures.Latency.IsEmpty && figures.Latency.Count != TrafficFigures.LatencyBounds.Count + 1)
            {
                return $"traffic[{i}].latency: Invalid value: must have {TrafficFigures.LatencyBounds.Count + 1} counts or none, not {figures.Latency.Count}";
            }
        }

        return null;
    }

    private static string NodeOf(HttpContext http) => (string)http.Request.RouteValues["name"]!;
}
