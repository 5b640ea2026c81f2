using System.Text.Json;
using System.Text.Json.Nodes;
using ControlPlane.Api.Wire.Decoding;
using Microsoft.Net.Http.Headers;

namespace ControlPlane.Api.Wire.Discovery;

/// <summary>Maps <c>/version</c>, <c>/api</c>, <c>/apis</c> and what is below them.</summary>
internal static class DiscoveryEndpoints
{
    public static void MapDiscovery(this IEndpointRouteBuilder endpoints)
    {
        Map(endpoints, "/version", _ => ServerVersion.Document);
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
        endpoints.MapGet(path, (HttpContext context) => Tagged(context, document(context), MediaTypes.Json))
            .ExcludeFromDescription();

    /// <summary>A root answers plainly or aggregated, whichever its client prefers of what it accepts.</summary>
    private static void MapRoot(IEndpointRouteBuilder endpoints, string path, bool isCore, Func<HttpContext, JsonObject> plain) =>
        endpoints.MapGet(path, (HttpContext context) => AggregatedVersion(context.Request) is { } version
                ? Tagged(context, DiscoveryDocuments.Aggregated(isCore, version), $"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList")
                : Tagged(context, plain(context), MediaTypes.Json))
            .ExcludeFromDescription();

    private static IResult Tagged(HttpContext context, JsonObject document, string mediaType) =>
        TaggedDocument.Of(context, JsonSerializer.SerializeToUtf8Bytes(document), mediaType);

    /// <summary>The version of the aggregated form that comes first in what the client accepts; null when a plain form comes before it.</summary>
    private static string? AggregatedVersion(HttpRequest request)
    {
        foreach (MediaTypeHeaderValue accepted in request.GetTypedHeaders().Accept)
        {
            string? form = Parameter(accepted, "as");
            if (form is null)
            {
                if (accepted.MatchesMediaType("application/json"))
                {
                    return null;
                }

                continue;
            }

            if (form == "APIGroupDiscoveryList" && Parameter(accepted, "g") == "apidiscovery.k8s.io" && Parameter(accepted, "v") is "v2" or "v2beta1")
            {
                return Parameter(accepted, "v");
            }
        }

        return null;
    }

    private static string? Parameter(MediaTypeHeaderValue type, string name) =>
        type.Parameters.FirstOrDefault(parameter => parameter.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Value.Value;
}
