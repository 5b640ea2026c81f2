using System.Text.Json.Nodes;

namespace ControlPlane.Api.Wire.Patches;

/// <summary>JSON merge patch (RFC 7386): members replace members, null removes, lists are replaced whole.</summary>
internal static class MergePatch
{
    /// <summary>The patched document; neither argument is changed.</summary>
    public static JsonNode? Apply(JsonNode? document, JsonNode? patch) => Merge(document?.DeepClone(), patch);

    /// <summary>Merges into the first argument where it is an object.</summary>
    private static JsonNode? Merge(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
        {
            return patch?.DeepClone();
        }

        JsonObject result = target as JsonObject ?? [];
        foreach ((string name, JsonNode? change) in changes)
        {
            JsonNode? member = result[name];
            result.Remove(name);
            if (change is not null)
            {
                result[name] = Merge(member, change);
            }
        }

        return result;
    }
}
