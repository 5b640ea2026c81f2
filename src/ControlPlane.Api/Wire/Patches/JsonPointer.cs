using System.Globalization;
using System.Text.Json.Nodes;

namespace ControlPlane.Api.Wire.Patches;

/// <summary>A place in a JSON document (RFC 6901), and the operations of a JSON patch on it.</summary>
internal sealed class JsonPointer
{
    private readonly string text;
    private readonly string[] steps;

    private JsonPointer(string text, string[] steps)
    {
        this.text = text;
        this.steps = steps;
    }

    /// <exception cref="ApiException">400: not empty, and not beginning with a slash.</exception>
    public static JsonPointer Parse(string text)
    {
        if (text.Length > 0 && text[0] != '/')
        {
            throw StatusError.BadRequest($"error decoding patch: the path \"{text}\" does not begin with /");
        }

        string[] steps = text.Length == 0 ? [] : text[1..].Split('/');
        return new JsonPointer(text, [.. steps.Select(step => step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))]);
    }

    /// <summary>How many levels below the document's root this is.</summary>
    public int Depth => steps.Length;

    public bool IsParentOf(JsonPointer other) =>
        steps.Length < other.steps.Length && steps.AsSpan().SequenceEqual(other.steps.AsSpan(0, steps.Length));

    public override string ToString() => text;

    /// <summary>The value at this place.</summary>
    /// <exception cref="ApiException">422: there is no such place.</exception>
    public JsonNode? Find(JsonNode? document, string operation)
    {
        JsonNode? current = document;
        foreach (string step in steps)
        {
            current = current switch
            {
                JsonObject members when members.ContainsKey(step) => members[step],
                JsonArray items => items[Index(step, items.Count - 1, operation)],
                _ => throw MissingPath(operation),
            };
        }

        return current;
    }

    /// <summary>Sets a member, or inserts an element before an index; <c>-</c> is the end of a list.</summary>
    public JsonNode? Add(JsonNode? document, JsonNode? value, string operation)
    {
        if (steps.Length == 0)
        {
            return value;
        }

        switch (Parent(document, operation))
        {
            case JsonObject members:
                members[steps[^1]] = value;
                break;
            case JsonArray items:
                items.Insert(steps[^1] == "-" ? items.Count : Index(steps[^1], items.Count, operation), value);
                break;
            default:
                throw MissingPath(operation);
        }

        return document;
    }

    public JsonNode? Remove(JsonNode? document, string operation)
    {
        if (steps.Length == 0)
        {
            return null;
        }

        switch (Parent(document, operation))
        {
            case JsonObject members when members.Remove(steps[^1]):
                break;
            case JsonArray items:
                items.RemoveAt(Index(steps[^1], items.Count - 1, operation));
                break;
            default:
                throw MissingPath(operation);
        }

        return document;
    }

    public JsonNode? Replace(JsonNode? document, JsonNode? value)
    {
        const string Operation = "replace";
        if (steps.Length == 0)
        {
            return value;
        }

        switch (Parent(document, Operation))
        {
            case JsonObject members when members.ContainsKey(steps[^1]):
                members[steps[^1]] = value;
                break;
            case JsonArray items:
                items[Index(steps[^1], items.Count - 1, Operation)] = value;
                break;
            default:
                throw MissingPath(Operation);
        }

        return document;
    }

    private JsonNode? Parent(JsonNode? document, string operation) => new JsonPointer(text, steps[..^1]).Find(document, operation);

    private int Index(string step, int last, string operation)
    {
        bool isIndex = int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && (step.Length == 1 || step[0] != '0');
        return isIndex && index <= last
            ? index
            : throw StatusError.Unprocessable($"{operation} operation does not apply: {text}: no such index: {step}");
    }

    private ApiException MissingPath(string operation) =>
        StatusError.Unprocessable($"{operation} operation does not apply: doc is missing path: {text}");
}
