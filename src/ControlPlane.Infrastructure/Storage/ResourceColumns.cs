using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Infrastructure.Storage;

/// <summary>An object's JSON as its table's columns hold it; null where the part is absent.</summary>
internal sealed record ResourceColumns(string Metadata, string? Labels, string? Spec, string? Status)
{
    private static readonly FrozenDictionary<string, Shape> Shapes = ResourceKinds.All.ToFrozenDictionary(kind => kind.Kind, kind => new Shape(kind));

    /// <summary>The characters of all columns.</summary>
    public int Length => Metadata.Length + (Labels?.Length ?? 0) + (Spec?.Length ?? 0) + (Status?.Length ?? 0);

    /// <summary>Cuts an object into columns. What has a column of its own (name, uid, revision, labels) is not repeated in the metadata.</summary>
    /// <param name="parts">The parts that will be stored; the others are left empty.</param>
    public static ResourceColumns Of(Resource resource, ResourceParts parts)
    {
        Shape shape = Shapes[ResourceKinds.Of(resource).Kind];
        ObjectMeta rest = resource.Metadata with { Name = "", Namespace = "", Uid = "", ResourceVersion = null, Labels = default };
        bool isDesired = parts.HasFlag(ResourceParts.Desired);
        return new ResourceColumns(
            isDesired ? ResourceJson.Serialize(rest) : "{}",
            isDesired && !resource.Metadata.Labels.IsEmpty ? ResourceJson.Serialize(resource.Metadata.Labels) : null,
            isDesired ? shape.WriteSpec(resource) : null,
            parts.HasFlag(ResourceParts.Status) ? shape.WriteStatus(resource) : null);
    }

    /// <summary>
    /// Whether PostgreSQL can hold these texts: jsonb holds every one but one with U+0000, which JSON writes as <c>\u0000</c> (and <c>\\u0000</c> is
    /// something else).
    /// </summary>
    public bool AreStorable() => IsStorable(Metadata) && IsStorable(Labels) && IsStorable(Spec) && IsStorable(Status);

    /// <summary>Puts an object together again.</summary>
    public static Resource ToResource(
        ResourceKind kind, string @namespace, string name, string uid, long resourceVersion, long desiredRevision, ResourceColumns columns)
    {
        Shape shape = Shapes[kind.Kind];
        StringBuilder json = new(columns.Metadata.Length + (columns.Spec?.Length ?? 0) + (columns.Status?.Length ?? 0) + 64);
        json.Append("{\"metadata\":").Append(columns.Metadata);
        if (columns.Spec is { } spec && shape.HasSpec)
        {
            json.Append(",\"spec\":").Append(spec);
        }
        else if (columns.Spec is { Length: > 2 } members)
        {
            json.Append(',').Append(members.AsSpan()[1..^1]);
        }

        if (columns.Status is { } status)
        {
            json.Append(",\"status\":").Append(status);
        }

        Resource resource = (Resource)JsonSerializer.Deserialize(json.Append('}').ToString(), kind.Type, ResourceJson.Options)!;
        return Stamped(
            resource with
            {
                Metadata = resource.Metadata with
                {
                    Namespace = @namespace,
                    Name = name,
                    Uid = uid,
                    Labels = columns.Labels is null ? default : ResourceJson.Deserialize<ValueMap<string>>(columns.Labels),
                },
            },
            resourceVersion,
            desiredRevision);
    }

    /// <summary>An object with what the store says of it: its kind and its revisions.</summary>
    public static Resource Stamped(Resource resource, long resourceVersion, long desiredRevision)
    {
        ResourceKind kind = ResourceKinds.Of(resource);
        return resource with
        {
            ApiVersion = kind.ApiVersion,
            Kind = kind.Kind,
            Metadata = resource.Metadata with
            {
                ResourceVersion = resourceVersion.ToString(CultureInfo.InvariantCulture),
                DesiredRevision = desiredRevision,
            },
        };
    }

    /// <summary>An object with another one's status, if the kind has one.</summary>
    public static Resource WithStatusOf(Resource desired, Resource observed) => ReferenceEquals(desired, observed)
        ? desired
        : Shapes[ResourceKinds.Of(desired).Kind].WithStatusOf(desired, observed);

    private static bool IsStorable(string? json)
    {
        const string Escape = "\\u0000";
        for (int at = json?.IndexOf(Escape, StringComparison.Ordinal) ?? -1; at >= 0; at = json!.IndexOf(Escape, at + 1, StringComparison.Ordinal))
        {
            int backslashes = 1;
            while (at - backslashes >= 0 && json![at - backslashes] == '\\')
            {
                backslashes++;
            }

            if (backslashes % 2 == 1)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>How a kind's members are spread over the columns.</summary>
    private sealed class Shape
    {
        private static readonly FrozenSet<string> NotSpec = new[] { "apiVersion", "kind", "metadata", "status" }.ToFrozenSet();
        private readonly JsonPropertyInfo? spec;
        private readonly JsonPropertyInfo? status;
        private readonly JsonPropertyInfo[] members;

        public Shape(ResourceKind kind)
        {
            IList<JsonPropertyInfo> properties = ResourceJson.Options.GetTypeInfo(kind.Type).Properties;
            spec = properties.SingleOrDefault(property => property.Name == "spec");
            status = properties.SingleOrDefault(property => property.Name == "status");
            members = [.. properties.Where(property => property.Get is not null && !NotSpec.Contains(property.Name))];
        }

        public bool HasSpec => spec is not null;

        public string? WriteStatus(Resource resource) => status is null ? null : Write(status, resource);

        public Resource WithStatusOf(Resource desired, Resource observed)
        {
            if (status is null)
            {
                return desired;
            }

            Resource joined = desired with { Metadata = desired.Metadata };
            status.Set!(joined, status.Get!(observed));
            return joined;
        }

        public string? WriteSpec(Resource resource) => spec is null ? WriteMembers(resource) : Write(spec, resource);

        private static string? Write(JsonPropertyInfo property, Resource resource) =>
            property.Get!(resource) is { } value ? JsonSerializer.Serialize(value, property.PropertyType, ResourceJson.Options) : null;

        private string WriteMembers(Resource resource)
        {
            ArrayBufferWriter<byte> buffer = new();
            using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Encoder = ResourceJson.Options.Encoder }))
            {
                writer.WriteStartObject();
                foreach (JsonPropertyInfo member in members)
                {
                    object? value = member.Get!(resource);
                    if (value is not null && member.ShouldSerialize?.Invoke(resource, value) != false)
                    {
                        writer.WritePropertyName(member.Name);
                        JsonSerializer.Serialize(writer, value, member.PropertyType, ResourceJson.Options);
                    }
                }

                writer.WriteEndObject();
            }

            return Encoding.UTF8.GetString(buffer.WrittenSpan);
        }
    }
}
