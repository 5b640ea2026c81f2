using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlPlane.Api.Wire.Apply;

/// <summary>
/// One step from an object to a field, in the form of <c>FieldsV1</c>: <c>f:image</c> is a member, <c>k:{"name":"web"}</c> the element of a list that has
/// that key, <c>v:"x"</c> that value in a list of values, <c>i:2</c> a place in a list.
/// </summary>
internal static class PathElement
{
    private static readonly JsonSerializerOptions TextOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string OfMember(string name) => $"f:{name}";

    public static string OfValue(JsonNode? value) => $"v:{Text(value)}";

    /// <summary>The step to an element of a list with keys; null when it lacks one that has no default.</summary>
    public static string? OfElement(JsonObject element, ListKeys keys)
    {
        JsonObject key = [];
        foreach (string name in keys.Names.Order(StringComparer.Ordinal))
        {
            JsonNode? value = element[name] ?? keys.DefaultOf(name);
            if (value is null)
            {
                return null;
            }

            key[name] = value.DeepClone();
        }

        return $"k:{Text(key)}";
    }

    public static bool IsValid(string element) => element is ['f', ':', ..] || (element is ['k' or 'v' or 'i', ':', ..] && IsJson(element[2..]));

    /// <summary>The step as messages write it: <c>.image</c>, <c>[name="web"]</c>, <c>[="x"]</c>, <c>[2]</c>.</summary>
    public static string Describe(string element) => element[0] switch
    {
        'f' => $".{element[2..]}",
        'k' => $"[{Describe((JsonNode.Parse(element[2..]) as JsonObject) ?? [])}]",
        'v' => $"[={element[2..]}]",
        _ => $"[{element[2..]}]",
    };

    private static string Describe(JsonObject key)
    {
        StringBuilder text = new();
        foreach ((string name, JsonNode? value) in key)
        {
            text.Append(text.Length == 0 ? "" : ",").Append(name).Append('=').Append(Text(value));
        }

        return text.ToString();
    }

    private static string Text(JsonNode? value) => value?.ToJsonString(TextOptions) ?? "null";

    private static bool IsJson(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
