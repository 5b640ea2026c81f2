using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlPlane.Api.Wire;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Domain.Commits;

namespace ControlPlane.Api.Kinds;

/// <summary>
/// Kinds that users define, of which there are none: an empty list says so. kubectl asks for it, without a look at discovery, where a manifest's kind is missing in a group that
/// is served (cli-runtime, CRDFinder), and says <c>no matches for kind</c> then. Discovery does not name it: nothing can be made there.
/// </summary>
internal static class CustomKinds
{
    private const string ApiVersion = "apiextensions.k8s.io/v1";

    public static void MapCustomKinds(this IEndpointRouteBuilder routes) =>
        routes.MapGet($"/apis/{ApiVersion}/customresourcedefinitions", ListAsync).ExcludeFromDescription();

    /// <exception cref="ApiException">405: a watch, which would never have anything to say.</exception>
    private static Task ListAsync(HttpContext http, IResourceCache cache)
    {
        BodyFormat format = Negotiation.FormatFor(http.Request);
        if (ListOptions.Parse(http.Request.Query).Watch)
        {
            throw StatusError.MethodNotAllowed();
        }

        JsonObject list = new()
        {
            ["kind"] = "CustomResourceDefinitionList",
            ["apiVersion"] = ApiVersion,
            ["metadata"] = new JsonObject { ["resourceVersion"] = cache.Revision.ToString(CultureInfo.InvariantCulture) },
            ["items"] = new JsonArray(),
        };
        http.Response.ContentType = MediaTypes.Of(format);
        return http.Response.Body.WriteAsync(Notation.For(http, JsonSerializer.SerializeToUtf8Bytes(list), format), http.RequestAborted).AsTask();
    }
}
