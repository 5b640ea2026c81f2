using System.Text.Json.Nodes;

namespace ControlPlane.Api.Wire.Apply;

/// <summary>Puts what a manager declares into an object, and takes out what it no longer declares.</summary>
internal static class ObjectMerge
{
    /// <summary>The object with each declared field at its declared value. Lists that have keys are merged by element, in the declared order. Changes neither argument.</summary>
    public static JsonNode Merge(JsonNode? stored, JsonNode declared, FieldShape shape) => (shape.Granularity, stored, declared) switch
    {
        (Granularity.Members, JsonObject members, JsonObject declaredMembers) => MergeMembers(members, declaredMembers, shape),
        (Granularity.Elements or Granularity.Values, JsonArray items, JsonArray declaredItems) => MergeItems(items, declaredItems, shape),
        _ => declared.DeepClone(),
    };

    /// <summary>
    /// Removes what a manager declared before and nobody declares any longer: each field of <paramref name="before"/> that is in none of the sets of
    /// <paramref name="owned"/>, with all that the server filled in below it.
    /// </summary>
    public static void Prune(JsonNode value, FieldShape shape, FieldSet before, FieldSet owned)
    {
        foreach ((string element, JsonNode? child, FieldShape childShape) in FieldReading.Children(value, shape).ToArray())
        {
            if (before.Find(element) is not { } mine)
            {
                continue;
            }

            if (owned.Find(element) is not { } theirs)
            {
                Remove(value, element, child);
            }
            else if (child is not null)
            {
                Prune(child, childShape, mine, theirs);
            }
        }
    }

    private static void Remove(JsonNode parent, string element, JsonNode? child)
    {
        if (parent is JsonObject members)
        {
            members.Remove(element[PathElement.OfMember("").Length..]);
        }
        else
        {
            parent.AsArray().Remove(child);
        }
    }

    private static JsonObject MergeMembers(JsonObject stored, JsonObject declared, FieldShape shape)
    {
        JsonObject merged = [];
        foreach ((string name, JsonNode? value) in stored)
        {
            merged[name] = declared[name] is { } wanted ? Merge(value, wanted, shape.Member(name)) : value?.DeepClone();
        }

        foreach ((string name, JsonNode? value) in declared)
        {
            if (!merged.ContainsKey(name))
            {
                merged[name] = value?.DeepClone();
            }
        }

        return merged;
    }

    /// <summary>
    /// The declared elements in their order; what only the stored list has keeps its place before the next element that both have
    /// (structured-merge-diff, order of lists). Of a key that the stored list has twice the declared element takes the place of all.
    /// </summary>
    private static JsonArray MergeItems(JsonArray stored, JsonArray declared, FieldShape shape)
    {
        List<string?> keys = [.. stored.Select(item => KeyOf(item, shape))];
        List<string?> wanted = [.. declared.Select(item => KeyOf(item, shape))];
        HashSet<string?> left = [.. wanted];
        JsonArray merged = [];
        int next = 0;
        for (int i = 0; i < stored.Count; i++)
        {
            if (keys[i] is null || !wanted.Contains(keys[i]))
            {
                merged.Add(stored[i]?.DeepClone());
                continue;
            }

            if (left.Contains(keys[i]))
            {
                MoveTo(wanted.IndexOf(keys[i]) + 1);
            }
        }

        MoveTo(declared.Count);
        return merged;

        void MoveTo(int end)
        {
            for (; next < end; next++)
            {
                int match = keys.IndexOf(wanted[next]);
                merged.Add(match < 0 ? declared[next]?.DeepClone() : Merge(stored[match], declared[next]!, ElementShape(shape)));
                left.Remove(wanted[next]);
            }
        }
    }

    private static FieldShape ElementShape(FieldShape shape) => shape.Granularity == Granularity.Elements ? shape.Element : new(shape.Schema, Granularity.Whole);

    private static string? KeyOf(JsonNode? item, FieldShape shape) => shape.Granularity == Granularity.Values ? PathElement.OfValue(item)
        : item is JsonObject element ? PathElement.OfElement(element, shape.Keys!)
        : null;
}
