using System.Text.Json.Nodes;
using ControlPlane.Api.Wire.Schemas;

namespace ControlPlane.Api.Wire.Patches;

/// <summary>
/// Kubernetes' strategic merge patch: a merge patch that merges the lists that have a merge key by element. Rules and order of elements:
/// apimachinery/pkg/util/strategicpatch, and the design proposal "Preserve Order in Strategic Merge Patch".
/// </summary>
internal static class StrategicMergePatch
{
    private const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string DeleteFromPrimitiveList = "$deleteFromPrimitiveList/";
    private const string SetElementOrder = "$setElementOrder/";

    /// <summary>The patched document; neither argument is changed.</summary>
    /// <exception cref="ApiException">400: a directive that is none; 422: an element without its list's merge key.</exception>
    public static JsonObject Apply(JsonObject document, JsonObject patch, Schema schema) =>
        MergeObject((JsonObject)document.DeepClone(), (JsonObject)patch.DeepClone(), schema);

    /// <summary>Merges into the first argument; takes both apart.</summary>
    private static JsonObject MergeObject(JsonObject target, JsonObject patch, Schema schema)
    {
        if (patch.TryGetPropertyValue(Directive, out JsonNode? directive))
        {
            patch.Remove(Directive);
            return TextOf(directive) switch
            {
                "replace" => WithoutDirectives(patch),
                "delete" => [],
                _ => throw UnknownDirective(directive),
            };
        }

        KeepOnlyRetained(target, patch);
        MergeOrderedLists(target, patch, schema);
        foreach ((string name, JsonNode? change) in patch.ToArray())
        {
            patch.Remove(name);
            if (name.StartsWith(DeleteFromPrimitiveList, StringComparison.Ordinal))
            {
                DeleteFromList(target, name[DeleteFromPrimitiveList.Length..], change);
            }
            else
            {
                MergeMember(target, name, change, schema);
            }
        }

        return target;
    }

    private static void MergeMember(JsonObject target, string name, JsonNode? change, Schema schema)
    {
        (Schema memberSchema, PatchStrategy? strategy) = Lookup(schema, name);
        switch (change, target[name])
        {
            case (null, _):
                target.Remove(name);
                break;
            case (JsonObject changes, JsonObject members) when strategy is not { ReplacesObject: true }:
                target.Remove(name);
                target[name] = MergeObject(members, changes, memberSchema);
                break;
            case (JsonArray changes, JsonArray items) when strategy is { MergesList: true }:
                target[name] = ListMerge.Merge(items, changes, memberSchema, strategy, MergeObject);
                break;
            default:
                SetNew(target, name, change);
                break;
        }
    }

    /// <summary>A value that only the patch has is taken without its nulls and directives; one that says "delete me" is not taken.</summary>
    private static void SetNew(JsonObject target, string name, JsonNode change)
    {
        if (change is JsonObject changes && TextOf(changes[Directive]) == "delete")
        {
            target.Remove(name);
            return;
        }

        target[name] = WithoutDirectives(change);
    }

    /// <summary>
    /// <c>$retainKeys: [type]</c>: of the target's members only the listed stay; the patch may set no others. Used where
    /// one member decides which others make sense, as in a Deployment's strategy.
    /// </summary>
    private static void KeepOnlyRetained(JsonObject target, JsonObject patch)
    {
        if (!patch.TryGetPropertyValue(RetainKeys, out JsonNode? retained))
        {
            return;
        }

        patch.Remove(RetainKeys);
        string?[] keys = retained is JsonArray list ? [.. list.Select(TextOf)] : throw BadFormat(RetainKeys);
        foreach ((string name, JsonNode? change) in patch)
        {
            if (change is not null && !name.StartsWith('$') && !keys.Contains(name, StringComparer.Ordinal))
            {
                throw BadFormat(RetainKeys);
            }
        }

        foreach (string name in target.Select(member => member.Key).ToArray())
        {
            if (!keys.Contains(name, StringComparer.Ordinal))
            {
                target.Remove(name);
            }
        }
    }

    private static void MergeOrderedLists(JsonObject target, JsonObject patch, Schema schema)
    {
        foreach (string directive in patch.Select(member => member.Key).Where(key => key.StartsWith(SetElementOrder, StringComparison.Ordinal)).ToArray())
        {
            string name = directive[SetElementOrder.Length..];
            if (patch[directive] is not JsonArray order)
            {
                throw BadFormat(directive);
            }

            JsonNode? change = patch[name];
            patch.Remove(directive);
            patch.Remove(name);
            if (change is not (null or JsonArray) || target[name] is not (null or JsonArray))
            {
                throw BadFormat(directive);
            }

            (Schema memberSchema, PatchStrategy? strategy) = Lookup(schema, name);
            if (strategy is not { MergesList: true })
            {
                throw StatusError.BadRequest($"{directive} is for lists that are merged by element; {name} is replaced whole");
            }

            if (target[name] is JsonArray || change is JsonArray)
            {
                target[name] = ListMerge.MergeInOrder(
                    target[name] as JsonArray ?? [], change as JsonArray ?? [], order, memberSchema, strategy, MergeObject);
            }
        }
    }

    private static void DeleteFromList(JsonObject target, string name, JsonNode? values)
    {
        if (values is not JsonArray doomed)
        {
            throw BadFormat(DeleteFromPrimitiveList + name);
        }

        if (target[name] is JsonArray items)
        {
            foreach (JsonNode? item in items.Where(item => doomed.Any(value => JsonNode.DeepEquals(item, value))).ToArray())
            {
                items.Remove(item);
            }
        }
    }

    private static (Schema Schema, PatchStrategy? Strategy) Lookup(Schema schema, string name) => schema.Kind switch
    {
        SchemaKind.Map => (schema.Element!, null),
        SchemaKind.Object when schema.Properties.TryGetValue(name, out SchemaProperty? property) => (property.Schema, property.Patch),
        _ => (Schema.Any, null),
    };

    /// <summary>A part of a patch as a plain value: without nulls, without directives, without elements that a directive deletes.</summary>
    internal static T WithoutDirectives<T>(T node)
        where T : JsonNode
    {
        switch (node)
        {
            case JsonObject members:
                foreach ((string name, JsonNode? value) in members.ToArray())
                {
                    if (value is null || name is Directive or RetainKeys
                        || name.StartsWith(SetElementOrder, StringComparison.Ordinal)
                        || name.StartsWith(DeleteFromPrimitiveList, StringComparison.Ordinal)
                        || (value is JsonObject inner && TextOf(inner[Directive]) == "delete"))
                    {
                        members.Remove(name);
                    }
                    else
                    {
                        WithoutDirectives(value);
                    }
                }

                break;
            case JsonArray items:
                foreach (JsonNode? item in items.ToArray())
                {
                    if (item is JsonObject element && element.ContainsKey(Directive))
                    {
                        items.Remove(item);
                    }
                    else if (item is not null)
                    {
                        WithoutDirectives(item);
                    }
                }

                break;
        }

        return node;
    }

    internal static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    internal static ApiException UnknownDirective(JsonNode? directive) =>
        StatusError.BadRequest($"unknown patch type: {directive?.ToJsonString() ?? "null"}; $patch is delete or replace");

    private static ApiException BadFormat(string directive) => StatusError.BadRequest($"invalid patch format of {directive}");
}
