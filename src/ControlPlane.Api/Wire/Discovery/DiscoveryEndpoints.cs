using System.Text.Json;
using System.Text.Json.Nodes;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Api.Wire.Yaml;

namespace ControlPlane.Api.Wire.Discovery;

/// <summary>Maps <c>/version</c>, <c>/api</c>, <c>/apis</c> and what is below them.</summary>
internal static class DiscoveryEndpoints
{
    private const string AggregatedGroup = "apidiscovery.k8s.io";
    private const string AggregatedKind = "APIGroupDiscoveryList";

    public static void MapDiscovery(this IEndpointRouteBuilder endpoints)
    {
        // In JSON, whatever is accepted (as Kubernetes).
        endpoints.MapGet("/version", (HttpContext context) => Tagged(context, ServerVersion.Document, BodyFormat.Json)).ExcludeFromDescription();
        MapRoot(endpoints, "/api", isCore: true, context => DiscoveryDocuments.ApiVersions(context.Request.Host.Value ?? ""));
        MapRoot(endpoints, "/apis", isCore: false, _ => DiscoveryDocuments.GroupList());
        Map(endpoints, "/api/v1", _ => DiscoveryDocuments.ResourceList("", "v1"));
        foreach ((string group, IReadOnlyList<string> versions) in DiscoveryDocuments.Groups)
        {
            Map(endpoints, $"/apis/{group}", _ => DiscoveryDocuments.Group(group, versions));
            foreach (string version in versions)
            {
                Map(endpoints, $"/apis/{group}/{version}", _ => DiscoveryDocuments.ResourceList(group, version));
            }
        }
    }

    private static void Map(IEndpointRouteBuilder endpoints, string path, Func<HttpContext, JsonObject> document) =>
        endpoints.MapGet(path, (HttpContext context) => Tagged(context, document(context), Negotiation.FormatFor(context.Request)))
            .ExcludeFromDescription();

    /// <summary>A root answers plainly or aggregated, whichever its client prefers of what it accepts.</summary>
    private static void MapRoot(IEndpointRouteBuilder endpoints, string path, bool isCore, Func<HttpContext, JsonObject> plain) =>
        endpoints.MapGet(path, (HttpContext context) => Root(context, isCore, plain)).ExcludeFromDescription();

    /// <exception cref="ApiException">406: none of the accepted media types can be served.</exception>
    private static IResult Root(HttpContext context, bool isCore, Func<HttpContext, JsonObject> plain)
    {
        foreach (Wish wish in Negotiation.WishesOf(context.Request))
        {
            if (wish.IsPlain)
            {
                return Tagged(context, plain(context), wish.Format);
            }

            if (AggregatedVersion(wish) is { } version)
            {
                return Tagged(context, DiscoveryDocuments.Aggregated(isCore, version), wish.Format, $";g={AggregatedGroup};v={version};as={AggregatedKind}");
            }
        }

        throw Negotiation.NotAcceptable();
    }

    /// <param name="context">Of the request.</param>
    /// <param name="document">What is answered.</param>
    /// <param name="format">In which format.</param>
    /// <param name="form">What the media type says beside, as it stands there.</param>
    private static IResult Tagged(HttpContext context, JsonObject document, BodyFormat format, string form = "")
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(document);
        return TaggedDocument.Of(context, format == BodyFormat.Yaml ? JsonToYaml.Convert(json) : json, MediaTypes.Of(format) + form);
    }

    /// <summary>The version of the aggregated form that a client wants; null for another form.</summary>
    private static string? AggregatedVersion(Wish wish) =>
        wish.Parameter("as") == AggregatedKind && wish.Parameter("g") == AggregatedGroup && wish.Parameter("v") is "v2" or "v2beta1" ? wish.Parameter("v") : null;
}
