using System.Text.Json.Nodes;

namespace ControlPlane.Api.Wire.OpenApi;

/// <summary>The definitions that stand behind no record: scalars with a form of their own, and the messages around objects.</summary>
internal static class CommonDefinitions
{
    public static JsonObject Of(string name, OpenApiVersion version) => name switch
    {
        DefinitionNames.IntOrString => IntOrString(version),
        DefinitionNames.Quantity => Quantity(version),
        DefinitionNames.Time or DefinitionNames.MicroTime => new JsonObject { ["type"] = "string", ["format"] = "date-time" },
        DefinitionNames.Patch => new JsonObject { ["type"] = "object", ["description"] = "A patch, in the form that the request's content type names." },
        DefinitionNames.ListMeta => Object(
            "What a list carries.",
            ("continue", Text("Asks for the next part of the list, at the same revision.")),
            ("remainingItemCount", Integer("How many objects follow this part, when no selector is given.")),
            ("resourceVersion", Text("The revision the list was read at; a watch continues from it."))),
        DefinitionNames.Status => Object(
            "How a request ended that answers no object.",
            ("apiVersion", Text("")), ("kind", Text("")), ("metadata", new JsonObject { ["type"] = "object" }),
            ("status", Text("Success or Failure.")), ("message", Text("What went wrong, for people.")), ("reason", Text("What went wrong, for programs.")),
            ("details", new JsonObject { ["type"] = "object" }), ("code", Integer("The HTTP status code."))),
        DefinitionNames.DeleteOptions => Object(
            "How to delete.",
            ("apiVersion", Text("")), ("kind", Text("")), ("dryRun", Texts("All: check everything, store nothing.")),
            ("gracePeriodSeconds", Integer("Seconds granted for a graceful end; 0: at once.")),
            ("propagationPolicy", Text("Background, Foreground or Orphan.")), ("orphanDependents", new JsonObject { ["type"] = "boolean" }),
            ("preconditions", Object("What must hold.", ("uid", Text("")), ("resourceVersion", Text("")))),
            ("ignoreStoreReadErrorWithClusterBreakingPotential", new JsonObject { ["type"] = "boolean" })),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "not a common definition"),
    };

    private static JsonObject IntOrString(OpenApiVersion version) => version == OpenApiVersion.V2
        ? new JsonObject { ["type"] = "string", ["format"] = "int-or-string", ["description"] = "A number or a text." }
        : new JsonObject
        {
            ["description"] = "A number or a text.",
            ["format"] = "int-or-string",
            ["oneOf"] = new JsonArray(new JsonObject { ["type"] = "integer" }, new JsonObject { ["type"] = "string" }),
        };

    private static JsonObject Quantity(OpenApiVersion version)
    {
        const string Description = "An amount of a resource, such as 500m of a CPU or 128Mi of memory.";
        return version == OpenApiVersion.V2
            ? new JsonObject { ["type"] = "string", ["description"] = Description }
            : new JsonObject
            {
                ["description"] = Description,
                ["oneOf"] = new JsonArray(new JsonObject { ["type"] = "string" }, new JsonObject { ["type"] = "number" }),
            };
    }

    private static JsonObject Object(string description, params ReadOnlySpan<(string Name, JsonObject Schema)> members)
    {
        JsonObject properties = [];
        foreach ((string name, JsonObject schema) in members)
        {
            properties[name] = schema;
        }

        return new JsonObject { ["description"] = description, ["type"] = "object", ["properties"] = properties };
    }

    private static JsonObject Text(string description) => Described("string", description);

    private static JsonObject Texts(string description)
    {
        JsonObject schema = Described("array", description);
        schema["items"] = new JsonObject { ["type"] = "string" };
        return schema;
    }

    private static JsonObject Integer(string description)
    {
        JsonObject schema = Described("integer", description);
        schema["format"] = "int64";
        return schema;
    }

    private static JsonObject Described(string type, string description)
    {
        JsonObject schema = new() { ["type"] = type };
        if (description.Length > 0)
        {
            schema["description"] = description;
        }

        return schema;
    }
}
