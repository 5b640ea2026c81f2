using System.Text.Json.Nodes;

namespace ControlPlane.Api.Wire.Patches;

/// <summary>JSON merge patch (RFC 7386): members replace members, null removes, lists are replaced whole.</summary>
internal static class MergePatch
{
    /// <summary>The patched document; neither argument is changed.</summary>
    public static JsonNode? Apply(JsonNode? document, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
        {
            return patch?.DeepClone();
        }

        JsonObject result = document is JsonObject members ? (JsonObject)members.DeepClone() : [];
        foreach ((string name, JsonNode? change) in changes)
        {
            if (change is null)
            {
                result.Remove(name);
            }
            else
            {
                result[name] = Apply(result[name], change);
            }
        }

        return result;
    }
}
