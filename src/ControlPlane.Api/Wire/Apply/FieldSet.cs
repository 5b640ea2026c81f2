using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ControlPlane.Api.Wire.Apply;

/// <summary>
/// A set of fields of an object, as a tree of <see cref="PathElement"/>s: who owns what (Kubernetes API concepts, field management). Its text is
/// the form that <c>metadata.managedFields[].fieldsV1</c> has: <c>{"f:spec":{"f:replicas":{}}}</c>.
/// </summary>
internal sealed class FieldSet
{
    /// <summary>Says that a field with fields below it is itself in the set.</summary>
    private const string Self = ".";

    private static readonly JsonSerializerOptions TextOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>In the order of PostgreSQL's <c>jsonb</c>, shorter names first, so that a set reads the same before and after it is stored.</summary>
    private static readonly ImmutableSortedDictionary<string, FieldSet> NoChildren = ImmutableSortedDictionary.Create<string, FieldSet>(
        Comparer<string>.Create((one, other) => (Encoding.UTF8.GetByteCount(one) - Encoding.UTF8.GetByteCount(other)) is var longer and not 0 ? longer : string.CompareOrdinal(one, other)));

    private FieldSet(bool isMember, ImmutableSortedDictionary<string, FieldSet> children)
    {
        IsMember = isMember;
        Children = children;
    }

    public static FieldSet Empty { get; } = new(isMember: false, NoChildren);

    /// <summary>The set of one field: the one that this tree is below.</summary>
    public static FieldSet Member { get; } = new(isMember: true, NoChildren);

    /// <summary>Whether the field that this tree is below is in the set, beside those in the tree.</summary>
    public bool IsMember { get; }

    /// <summary>The trees of the fields one step down, by their <see cref="PathElement"/>. None is empty.</summary>
    public ImmutableSortedDictionary<string, FieldSet> Children { get; }

    public bool IsEmpty => !IsMember && Children.IsEmpty;

    /// <summary>A set of some fields, each with what is in the set below it.</summary>
    public static FieldSet Of(IEnumerable<KeyValuePair<string, FieldSet>> children, bool isMember = false) =>
        new(isMember, NoChildren.SetItems(children.Where(child => !child.Value.IsEmpty)));

    public FieldSet? Find(string element) => Children.GetValueOrDefault(element);

    public FieldSet Union(FieldSet other)
    {
        ImmutableSortedDictionary<string, FieldSet>.Builder children = Children.ToBuilder();
        foreach ((string element, FieldSet fields) in other.Children)
        {
            children[element] = children.TryGetValue(element, out FieldSet? mine) ? mine.Union(fields) : fields;
        }

        return new(IsMember || other.IsMember, children.ToImmutable());
    }

    public FieldSet Intersect(FieldSet other) => Of(
        Children.Where(child => other.Children.ContainsKey(child.Key)).Select(child => KeyValuePair.Create(child.Key, child.Value.Intersect(other.Children[child.Key]))),
        IsMember && other.IsMember);

    public FieldSet Except(FieldSet other) => Of(
        Children.Select(child => KeyValuePair.Create(child.Key, other.Find(child.Key) is { } taken ? child.Value.Except(taken) : child.Value)),
        IsMember && !other.IsMember);

    /// <summary>The set without a field of the top level and all below it.</summary>
    public FieldSet Without(string element) => new(IsMember, Children.Remove(element));

    /// <summary>The paths of all members, in the form of messages: <c>.spec.template.spec.containers[name="web"].image</c>.</summary>
    public IEnumerable<string> Paths() => PathsBelow("").Order(StringComparer.Ordinal);

    private IEnumerable<string> PathsBelow(string above)
    {
        if (IsMember)
        {
            yield return above;
        }

        foreach ((string element, FieldSet fields) in Children)
        {
            foreach (string path in fields.PathsBelow(above + PathElement.Describe(element)))
            {
                yield return path;
            }
        }
    }

    public bool SameAs(FieldSet other) =>
        IsMember == other.IsMember
        && Children.Count == other.Children.Count
        && Children.All(child => other.Find(child.Key) is { } fields && child.Value.SameAs(fields));

    /// <summary>The set in <c>FieldsV1</c> form.</summary>
    public string ToText() => ToJson().ToJsonString(TextOptions);

    /// <summary>Reads the <c>FieldsV1</c> form; null when the text is not in it.</summary>
    public static FieldSet? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) is JsonObject tree ? Parse(tree, isRoot: true) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static FieldSet? Parse(JsonObject tree, bool isRoot)
    {
        List<KeyValuePair<string, FieldSet>> children = [];
        foreach ((string element, JsonNode? below) in tree)
        {
            if (element == Self)
            {
                continue;
            }

            if (!PathElement.IsValid(element) || below is not JsonObject fields || Parse(fields, isRoot: false) is not { } child)
            {
                return null;
            }

            children.Add(KeyValuePair.Create(element, child));
        }

        return Of(children, tree.ContainsKey(Self) || (children.Count == 0 && !isRoot));
    }

    private JsonObject ToJson()
    {
        JsonObject tree = [];
        if (IsMember && !Children.IsEmpty)
        {
            tree[Self] = new JsonObject();
        }

        foreach ((string element, FieldSet fields) in Children)
        {
            tree[element] = fields.ToJson();
        }

        return tree;
    }
}
