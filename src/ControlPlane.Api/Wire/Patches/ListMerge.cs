using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ControlPlane.Api.Wire.Schemas;

namespace ControlPlane.Api.Wire.Patches;

/// <summary>Merges two elements of a list.</summary>
internal delegate JsonObject MergeElements(JsonObject target, JsonObject patch, Schema schema);

/// <summary>
/// The lists of a strategic merge patch. Order of the result: the elements that the patch names in the patch's order, between them the
/// live list's other elements, each before the first patched one that it preceded in the live list. So a live
/// <c>[a, b, c]</c> patched with <c>[d, b]</c> becomes <c>[d, a, b, c]</c>.
/// </summary>
internal static class ListMerge
{
    /// <summary>Merges a list whose patch says nothing about the order.</summary>
    public static JsonArray Merge(JsonArray live, JsonArray changes, Schema list, PatchStrategy strategy, MergeElements merge)
    {
        List<JsonNode?> current = Detach(live);
        List<JsonNode?> wanted = Detach(changes);
        List<JsonNode?> merged = MergeItems(ref current, ref wanted, list, strategy.MergeKey, merge, out List<string> liveKeys);
        return Arrange(merged, [.. wanted.Select(item => KeyOf(item, strategy.MergeKey))], liveKeys, strategy.MergeKey);
    }

    /// <summary>Merges a list whose patch gives the order of the elements that it knows (<c>$setElementOrder</c>).</summary>
    public static JsonArray MergeInOrder(
        JsonArray live, JsonArray changes, JsonArray order, Schema list, PatchStrategy strategy, MergeElements merge)
    {
        List<JsonNode?> current = Detach(live);
        List<JsonNode?> wanted = Detach(changes);
        List<string> orderKeys = [.. order.Select(item => KeyOf(item, strategy.MergeKey))];
        CheckOrder(wanted, orderKeys, strategy.MergeKey);
        List<JsonNode?> merged = MergeItems(ref current, ref wanted, list, strategy.MergeKey, merge, out List<string> liveKeys);
        return Arrange(merged, orderKeys, liveKeys, strategy.MergeKey);
    }

    private static List<JsonNode?> MergeItems(
        ref List<JsonNode?> current, ref List<JsonNode?> wanted, Schema list, string? mergeKey, MergeElements merge, out List<string> liveKeys)
    {
        if (mergeKey is null)
        {
            liveKeys = [.. current.Select(item => KeyOf(item, mergeKey))];
            return [.. current.Concat(wanted).DistinctBy(item => KeyOf(item, null))];
        }

        (current, wanted) = ApplyDirectives(current, wanted, mergeKey);
        liveKeys = [.. current.Select(item => KeyOf(item, mergeKey))];
        Dictionary<string, int> positions = FirstPositions(liveKeys);
        List<JsonNode?> merged = [.. current];
        Schema element = list.Element ?? Schema.Any;
        foreach (JsonNode? change in wanted)
        {
            string key = KeyOf(change, mergeKey);
            if (positions.TryGetValue(key, out int position))
            {
                merged[position] = merge((JsonObject)merged[position]!, (JsonObject)change!.DeepClone(), element);
            }
            else
            {
                positions[key] = merged.Count;
                merged.Add(StrategicMergePatch.WithoutDirectives(change!.DeepClone()));
            }
        }

        return merged;
    }

    /// <summary>
    /// Elements with <c>$patch: delete</c> take the live ones with their key out; one with <c>$patch: replace</c>
    /// makes the patch's other elements the whole list.
    /// </summary>
    private static (List<JsonNode?> Current, List<JsonNode?> Wanted) ApplyDirectives(List<JsonNode?> current, List<JsonNode?> wanted, string mergeKey)
    {
        List<JsonNode?> plain = [];
        HashSet<string> deleted = new(StringComparer.Ordinal);
        bool isReplaced = false;
        foreach (JsonNode? item in wanted)
        {
            if (item is not JsonObject element || !element.TryGetPropertyValue("$patch", out JsonNode? directive))
            {
                plain.Add(item);
                continue;
            }

            switch (StrategicMergePatch.TextOf(directive))
            {
                case "delete":
                    deleted.Add(KeyOf(element, mergeKey));
                    break;
                case "replace":
                    isReplaced = true;
                    break;
                default:
                    throw StrategicMergePatch.UnknownDirective(directive);
            }
        }

        return isReplaced
            ? ([.. plain.Select(item => item is null ? null : StrategicMergePatch.WithoutDirectives(item))], [])
            : ([.. current.Where(item => !deleted.Contains(KeyOf(item, mergeKey)))], plain);
    }

    /// <summary>The patch's elements must stand in the order that the patch itself asks for.</summary>
    private static void CheckOrder(List<JsonNode?> wanted, List<string> orderKeys, string? mergeKey)
    {
        int next = 0;
        foreach (JsonNode? item in wanted)
        {
            if (orderKeys.Count == 0 || item is JsonObject element && element.ContainsKey("$patch"))
            {
                continue;
            }

            int found = orderKeys.IndexOf(KeyOf(item, mergeKey), next);
            if (found < 0)
            {
                throw StatusError.BadRequest(
                    $"the order in the patch list doesn't match its $setElementOrder list: {KeyOf(item, mergeKey)} is not there, or comes earlier");
            }

            next = found + 1;
        }
    }

    private static JsonArray Arrange(List<JsonNode?> merged, List<string> patchKeys, List<string> liveKeys, string? mergeKey)
    {
        Dictionary<string, int> patchOrder = FirstPositions(patchKeys);
        Dictionary<string, int> liveOrder = FirstPositions(liveKeys);
        List<(JsonNode? Item, string Key)> keyed = [.. merged.Select(item => (item, KeyOf(item, mergeKey)))];
        Queue<(JsonNode? Item, string Key)> patched = new(keyed.Where(entry => patchOrder.ContainsKey(entry.Key)).OrderBy(entry => patchOrder[entry.Key]));
        Queue<(JsonNode? Item, string Key)> others = new(
            keyed.Where(entry => !patchOrder.ContainsKey(entry.Key)).OrderBy(entry => liveOrder.GetValueOrDefault(entry.Key, int.MaxValue)));
        JsonArray result = [];
        while (patched.Count > 0 || others.Count > 0)
        {
            bool takeOther = patched.Count == 0
                || (others.Count > 0 && liveOrder.TryGetValue(others.Peek().Key, out int left)
                    && liveOrder.TryGetValue(patched.Peek().Key, out int right) && left < right);
            result.Add((takeOther ? others : patched).Dequeue().Item);
        }

        return result;
    }

    private static Dictionary<string, int> FirstPositions(List<string> keys)
    {
        Dictionary<string, int> positions = new(StringComparer.Ordinal);
        for (int i = 0; i < keys.Count; i++)
        {
            positions.TryAdd(keys[i], i);
        }

        return positions;
    }

    /// <summary>What tells elements apart, as comparable text: the merge key's value, or the plain value itself.</summary>
    private static string KeyOf(JsonNode? item, string? mergeKey)
    {
        if (mergeKey is null)
        {
            return item is null or JsonValue
                ? Comparable(item)
                : throw StatusError.Unprocessable("a list of plain values cannot be merged with objects or lists");
        }

        return item is JsonObject element
            ? element.TryGetPropertyValue(mergeKey, out JsonNode? key) && key is not null
                ? Comparable(key)
                : throw StatusError.Unprocessable($"map: {item.ToJsonString()} does not contain declared merge key: {mergeKey}")
            : throw StatusError.Unprocessable($"a list that is merged by {mergeKey} holds objects only, got {item?.ToJsonString() ?? "null"}");
    }

    /// <summary>Numbers compare as numbers (8080 and 8080.0), all else by their JSON.</summary>
    private static string Comparable(JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.Number && decimal.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number)
            ? number.ToString("G29", CultureInfo.InvariantCulture)
            : value?.ToJsonString() ?? "null";

    /// <summary>The elements, free to be put elsewhere.</summary>
    private static List<JsonNode?> Detach(JsonArray array)
    {
        List<JsonNode?> items = [.. array];
        array.Clear();
        return items;
    }
}
