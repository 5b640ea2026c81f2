using System.Text.Json.Nodes;
using ProtoBuf;

namespace ControlPlane.Api.Wire.OpenApi;

/// <summary>
/// Writes the version 2 document in gnostic's protobuf form, the only one that kubectl before 1.27 asks for. What the messages in use
/// have no field for (security, tags' descriptions) is left out: no client reads it.
/// </summary>
internal static class GnosticWriter
{
    public static byte[] Write(JsonObject document)
    {
        GnosticDocument message = new()
        {
            Swagger = Text(document, "swagger"),
            Info = new GnosticInfo { Title = Text(document["info"]!, "title"), Version = Text(document["info"]!, "version") },
            Paths = new GnosticPaths(),
            Definitions = Schemas(document["definitions"]!.AsObject()),
        };
        message.Paths.Items.AddRange(Named(document["paths"]!.AsObject(), PathItem));
        using MemoryStream stream = new();
        Serializer.Serialize(stream, message);
        return stream.ToArray();
    }

    private static GnosticPathItem PathItem(JsonNode path)
    {
        GnosticPathItem item = new()
        {
            Get = Operation(path["get"]),
            Put = Operation(path["put"]),
            Post = Operation(path["post"]),
            Delete = Operation(path["delete"]),
            Options = Operation(path["options"]),
            Head = Operation(path["head"]),
            Patch = Operation(path["patch"]),
        };
        item.Parameters.AddRange(Parameters(path["parameters"]));
        return item;
    }

    private static GnosticOperation? Operation(JsonNode? operation)
    {
        if (operation is null)
        {
            return null;
        }

        GnosticOperation message = new() { OperationId = Text(operation, "operationId"), Responses = new GnosticResponses() };
        message.Tags.AddRange(Texts(operation["tags"]));
        message.Produces.AddRange(Texts(operation["produces"]));
        message.Consumes.AddRange(Texts(operation["consumes"]));
        message.Parameters.AddRange(Parameters(operation["parameters"]));
        message.Responses.Codes.AddRange(Named(operation["responses"]!.AsObject(), response => new GnosticResponseValue
        {
            Response = new GnosticResponse { Description = Text(response, "description"), Schema = SchemaItem(response["schema"]) },
        }));
        message.Extensions.AddRange(Extensions(operation));
        return message;
    }

    private static IEnumerable<GnosticParametersItem> Parameters(JsonNode? parameters) =>
        (parameters?.AsArray() ?? []).Select(parameter => new GnosticParametersItem { Parameter = Parameter(parameter!) });

    private static GnosticParameter Parameter(JsonNode parameter)
    {
        string name = Text(parameter, "name")!;
        return Text(parameter, "in") switch
        {
            "body" => new GnosticParameter
            {
                Body = new GnosticBodyParameter { Name = name, In = "body", Required = Flag(parameter, "required"), Schema = Schema(parameter["schema"]!) },
            },
            "path" => new GnosticParameter
            {
                NonBody = new GnosticNonBodyParameter
                {
                    Path = new GnosticPathParameter { Name = name, In = "path", Required = true, Type = Text(parameter, "type"), Description = Text(parameter, "description") },
                },
            },
            _ => new GnosticParameter
            {
                NonBody = new GnosticNonBodyParameter
                {
                    Query = new GnosticQueryParameter
                    {
                        Name = name,
                        In = "query",
                        Type = Text(parameter, "type"),
                        Description = Text(parameter, "description"),
                        UniqueItems = Flag(parameter, "uniqueItems"),
                    },
                },
            },
        };
    }

    private static GnosticSchemas Schemas(JsonObject schemas)
    {
        GnosticSchemas message = new();
        message.Items.AddRange(Named(schemas, Schema));
        return message;
    }

    private static GnosticSchemaItem? SchemaItem(JsonNode? schema) => schema is null ? null : new GnosticSchemaItem { Schema = Schema(schema) };

    private static GnosticSchema Schema(JsonNode schema)
    {
        GnosticSchema message = new()
        {
            Ref = Text(schema, "$ref"),
            Format = Text(schema, "format"),
            Description = Text(schema, "description"),
            AdditionalProperties = SchemaItem(schema["additionalProperties"]),
            Properties = schema["properties"] is JsonObject properties ? Schemas(properties) : null,
        };
        message.Required.AddRange(Texts(schema["required"]));
        if (Text(schema, "type") is { } type)
        {
            message.Type = new GnosticType();
            message.Type.Values.Add(type);
        }

        if (schema["items"] is { } items)
        {
            message.Items = new GnosticItems();
            message.Items.Schemas.Add(Schema(items));
        }

        message.Extensions.AddRange(Extensions(schema));
        return message;
    }

    private static IEnumerable<GnosticNamed<GnosticAny>> Extensions(JsonNode node) =>
        node.AsObject()
            .Where(member => member.Key.StartsWith("x-", StringComparison.Ordinal))
            .Select(member => new GnosticNamed<GnosticAny> { Name = member.Key, Value = new GnosticAny { Yaml = member.Value!.ToJsonString() + "\n" } });

    private static IEnumerable<GnosticNamed<T>> Named<T>(JsonObject map, Func<JsonNode, T> value)
        where T : class =>
        map.Select(member => new GnosticNamed<T> { Name = member.Key, Value = value(member.Value!) });

    private static string? Text(JsonNode node, string member) => node[member]?.GetValue<string>();

    private static bool Flag(JsonNode node, string member) => node[member]?.GetValue<bool>() ?? false;

    private static IEnumerable<string> Texts(JsonNode? list) => (list?.AsArray() ?? []).Select(item => item!.GetValue<string>());
}
