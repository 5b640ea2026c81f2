using System.Globalization;
using System.Text.Json;
using ControlPlane.Api.Pipeline;
using ControlPlane.Api.Security;
using ControlPlane.Api.Wire;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Agents.Streams;
using ControlPlane.Domain.Resources;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace ControlPlane.Api.Agents;

/// <summary>The agent protocol over HTTP; see <c>ControlPlane.Domain.Agents</c> for what is said.</summary>
internal static class AgentEndpoints
{
    public static void MapAgents(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/agent/v1").RequireAuthorization(TokenAuthentication.AgentPolicy).ExcludeFromDescription();
        group.MapPost("/nodes/{name}/join", JoinAsync);
        group.MapPost("/nodes/{name}/report", ReportAsync);
        group.MapPost("/nodes/{name}/images", ImagesAsync);
        group.MapGet("/nodes/{name}/desired", DesiredAsync).WithMetadata(new LongRequestAttribute());
        group.MapPost("/streams/{id}", StreamAsync).WithMetadata(new LongRequestAttribute());
        group.MapGet("/streams/{id}", DuplexStreamAsync).WithMetadata(new LongRequestAttribute());
    }

    private static async Task JoinAsync(HttpContext http, NodeTokens tokens)
    {
        await tokens.JoinAsync(http, NodeOf(http));
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task ReportAsync(HttpContext http, ReportHandler reports, NodeTokens tokens)
    {
        await tokens.CheckAsync(http, NodeOf(http));
        NodeReport report = await ReadAsync<NodeReport>(http);
        await WriteAsync(http, await reports.HandleAsync(NodeOf(http), report, http.RequestAborted));
    }

    private static async Task ImagesAsync(HttpContext http, ImageHandler images, NodeTokens tokens)
    {
        await tokens.CheckAsync(http, NodeOf(http));
        ImageReport report = await ReadAsync<ImageReport>(http);
        await WriteAsync(http, await images.HandleAsync(NodeOf(http), report, http.RequestAborted));
    }

    private static async Task DesiredAsync(HttpContext http, DesiredStates desired, NodeTokens tokens)
    {
        await tokens.CheckAsync(http, NodeOf(http));
        string? after = http.Request.Query["after"];
        long revision = 0;
        if (!string.IsNullOrEmpty(after) && !long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out revision))
        {
            throw StatusError.BadRequest($"after: Invalid value: \"{after}\": must be a revision");
        }

        await WriteAsync(http, DesiredBody.Of(await desired.NextAsync(NodeOf(http), revision, http.Request.Query["store"].ToString(), http.RequestAborted)));
    }

    /// <summary>The agent's side of a stream: the call lasts until the client has read it all, or has gone.</summary>
    private static async Task StreamAsync(HttpContext http, StreamBroker streams, NodeTokens tokens)
    {
        string id = (string)http.Request.RouteValues["id"]!;
        if (streams.NodeOf(id) is { } node)
        {
            await tokens.CheckAsync(http, node);
        }

        // A log may be silent for hours: no least rate for its bytes.
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        int? failure = int.TryParse(http.Request.Query["status"], NumberStyles.None, CultureInfo.InvariantCulture, out int code) ? code : null;
        PendingStream? stream = streams.Connect(id, new AgentStream(http.Request.BodyReader, failure, http.RequestAborted));
        if (stream is null)
        {
            throw NobodyWaits();
        }

        // Somebody else reads this call's body, who is told when the call is broken off: until they have let go of it the call must not end, or that read never would.
        await stream.Finished;
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true && !stream.IsReadToEnd)
        {
            // The client has gone before the end: breaking the call off is what tells the agent to stop sending.
            http.Abort();
        }
    }

    /// <summary>The agent's side of a stream in both directions: the call lasts until the client is done with it, or has gone.</summary>
    private static async Task DuplexStreamAsync(HttpContext http, StreamBroker streams, NodeTokens tokens)
    {
        string id = (string)http.Request.RouteValues["id"]!;
        if (streams.NodeOf(id) is not { } node)
        {
            throw NobodyWaits();
        }

        await tokens.CheckAsync(http, node);
        if (!UpgradedConnection.IsAskedFor(http, StreamRequest.DuplexProtocol))
        {
            throw StatusError.BadRequest($"the connection must be upgraded to {StreamRequest.DuplexProtocol}");
        }

        await using StreamConnection connection = new(await UpgradedConnection.AcceptAsync(http, StreamRequest.DuplexProtocol));
        if (streams.Connect(id, AgentStream.Of(connection)) is { } stream)
        {
            await stream.Finished;
        }
    }

    private static ApiException NobodyWaits() =>
        new(new Status { Code = StatusCodes.Status404NotFound, Reason = StatusReason.NotFound, Message = "nobody waits for this stream" });

    private static string NodeOf(HttpContext http) => (string)http.Request.RouteValues["name"]!;

    private static async Task<T> ReadAsync<T>(HttpContext http)
    {
        try
        {
            ReadOnlyMemory<byte> body = ReportText.WithoutNul(await BodyReader.ReadAsync(http));
            return JsonSerializer.Deserialize<T>(body.Span, ResourceJson.Options) ?? throw StatusError.BadRequest("null is no report");
        }
        catch (JsonException broken)
        {
            throw StatusError.BadRequest($"the report cannot be read: {broken.Message}");
        }
    }

    private static Task WriteAsync(HttpContext http, object answer) => WriteAsync(http, ResourceJson.SerializeToUtf8Bytes(answer));

    private static async Task WriteAsync(HttpContext http, byte[] body)
    {
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }
}
