using System.Text.Json;

namespace ControlPlane.Domain.Rules;

/// <summary>Finds the fields of a JSON value that a pattern names.</summary>
internal static class JsonFields
{
    /// <summary>The fields that fit: where each stands, what it is called, and its value.</summary>
    /// <param name="pattern">Members with dots; <c>[]</c> each element of an array, <c>.*</c> each member, <c>[*]</c> each key of a map.</param>
    public static IEnumerable<(string At, string Name, JsonElement Value)> Find(JsonElement root, string path, string pattern)
    {
        IEnumerable<(string At, string Name, JsonElement Value)> found = [(path, "", root)];
        foreach (string segment in pattern.Replace("[", ".[", StringComparison.Ordinal).Split('.'))
        {
            found = found.SelectMany(field => Step(field.At, field.Name, field.Value, segment));
        }

        return found;
    }

    /// <summary>Every text in a value, member names included, and where it stands.</summary>
    public static IEnumerable<(string At, string Text)> Texts(JsonElement value, string path)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                return [(path, value.GetString()!)];
            case JsonValueKind.Array:
                return value.EnumerateArray().SelectMany((item, index) => Texts(item, $"{path}[{index}]"));
            case JsonValueKind.Object:
                return value.EnumerateObject().SelectMany(member =>
                    Texts(member.Value, Join(path, member.Name)).Prepend((path, member.Name)));
            default:
                return [];
        }
    }

    private static IEnumerable<(string At, string Name, JsonElement Value)> Step(string at, string name, JsonElement value, string segment) =>
        (segment, value.ValueKind) switch
        {
            ("[]", JsonValueKind.Array) => value.EnumerateArray().Select((item, index) => ($"{at}[{index}]", name, item)),
            ("[*]", JsonValueKind.Object) => value.EnumerateObject().Select(member => ($"{at}[{member.Name}]", member.Name, member.Value)),
            ("*", JsonValueKind.Object) => value.EnumerateObject().Select(member => (Join(at, member.Name), member.Name, member.Value)),
            (_, JsonValueKind.Object) when value.TryGetProperty(segment, out JsonElement member) => [(Join(at, segment), segment, member)],
            _ => [],
        };

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}
