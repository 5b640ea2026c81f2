using System.Text.Json.Nodes;
using ControlPlane.Api.Wire.Schemas;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Wire.Apply;

/// <summary>What makes one object another.</summary>
/// <param name="Set">Fields that are new or have another value.</param>
/// <param name="Removed">Fields that are no longer there.</param>
internal sealed record FieldChanges(FieldSet Set, FieldSet Removed);

/// <summary>Reads which fields an object has, and in which ones two differ.</summary>
internal static class FieldReading
{
    private static readonly FieldChanges Nothing = new(FieldSet.Empty, FieldSet.Empty);

    /// <summary>
    /// The fields that have a value, as one who declares the object owns them: single values, lists and objects that are owned as a whole, elements of
    /// lists that have keys. An empty object or list is a value.
    /// </summary>
    public static FieldSet FieldsOf(JsonNode? value, FieldShape shape) => FieldsOf(value, shape, isInside: false);

    /// <summary>The fields in which <paramref name="after"/> differs from <paramref name="before"/>; null is an absent value.</summary>
    public static FieldChanges Compare(JsonNode? before, JsonNode? after, FieldShape shape)
    {
        if (before is null || after is null)
        {
            return before is null && after is null ? Nothing : new(FieldsOf(after, shape, isInside: true), FieldsOf(before, shape, isInside: true));
        }

        if (shape.Granularity == Granularity.Whole || IsEmpty(before) || IsEmpty(after) || before.GetValueKind() != after.GetValueKind())
        {
            return AreEqual(before, after, shape.Schema) ? Nothing
                : IsEmpty(before) && !IsEmpty(after) ? new(FieldsOf(after, shape), FieldSet.Empty)
                : IsEmpty(after) && !IsEmpty(before) ? new(FieldSet.Empty, FieldsOf(before, shape))
                : new(FieldSet.Member, FieldSet.Empty);
        }

        Dictionary<string, (JsonNode? Value, FieldShape Shape)> old = Children(before, shape).ToDictionaryOfLast();
        Dictionary<string, (JsonNode? Value, FieldShape Shape)> now = Children(after, shape).ToDictionaryOfLast();
        List<KeyValuePair<string, FieldChanges>> changes = [];
        foreach (string element in old.Keys.Union(now.Keys, StringComparer.Ordinal))
        {
            (JsonNode? was, FieldShape shapeBefore) = old.GetValueOrDefault(element);
            (JsonNode? @is, FieldShape? shapeNow) = now.GetValueOrDefault(element);
            changes.Add(KeyValuePair.Create(element, Compare(was, @is, shapeNow ?? shapeBefore)));
        }

        return new(
            FieldSet.Of(changes.Select(change => KeyValuePair.Create(change.Key, change.Value.Set))),
            FieldSet.Of(changes.Select(change => KeyValuePair.Create(change.Key, change.Value.Removed))));
    }

    /// <summary>The parts of a value that are owned by themselves, in order; an element without its key, which only a stored object can have, is left out.</summary>
    public static IEnumerable<(string Element, JsonNode? Value, FieldShape Shape)> Children(JsonNode value, FieldShape shape)
    {
        switch (shape.Granularity, value)
        {
            case (Granularity.Members, JsonObject members):
                foreach ((string name, JsonNode? member) in members)
                {
                    yield return (PathElement.OfMember(name), member, shape.Member(name));
                }

                break;
            case (Granularity.Elements, JsonArray elements):
                foreach (JsonNode? element in elements)
                {
                    if (element is JsonObject keyed && PathElement.OfElement(keyed, shape.Keys!) is { } key)
                    {
                        yield return (key, element, shape.Element);
                    }
                }

                break;
            case (Granularity.Values, JsonArray values):
                foreach (JsonNode? item in values)
                {
                    yield return (PathElement.OfValue(item), item, new FieldShape(Schema.Any, Granularity.Whole));
                }

                break;
        }
    }

    private static FieldSet FieldsOf(JsonNode? value, FieldShape shape, bool isInside)
    {
        if (value is null)
        {
            return FieldSet.Empty;
        }

        if (shape.Granularity == Granularity.Whole || IsEmpty(value))
        {
            return FieldSet.Member;
        }

        bool hasElements = shape.Granularity == Granularity.Elements;
        return FieldSet.Of(
            Children(value, shape).ToDictionaryOfLast().Select(child => KeyValuePair.Create(
                child.Key,
                hasElements ? FieldsOf(child.Value.Value, child.Value.Shape, isInside).Union(FieldSet.Member) : FieldsOf(child.Value.Value, child.Value.Shape, isInside))),
            isMember: isInside);
    }

    private static Dictionary<string, (JsonNode? Value, FieldShape Shape)> ToDictionaryOfLast(this IEnumerable<(string Element, JsonNode? Value, FieldShape Shape)> children)
    {
        Dictionary<string, (JsonNode?, FieldShape)> last = new(StringComparer.Ordinal);
        foreach ((string element, JsonNode? value, FieldShape shape) in children)
        {
            last[element] = (value, shape);
        }

        return last;
    }

    /// <summary>Empty and absent mean the same to the store, but not to one who declares an empty object.</summary>
    private static bool IsEmpty(JsonNode value) => value is JsonObject { Count: 0 } or JsonArray { Count: 0 };

    /// <summary>Whether two values mean the same: <c>0.5</c> and <c>500m</c> do, as quantities.</summary>
    private static bool AreEqual(JsonNode one, JsonNode other, Schema schema) =>
        JsonNode.DeepEquals(one, other)
        || (schema.Kind == SchemaKind.Quantity && Quantity.TryParse(one.ToString(), out Quantity first) && Quantity.TryParse(other.ToString(), out Quantity second) && first.Equals(second));
}
