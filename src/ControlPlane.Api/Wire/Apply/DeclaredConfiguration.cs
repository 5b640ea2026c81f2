using System.Collections.Immutable;
using System.Text.Json.Nodes;
using ControlPlane.Api.Kinds;
using ControlPlane.Api.Wire.Decoding;
using ControlPlane.Api.Wire.Schemas;

namespace ControlPlane.Api.Wire.Apply;

/// <summary>The outcome of an apply.</summary>
/// <param name="Object">The object as it is wanted: what is stored, with what is declared, without what is declared no longer.</param>
/// <param name="Managers">Who owns its fields then.</param>
internal sealed record AppliedObject(JsonObject Object, FieldManagers Managers);

/// <summary>
/// What one manager declares of an object (server-side apply, <c>application/apply-patch+yaml</c>): the fields that it cares for, and no others.
/// Rules: Kubernetes API concepts, server-side apply; structured-merge-diff.
/// </summary>
internal sealed class DeclaredConfiguration
{
    private readonly JsonObject declared;
    private readonly DecodeTarget target;
    private readonly FieldShape shape;
    private readonly string part;

    private DeclaredConfiguration(JsonObject declared, DecodeTarget target, string part, IReadOnlyList<string> warnings)
    {
        this.declared = declared;
        this.target = target;
        this.part = part;
        shape = FieldShape.Of(Schema.Of(target.Type));
        Warnings = warnings;
    }

    /// <summary>For <c>Warning</c> headers: unknown and repeated fields, which were left out.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Fields of the spec that have a value of the subresource's own where nobody declares them any more; empty for the object itself.</summary>
    private JsonObject AbsentSpec { get; init; } = [];

    /// <summary>Reads a configuration. Only the part that is written is looked at: the <c>status</c>, or all but it.</summary>
    /// <param name="body">JSON or YAML.</param>
    /// <param name="target">The kind; <c>apiVersion</c> and <c>kind</c> must be given.</param>
    /// <param name="validation">What happens to unknown fields.</param>
    /// <param name="subresource"><c>status</c>, or empty for the object itself.</param>
    /// <param name="form">The form that it is declared in; null for the stored kind's own.</param>
    /// <exception cref="ApiException">400 or 413: the body is no such configuration.</exception>
    public static DeclaredConfiguration Read(ReadOnlyMemory<byte> body, DecodeTarget target, FieldValidation validation, string subresource, WireForm? form = null)
    {
        JsonObject declared = ReadBody(body, target, validation, out IReadOnlyList<string> warnings);
        foreach (string name in declared.Select(member => member.Key).Where(name => !Belongs(name, subresource)).ToArray())
        {
            declared.Remove(name);
        }

        if (form is not null)
        {
            declared = form.ReadDeclared(declared);
            target = DecodeTarget.Of(form.Stored);
        }

        DeclaredConfiguration configuration = new(declared, target, subresource, warnings);
        CheckKeys(declared, configuration.shape, "");
        return configuration;
    }

    /// <summary>
    /// Reads what is declared of an object's <c>scale</c>, as of the object itself: its replicas, and nothing else. A Scale without replicas is one
    /// of none (Kubernetes <c>autoscaling/v1</c>, ScaleSpec): so an apply that leaves them out scales to 0 where its manager alone had declared
    /// them, and not to the default of the object.
    /// </summary>
    /// <param name="body">A Scale in JSON or YAML; <c>apiVersion</c> and <c>kind</c> must be given.</param>
    /// <param name="target">The object's kind.</param>
    /// <param name="validation">What happens to unknown fields.</param>
    /// <exception cref="ApiException">400 or 413: the body is no such configuration.</exception>
    public static DeclaredConfiguration ReadScale(ReadOnlyMemory<byte> body, DecodeTarget target, FieldValidation validation)
    {
        JsonObject scale = ReadBody(body, DecodeTarget.Scale, validation, out IReadOnlyList<string> warnings);
        JsonObject identity = [];
        foreach (string name in (ReadOnlySpan<string>)["name", "namespace", "uid", "resourceVersion"])
        {
            if (scale["metadata"]?[name] is { } value)
            {
                identity[name] = value.DeepClone();
            }
        }

        JsonObject spec = scale["spec"]?["replicas"] is { } replicas ? new JsonObject { ["replicas"] = replicas.DeepClone() } : [];
        JsonObject declared = new() { ["apiVersion"] = target.ApiVersion, ["kind"] = target.Kind, ["metadata"] = identity, ["spec"] = spec };
        return new(declared, target, part: "", warnings) { AbsentSpec = new JsonObject { ["replicas"] = 0 } };
    }

    private static JsonObject ReadBody(ReadOnlyMemory<byte> body, DecodeTarget target, FieldValidation validation, out IReadOnlyList<string> warnings)
    {
        NormalizedJson normalized = BodyDecoder.Normalize(body, MediaTypes.Yaml, target, validation);
        var declared = (JsonObject)JsonNode.Parse(normalized.Json.Span)!;
        foreach (string name in (ReadOnlySpan<string>)["apiVersion", "kind"])
        {
            if (declared[name] is null)
            {
                throw StatusError.BadRequest($"error decoding YAML: {name} must be set in an apply patch");
            }
        }

        if (declared["metadata"] is JsonObject metadata && metadata["managedFields"] is JsonArray { Count: > 0 })
        {
            throw StatusError.BadRequest("metadata.managedFields must be nil");
        }

        warnings = validation == FieldValidation.Warn ? normalized.FieldIssues : [];
        return declared;
    }

    /// <summary>The object that the configuration makes of what is stored.</summary>
    /// <param name="stored">As it is now; empty where there is none yet.</param>
    /// <param name="managers">Who owns its fields now.</param>
    /// <param name="manager">Who applies.</param>
    /// <param name="force">Take fields that others own and have at another value.</param>
    /// <param name="complete">Fills in defaults: what the server would fill in again is no change, though it isn't declared.</param>
    /// <param name="now">For the record.</param>
    /// <exception cref="ApiException">409: others own fields at another value; each is named.</exception>
    public AppliedObject ApplyTo(
        JsonObject stored, FieldManagers managers, FieldManager manager, bool force, Func<JsonObject, JsonObject> complete, DateTimeOffset now)
    {
        FieldSet mine = Ownable(FieldReading.FieldsOf(declared, shape), part);
        FieldSet before = managers.OwnedBy(manager);
        var wanted = (JsonObject)ObjectMerge.Merge(stored, declared, shape);
        ObjectMerge.Prune(wanted, shape, before, managers.With(manager, mine, now).Owned);
        foreach ((string name, JsonNode? value) in AbsentSpec.Where(member => wanted["spec"]?[member.Key] is null))
        {
            wanted["spec"] ??= new JsonObject();
            wanted["spec"]![name] = value!.DeepClone();
        }

        FieldChanges changes = Changes(stored, complete(wanted), shape, part);
        ImmutableArray<OwnedFields> conflicts = managers.OthersOf(manager, changes.Set);
        return force || conflicts.IsEmpty
            ? new(wanted, managers.AfterApply(manager, mine, changes, now))
            : throw StatusError.ApplyConflict([.. conflicts.SelectMany(owned => owned.Fields.Paths().Select(path => (DescribeOwner(owned.Manager), path)))]);
    }

    /// <summary>In what two versions of an object differ, of the fields that managers can own.</summary>
    public static FieldChanges Changes(JsonObject before, JsonObject after, FieldShape shape, string subresource)
    {
        FieldChanges changes = FieldReading.Compare(before, after, shape);
        return new(Ownable(changes.Set, subresource), Ownable(changes.Removed, subresource));
    }

    /// <summary>What names and dates an object, and the part that another path writes, is nobody's (Kubernetes: managedfields, stripMeta; reset fields).</summary>
    private static FieldSet Ownable(FieldSet fields, string subresource)
    {
        FieldSet owned = FieldSet.Of(fields.Children.Where(child => Belongs(child.Key[2..], subresource) && child.Key is not ("f:apiVersion" or "f:kind")));
        if (owned.Find("f:metadata") is not { } metadata || subresource.Length > 0)
        {
            return owned.Without("f:metadata");
        }

        FieldSet kept = FieldSet.Of(metadata.Children.Where(child => child.Key is "f:labels" or "f:annotations" or "f:finalizers" or "f:ownerReferences"));
        return FieldSet.Of(owned.Children.SetItem("f:metadata", kept));
    }

    private static bool Belongs(string member, string subresource) => member is "apiVersion" or "kind" or "metadata" || (member == "status") == (subresource == "status");

    /// <summary>Each element of a list with keys must have them, and no two the same.</summary>
    private static void CheckKeys(JsonNode value, FieldShape shape, string path)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        if (shape.Granularity == Granularity.Elements && value is JsonArray elements)
        {
            foreach (JsonNode? element in elements)
            {
                string? key = element is JsonObject keyed ? PathElement.OfElement(keyed, shape.Keys!) : null;
                string? problem = key is null ? $"associative list with keys has an element that omits key field \"{MissingKey(element, shape.Keys!)}\""
                    : seen.Add(key) ? null
                    : $"duplicate entries for key {PathElement.Describe(key)}";
                if (problem is not null)
                {
                    throw StatusError.BadRequest($"failed to create typed patch object: {path}: {problem}");
                }
            }
        }

        foreach ((string element, JsonNode? child, FieldShape childShape) in FieldReading.Children(value, shape))
        {
            if (child is not null)
            {
                CheckKeys(child, childShape, path + PathElement.Describe(element));
            }
        }
    }

    private static string MissingKey(JsonNode? element, ListKeys keys) =>
        keys.Names.FirstOrDefault(name => (element as JsonObject)?[name] is null && keys.DefaultOf(name) is null) ?? keys.Names[0];

    private string DescribeOwner(FieldManager manager)
    {
        string through = manager.Subresource.Length > 0 ? $" with subresource \"{manager.Subresource}\"" : "";
        return $"\"{manager.Name}\"{through} using {target.ApiVersion}";
    }
}
