using System.Collections.Frozen;
using System.Text.Json.Nodes;
using ControlPlane.Api.Kinds;
using ControlPlane.Api.Wire.Decoding;

namespace ControlPlane.Api.Wire.OpenApi;

/// <summary>Maps <c>/openapi/v2</c> and <c>/openapi/v3</c>. The documents are made once, when first asked for.</summary>
internal static class OpenApiEndpoints
{
    /// <summary>Clients ask with an @ in the type; Go's media type parser refuses one in an answer, and Kubernetes answers with this.</summary>
    private const string ProtobufV2 = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

    private static readonly Lazy<byte[]> V2Json = new(() => OpenApiDocuments.Serialize(OpenApiDocuments.V2()));

    private static readonly Lazy<byte[]> V2Protobuf = new(() => GnosticWriter.Write(OpenApiDocuments.V2()));

    private static readonly Lazy<FrozenDictionary<string, byte[]>> V3 = new(() => ServedKinds.Listed
        .Select(served => served.GroupPath)
        .Distinct()
        .ToFrozenDictionary(path => path, path => OpenApiDocuments.Serialize(OpenApiDocuments.V3(path))));

    private static readonly Lazy<byte[]> V3Index = new(() => OpenApiDocuments.Serialize(Index()));

    public static void MapOpenApi(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/openapi/v2", (HttpContext context) => WantsProtobuf(context.Request)
                ? TaggedDocument.Of(context, V2Protobuf.Value, ProtobufV2)
                : Json(context, V2Json.Value))
            .ExcludeFromDescription();
        endpoints.MapGet("/openapi/v3", (HttpContext context) => Json(context, V3Index.Value)).ExcludeFromDescription();
        foreach (string path in ServedKinds.Listed.Select(served => served.GroupPath).Distinct())
        {
            endpoints.MapGet($"/openapi/v3{path}", (HttpContext context) => GroupDocument(context, path)).ExcludeFromDescription();
        }
    }

    /// <summary>The document of a group. One that was asked for by its content never changes; asked for by another's, the client is told where it is now (as Kubernetes does).</summary>
    private static IResult GroupDocument(HttpContext context, string path)
    {
        byte[] document = V3.Value[path];
        if (context.Request.Query["hash"] is [{ Length: > 0 } asked, ..])
        {
            if (asked != TaggedDocument.HashOf(document))
            {
                return Results.Redirect(AddressOf(path, document), permanent: true);
            }

            // A year, in seconds.
            context.Response.Headers.CacheControl = "public, immutable, max-age=31536000";
        }

        return Json(context, document);
    }

    /// <summary>These documents are JSON, or protobuf; in YAML Kubernetes has none either.</summary>
    /// <exception cref="ApiException">406: the client takes no JSON.</exception>
    private static IResult Json(HttpContext context, byte[] document) =>
        Negotiation.WishesOf(context.Request).Any(wish => wish is { Format: BodyFormat.Json, IsPlain: true })
            ? TaggedDocument.Of(context, document, MediaTypes.Json)
            : throw StatusError.NotAcceptable(MediaTypes.Json);

    private static bool WantsProtobuf(HttpRequest request) =>
        request.Headers.Accept.Any(accept => accept?.Contains("proto-openapi.spec.v2", StringComparison.Ordinal) == true);

    /// <summary>Each group's document with the hash of its content in the address, so that clients may keep it for good.</summary>
    private static JsonObject Index()
    {
        JsonObject paths = [];
        foreach ((string path, byte[] document) in V3.Value.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            paths[path.TrimStart('/')] = new JsonObject { ["serverRelativeURL"] = AddressOf(path, document) };
        }

        return new JsonObject { ["paths"] = paths };
    }

    private static string AddressOf(string path, byte[] document) => $"/openapi/v3{path}?hash={TaggedDocument.HashOf(document)}";
}
