using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ControlPlane.Api.Kinds;

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
                ? Results.Bytes(V2Protobuf.Value, ProtobufV2)
                : Results.Bytes(V2Json.Value, "application/json"))
            .ExcludeFromDescription();
        endpoints.MapGet("/openapi/v3", () => Results.Bytes(V3Index.Value, "application/json")).ExcludeFromDescription();
        foreach (string path in ServedKinds.Listed.Select(served => served.GroupPath).Distinct())
        {
            endpoints.MapGet($"/openapi/v3{path}", () => Results.Bytes(V3.Value[path], "application/json")).ExcludeFromDescription();
        }
    }

    private static bool WantsProtobuf(HttpRequest request) =>
        request.Headers.Accept.Any(accept => accept?.Contains("proto-openapi.spec.v2", StringComparison.Ordinal) == true);

    /// <summary>Each group's document with the hash of its content in the address, so that clients may keep it for good.</summary>
    private static JsonObject Index()
    {
        JsonObject paths = [];
        foreach ((string path, byte[] document) in V3.Value.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            paths[path.TrimStart('/')] = new JsonObject
            {
                ["serverRelativeURL"] = $"/openapi/v3{path}?hash={Convert.ToHexString(SHA256.HashData(document).AsSpan(0, 16))}",
            };
        }

        return new JsonObject { ["paths"] = paths };
    }
}
