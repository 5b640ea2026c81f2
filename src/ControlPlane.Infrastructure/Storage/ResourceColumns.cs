using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Infrastructure.Storage;

/// <summary>An object's JSON in UTF-8 as its table's columns hold it; null where the part is absent.</summary>
internal sealed record ResourceColumns(byte[] Metadata, byte[]? Labels, byte[]? Spec, byte[]? Status)
{
    private static readonly byte[] Nothing = "{}"u8.ToArray();

    private static readonly FrozenDictionary<string, Shape> Shapes = ResourceKinds.All.ToFrozenDictionary(kind => kind.Kind, kind => new Shape(kind));

    /// <summary>The bytes of all columns.</summary>
    public int Length => Metadata.Length + (Labels?.Length ?? 0) + (Spec?.Length ?? 0) + (Status?.Length ?? 0);

    /// <summary>Cuts an object into columns. What has a column of its own (name, uid, revision, labels) is not repeated in the metadata.</summary>
    /// <param name="parts">The parts that will be stored; the others are left empty.</param>
    public static ResourceColumns Of(Resource resource, ResourceParts parts)
    {
        Shape shape = Shapes[ResourceKinds.Of(resource).Kind];
        ObjectMeta rest = resource.Metadata with { Name = "", Namespace = "", Uid = "", ResourceVersion = null, Labels = default };
        bool isDesired = parts.HasFlag(ResourceParts.Desired);
        return new ResourceColumns(
            isDesired ? ResourceJson.SerializeToUtf8Bytes(rest) : Nothing,
            isDesired && !resource.Metadata.Labels.IsEmpty ? ResourceJson.SerializeToUtf8Bytes(resource.Metadata.Labels) : null,
            isDesired ? shape.WriteSpec(resource) : null,
            parts.HasFlag(ResourceParts.Status) ? shape.WriteStatus(resource) : null);
    }

    /// <summary>
    /// Whether PostgreSQL can hold these texts: jsonb holds every one but one with U+0000, which JSON writes as <c>\u0000</c> (and <c>\\u0000</c> is
    /// something else).
    /// </summary>
    public bool AreStorable() => IsStorable(Metadata) && IsStorable(Labels) && IsStorable(Spec) && IsStorable(Status);

    /// <summary>The columns of which only the status is there.</summary>
    public static ResourceColumns OfStatus(byte[]? status) => new(Nothing, null, null, status);

    /// <summary>Puts an object together again.</summary>
    public static Resource ToResource(
        ResourceKind kind, string @namespace, string name, string uid, long resourceVersion, long desiredRevision, ResourceColumns columns)
    {
        Shape shape = Shapes[kind.Kind];
        ArrayBufferWriter<byte> json = new(columns.Length + 64);
        json.Write("{\"metadata\":"u8);
        json.Write(columns.Metadata);
        if (columns.Spec is { } spec && shape.HasSpec)
        {
            json.Write(",\"spec\":"u8);
            json.Write(spec);
        }
        else if (columns.Spec is { Length: > 2 } members)
        {
            json.Write(","u8);
            json.Write(members.AsSpan()[1..^1]);
        }

        if (columns.Status is { } status)
        {
            json.Write(",\"status\":"u8);
            json.Write(status);
        }

        json.Write("}"u8);
        Resource resource = (Resource)JsonSerializer.Deserialize(json.WrittenSpan, kind.Type, ResourceJson.Options)!;
        return Stamped(
            resource with
            {
                Metadata = resource.Metadata with
                {
                    Namespace = @namespace,
                    Name = name,
                    Uid = uid,
                    Labels = columns.Labels is null ? default : JsonSerializer.Deserialize<ValueMap<string>>(columns.Labels, ResourceJson.Options),
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

    private static bool IsStorable(ReadOnlySpan<byte> json)
    {
        ReadOnlySpan<byte> escape = "\\u0000"u8;
        for (int from = 0; json[from..].IndexOf(escape) is >= 0 and int offset;)
        {
            // An even backslash is itself escaped.
            int at = from + offset;
            if ((at - json[..at].LastIndexOfAnyExcept((byte)'\\')) % 2 == 1)
            {
                return false;
            }

            from = at + 1;
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

        public byte[]? WriteStatus(Resource resource) => status is null ? null : Write(status, resource);

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

        public byte[]? WriteSpec(Resource resource) => spec is null ? WriteMembers(resource) : Write(spec, resource);

        private static byte[]? Write(JsonPropertyInfo property, Resource resource) =>
            property.Get!(resource) is { } value ? JsonSerializer.SerializeToUtf8Bytes(value, property.PropertyType, ResourceJson.Options) : null;

        private byte[] WriteMembers(Resource resource)
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

            return buffer.WrittenSpan.ToArray();
        }
    }
}
