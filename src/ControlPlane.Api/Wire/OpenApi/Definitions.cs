using System.Text.Json.Nodes;
using ControlPlane.Api.Kinds;
using ControlPlane.Api.Wire.Apply;
using ControlPlane.Api.Wire.Schemas;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.OpenApi;

/// <summary>Which of the two document formats is written: they differ in where definitions stand and in how a value of two types is said.</summary>
internal enum OpenApiVersion
{
    V2,
    V3,
}

/// <summary>
/// The definitions of one document: every type that is reached from the ones asked for, from the same <see cref="Schema"/> that decodes
/// bodies and applies patches.
/// </summary>
internal sealed class Definitions(OpenApiVersion version)
{
    private const string ListType = "x-kubernetes-list-type";
    private const string MapType = "x-kubernetes-map-type";
    private const string Atomic = "atomic";

    private readonly SortedDictionary<string, JsonObject> known = new(StringComparer.Ordinal);

    /// <summary>A reference to a record's definition, which is added with all that it refers to.</summary>
    public JsonObject Reference(Type type)
    {
        string name = DefinitionNames.Of(type);
        if (known.TryAdd(name, []))
        {
            JsonObject definition = ObjectDefinition(type);
            AddGroupVersionKind(definition, type);
            known[name] = definition;
        }

        return ReferenceTo(name);
    }

    /// <summary>A reference to the list of a kind.</summary>
    public JsonObject ReferenceToList(ResourceKind kind)
    {
        string name = DefinitionNames.ListOf(kind.Type);
        if (known.TryAdd(name, []))
        {
            known[name] = new JsonObject
            {
                ["description"] = $"{kind.Kind}List is a list of {kind.Plural}.",
                ["type"] = "object",
                ["required"] = new JsonArray("items"),
                ["properties"] = new JsonObject
                {
                    ["apiVersion"] = new JsonObject { ["type"] = "string" },
                    ["items"] = new JsonObject { ["type"] = "array", ["items"] = Reference(kind.Type) },
                    ["kind"] = new JsonObject { ["type"] = "string" },
                    ["metadata"] = ReferenceToCommon(DefinitionNames.ListMeta),
                },
                ["x-kubernetes-group-version-kind"] = new JsonArray(GroupVersionKind(kind.Group, kind.Version, $"{kind.Kind}List")),
            };
        }

        return ReferenceTo(name);
    }

    /// <summary>A reference to one of <see cref="CommonDefinitions"/>.</summary>
    public JsonObject ReferenceToCommon(string name)
    {
        known.TryAdd(name, CommonDefinitions.Of(name, version));
        return ReferenceTo(name);
    }

    public JsonObject ToJson()
    {
        JsonObject definitions = [];
        foreach ((string name, JsonObject definition) in known)
        {
            definitions[name] = definition;
        }

        return definitions;
    }

    public static JsonObject GroupVersionKind(string group, string version, string kind) =>
        new() { ["group"] = group, ["kind"] = kind, ["version"] = version };

    private JsonObject ObjectDefinition(Type type)
    {
        Schema schema = Schema.Of(type);
        JsonObject properties = [];
        foreach (SchemaProperty property in schema.Properties.Values.OrderBy(property => property.Name, StringComparer.Ordinal))
        {
            properties[property.Name] = Property(schema, property);
        }

        JsonObject definition = new() { ["type"] = "object", ["properties"] = properties };
        Describe(definition, Documentation.Of(type));
        if (FieldShape.Of(schema).Granularity == Granularity.Whole)
        {
            definition[MapType] = Atomic;
        }

        return definition;
    }

    private JsonObject Property(Schema record, SchemaProperty property)
    {
        JsonObject schema = Value(property.Schema);
        string description = Documentation.Of(property.Member);
        if (schema.ContainsKey("$ref") && version == OpenApiVersion.V3 && (description.Length > 0 || property.Patch is not null))
        {
            // In OpenAPI 3.0 nothing may stand beside a $ref.
            schema = new JsonObject { ["allOf"] = new JsonArray(schema) };
        }

        Describe(schema, description);
        AddTopology(schema, FieldShape.Of(record, property));
        if (property.Patch is { } patch)
        {
            schema["x-kubernetes-patch-strategy"] = patch.Strategy;
            if (patch.MergeKey is not null)
            {
                schema["x-kubernetes-patch-merge-key"] = patch.MergeKey;
            }
        }

        return schema;
    }

    /// <summary>How finely the value is owned, for clients that merge by themselves: what server-side apply goes by, in the words of k8s.io/api's markers.</summary>
    private static void AddTopology(JsonObject schema, FieldShape shape)
    {
        switch (shape)
        {
            case { Granularity: Granularity.Elements, Keys: { } keys }:
                schema[ListType] = "map";
                schema["x-kubernetes-list-map-keys"] = new JsonArray([.. keys.Names.Select(name => JsonValue.Create(name))]);
                break;
            case { Granularity: Granularity.Values }:
                schema[ListType] = "set";
                break;
            case { Schema.Kind: SchemaKind.List }:
                schema[ListType] = Atomic;
                break;
            case { Schema.Kind: SchemaKind.Map, Granularity: Granularity.Whole }:
                schema[MapType] = Atomic;
                break;
        }
    }

    private JsonObject Value(Schema schema) => schema.Kind switch
    {
        SchemaKind.Object => Reference(schema.Type),
        SchemaKind.List => new JsonObject { ["type"] = "array", ["items"] = Value(schema.Element!) },
        SchemaKind.Map => new JsonObject { ["type"] = "object", ["additionalProperties"] = Value(schema.Element!) },
        SchemaKind.Text => new JsonObject { ["type"] = "string" },
        SchemaKind.Boolean => new JsonObject { ["type"] = "boolean" },
        SchemaKind.Int32 => new JsonObject { ["type"] = "integer", ["format"] = "int32" },
        SchemaKind.Int64 => new JsonObject { ["type"] = "integer", ["format"] = "int64" },
        SchemaKind.Decimal => new JsonObject { ["type"] = "number" },
        SchemaKind.IntOrString => ReferenceToCommon(DefinitionNames.IntOrString),
        SchemaKind.Quantity => ReferenceToCommon(DefinitionNames.Quantity),
        SchemaKind.Time => ReferenceToCommon(DefinitionNames.Time),
        SchemaKind.MicroTime => ReferenceToCommon(DefinitionNames.MicroTime),

        // Not empty: kubectl explain takes an empty schema for a missing one.
        SchemaKind.Any => new JsonObject { ["x-kubernetes-preserve-unknown-fields"] = true },
        _ => throw new NotSupportedException($"no OpenAPI form for {schema.Kind}"),
    };

    private JsonObject ReferenceTo(string name) =>
        new() { ["$ref"] = version == OpenApiVersion.V2 ? $"#/definitions/{name}" : $"#/components/schemas/{name}" };

    private static void AddGroupVersionKind(JsonObject definition, Type type)
    {
        if (ServedKinds.Listed.FirstOrDefault(served => served.Kind.Type == type) is { } served)
        {
            definition["x-kubernetes-group-version-kind"] = new JsonArray(GroupVersionKind(served.Kind.Group, served.Kind.Version, served.Kind.Kind));
        }
        else if (type == typeof(Scale))
        {
            definition["x-kubernetes-group-version-kind"] = new JsonArray(GroupVersionKind("autoscaling", "v1", "Scale"));
        }
    }

    private static void Describe(JsonObject schema, string description)
    {
        if (description.Length > 0)
        {
            schema["description"] = description;
        }
    }
}
