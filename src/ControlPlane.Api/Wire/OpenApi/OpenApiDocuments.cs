using System.Text.Json;
using System.Text.Json.Nodes;
using ControlPlane.Api.Wire.Discovery;

namespace ControlPlane.Api.Wire.OpenApi;

/// <summary>The OpenAPI documents that Kubernetes clients read: version 2 whole, version 3 one for each group.</summary>
internal static class OpenApiDocuments
{
    /// <summary>The <c>/openapi/v2</c> document.</summary>
    public static JsonObject V2()
    {
        Definitions definitions = new(OpenApiVersion.V2);
        JsonObject paths = Paths(Operations.All(), operation => V2Operation(operation, definitions), V2PathParameter);
        return new JsonObject
        {
            ["swagger"] = "2.0",
            ["info"] = Info(),
            ["paths"] = paths,
            ["definitions"] = definitions.ToJson(),
            ["securityDefinitions"] = new JsonObject
            {
                ["BearerToken"] = new JsonObject { ["type"] = "apiKey", ["name"] = "authorization", ["in"] = "header" },
            },
            ["security"] = new JsonArray(new JsonObject { ["BearerToken"] = new JsonArray() }),
        };
    }

    /// <summary>The document of one group and version: <c>/openapi/v3/api/v1</c>, <c>/openapi/v3/apis/apps/v1</c>.</summary>
    public static JsonObject V3(string groupPath)
    {
        Definitions definitions = new(OpenApiVersion.V3);
        JsonObject paths = Paths(
            Operations.All().Where(operation => operation.Served.GroupPath == groupPath),
            operation => V3Operation(operation, definitions),
            V3PathParameter);
        return new JsonObject
        {
            ["openapi"] = "3.0.0",
            ["info"] = Info(),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = definitions.ToJson(),
                ["securitySchemes"] = new JsonObject
                {
                    ["BearerToken"] = new JsonObject { ["type"] = "apiKey", ["name"] = "authorization", ["in"] = "header" },
                },
            },
        };
    }

    public static byte[] Serialize(JsonObject document) => JsonSerializer.SerializeToUtf8Bytes(document);

    private static JsonObject Info() => new() { ["title"] = "ControlPlane", ["version"] = ServerVersion.GitVersion };

    private static JsonObject Paths(IEnumerable<Operation> operations, Func<Operation, JsonObject> write, Func<string, JsonObject> writeParameter)
    {
        JsonObject paths = [];
        foreach (IGrouping<string, Operation> path in operations.GroupBy(operation => operation.Path).OrderBy(path => path.Key, StringComparer.Ordinal))
        {
            JsonObject item = [];
            foreach (Operation operation in path)
            {
                item[operation.Method] = write(operation);
            }

            item["parameters"] = new JsonArray([.. path.First().PathParameters.Select(writeParameter)]);
            paths[path.Key] = item;
        }

        return paths;
    }

    private static JsonObject V2Operation(Operation operation, Definitions definitions)
    {
        JsonArray parameters = [.. operation.Query.Select(V2QueryParameter)];
        if (PayloadSchema(operation.Body, operation.Type, operation, definitions) is { } body)
        {
            parameters.Insert(0, new JsonObject { ["name"] = "body", ["in"] = "body", ["required"] = !operation.IsBodyOptional, ["schema"] = body });
        }

        JsonObject document = Common(operation);
        document["consumes"] = Strings(operation.Consumes.Count == 0 ? ["*/*"] : operation.Consumes);
        document["produces"] = Strings(operation.Produces);
        document["parameters"] = parameters;
        document["responses"] = new JsonObject
        {
            ["200"] = new JsonObject
            {
                ["description"] = "OK",
                ["schema"] = PayloadSchema(operation.Response, operation.AnswerType, operation, definitions) ?? new JsonObject { ["type"] = "string" },
            },
            ["401"] = new JsonObject { ["description"] = "Unauthorized" },
        };
        return document;
    }

    private static JsonObject V3Operation(Operation operation, Definitions definitions)
    {
        JsonObject document = Common(operation);
        document["parameters"] = new JsonArray([.. operation.Query.Select(V3QueryParameter)]);
        if (operation.Body != Payload.None)
        {
            JsonObject content = [];
            foreach (string mediaType in operation.Consumes)
            {
                content[mediaType] = new JsonObject { ["schema"] = PayloadSchema(operation.Body, operation.Type, operation, definitions) };
            }

            document["requestBody"] = new JsonObject { ["required"] = !operation.IsBodyOptional, ["content"] = content };
        }

        JsonObject answers = [];
        foreach (string mediaType in operation.Produces)
        {
            answers[mediaType] = new JsonObject
            {
                ["schema"] = PayloadSchema(operation.Response, operation.AnswerType, operation, definitions) ?? new JsonObject { ["type"] = "string" },
            };
        }

        document["responses"] = new JsonObject
        {
            ["200"] = new JsonObject { ["description"] = "OK", ["content"] = answers },
            ["401"] = new JsonObject { ["description"] = "Unauthorized" },
        };
        return document;
    }

    private static JsonObject Common(Operation operation)
    {
        (string group, string version, string kind) = operation.GroupVersionKind;
        return new JsonObject
        {
            ["tags"] = new JsonArray(operation.Served.Kind.Group.Length == 0 ? "core_v1" : $"{operation.Served.Kind.Group}_{operation.Served.Kind.Version}"),
            ["operationId"] = operation.OperationId,
            ["x-kubernetes-action"] = operation.Action,
            ["x-kubernetes-group-version-kind"] = Definitions.GroupVersionKind(group, version, kind),
        };
    }

    private static JsonObject? PayloadSchema(Payload payload, Type type, Operation operation, Definitions definitions) => payload switch
    {
        Payload.Object => definitions.Reference(type),
        Payload.List => definitions.ReferenceToList(operation.Served.Kind),
        Payload.Patch => definitions.ReferenceToCommon(DefinitionNames.Patch),
        Payload.DeleteOptions => definitions.ReferenceToCommon(DefinitionNames.DeleteOptions),
        Payload.Status => definitions.ReferenceToCommon(DefinitionNames.Status),
        _ => null,
    };

    private static JsonObject V2QueryParameter(string name)
    {
        (string type, string description) = QueryParameters.Of(name);
        return new JsonObject { ["name"] = name, ["in"] = "query", ["type"] = type, ["description"] = description, ["uniqueItems"] = true };
    }

    private static JsonObject V3QueryParameter(string name)
    {
        (string type, string description) = QueryParameters.Of(name);
        return new JsonObject { ["name"] = name, ["in"] = "query", ["description"] = description, ["schema"] = new JsonObject { ["type"] = type } };
    }

    private static JsonObject V2PathParameter(string name) =>
        new() { ["name"] = name, ["in"] = "path", ["required"] = true, ["type"] = "string", ["description"] = PathDescription(name) };

    private static JsonObject V3PathParameter(string name) => new()
    {
        ["name"] = name,
        ["in"] = "path",
        ["required"] = true,
        ["description"] = PathDescription(name),
        ["schema"] = new JsonObject { ["type"] = "string" },
    };

    private static string PathDescription(string name) => name switch
    {
        "namespace" => "The object's namespace.",
        "path" => "The path that is asked for there.",
        _ => "The object's name.",
    };

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => JsonValue.Create(value))]);
}
