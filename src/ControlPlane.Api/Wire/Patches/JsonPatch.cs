using System.Text.Json.Nodes;
using ControlPlane.Api.Wire.Decoding;

namespace ControlPlane.Api.Wire.Patches;

/// <summary>JSON Patch (RFC 6902).</summary>
internal static class JsonPatch
{
    /// <summary>How many operations a patch may have (as Kubernetes).</summary>
    private const int MaxOperations = 10_000;

    /// <summary>How many values all <c>copy</c> and <c>move</c> operations together may touch, so that a small patch cannot make a large object.</summary>
    private const int MaxCarriedValues = 100_000;

    /// <summary>The document with all operations applied; the given one is left as it is.</summary>
    /// <exception cref="ApiException">400: no JSON patch; 413: too many operations; 422: an operation cannot be applied, or a test fails.</exception>
    public static JsonNode? Apply(JsonNode? document, JsonNode? patch)
    {
        if (patch is not JsonArray operations)
        {
            throw StatusError.BadRequest("error decoding patch: a JSON patch is a list of operations");
        }

        if (operations.Count > MaxOperations)
        {
            throw StatusError.TooLarge($"The allowed maximum operations in a JSON patch is {MaxOperations}, got {operations.Count}");
        }

        JsonNode? result = document?.DeepClone();
        int carried = 0;
        for (int i = 0; i < operations.Count; i++)
        {
            Operation operation = Operation.Read(operations[i], i);
            if (operation.From is not null)
            {
                Extent extent = Measure(operation.From.Find(result, operation.Name));
                carried += extent.Values;
                if (carried > MaxCarriedValues)
                {
                    throw StatusError.TooLarge($"the copy and move operations of a JSON patch may carry {MaxCarriedValues} values");
                }

                CheckDepth(operation.Path, extent);
            }
            else if (operation.Name is "add" or "replace")
            {
                CheckDepth(operation.Path, Measure(operation.Value));
            }

            result = Apply(result, operation);
        }

        return result;
    }

    private static JsonNode? Apply(JsonNode? document, Operation operation)
    {
        JsonPointer path = operation.Path;
        switch (operation.Name)
        {
            case "add":
                return path.Add(document, operation.Value?.DeepClone(), operation.Name);
            case "remove":
                return path.Remove(document, operation.Name);
            case "replace":
                return path.Replace(document, operation.Value?.DeepClone());
            case "move":
                if (operation.From!.IsParentOf(path))
                {
                    throw StatusError.Unprocessable($"move operation does not apply: {operation.From} cannot be moved into itself");
                }

                JsonNode? moved = operation.From.Find(document, operation.Name)?.DeepClone();
                return path.Add(operation.From.Remove(document, operation.Name), moved, operation.Name);
            case "copy":
                return path.Add(document, operation.From!.Find(document, operation.Name)?.DeepClone(), operation.Name);
            default:
                return JsonNode.DeepEquals(path.Find(document, operation.Name), operation.Value)
                    ? document
                    : throw StatusError.Unprocessable($"testing value {path} failed: test failed");
        }
    }

    /// <summary>Checked before each step, so that no sequence of them nests deeper than what a body may.</summary>
    private static void CheckDepth(JsonPointer path, Extent extent)
    {
        if (path.Depth + extent.Depth > BodyDecoder.MaxDepth)
        {
            throw StatusError.Unprocessable($"the patch makes an object that is nested deeper than {BodyDecoder.MaxDepth} levels");
        }
    }

    private static Extent Measure(JsonNode? node)
    {
        IEnumerable<JsonNode?> inner = node switch
        {
            JsonObject members => members.Select(member => member.Value),
            JsonArray items => items,
            _ => [],
        };
        return inner.Select(Measure).Aggregate(new Extent(1, 1), (all, one) => new Extent(all.Values + one.Values, Math.Max(all.Depth, one.Depth + 1)));
    }

    private readonly record struct Extent(int Values, int Depth);

    private sealed record Operation(string Name, JsonPointer Path, JsonPointer? From, JsonNode? Value)
    {
        public static Operation Read(JsonNode? node, int index)
        {
            if (node is not JsonObject members)
            {
                throw StatusError.BadRequest($"error decoding patch: operation {index} is not an object");
            }

            string name = Text(members, "op", index) ?? throw Missing("op", index);
            if (name is not ("add" or "remove" or "replace" or "move" or "copy" or "test"))
            {
                throw StatusError.BadRequest($"error decoding patch: operation {index}: unexpected kind \"{name}\"");
            }

            string path = Text(members, "path", index) ?? throw Missing("path", index);
            string? from = name is "move" or "copy" ? Text(members, "from", index) ?? throw Missing("from", index) : null;
            if (name is "add" or "replace" or "test" && !members.ContainsKey("value"))
            {
                throw Missing("value", index);
            }

            return new Operation(name, JsonPointer.Parse(path), from is null ? null : JsonPointer.Parse(from), members["value"]);
        }

        private static string? Text(JsonObject members, string name, int index) => members[name] switch
        {
            null => null,
            JsonValue value when value.TryGetValue(out string? text) => text,
            _ => throw StatusError.BadRequest($"error decoding patch: operation {index}: {name} is not a string"),
        };

        private static ApiException Missing(string name, int index) =>
            StatusError.BadRequest($"error decoding patch: operation {index}: {name} is missing");
    }
}
