using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Wire.Schemas;

/// <summary>What a JSON value may be.</summary>
internal enum SchemaKind
{
    Object,
    List,
    Map,
    Text,
    Boolean,
    Int32,
    Int64,

    /// <summary>A number that may have decimals.</summary>
    Decimal,
    IntOrString,
    Quantity,
    Time,
    MicroTime,

    /// <summary>A value that is kept as it is (<see cref="RawJson"/>).</summary>
    Any,
}

/// <summary>
/// The shape of a record's JSON, read from the same metadata that serializes it. One model serves strict decoding,
/// strategic merge patches and the OpenAPI documents, so the three cannot disagree.
/// </summary>
internal sealed class Schema
{
    private static readonly ConcurrentDictionary<Type, Schema> Known = new();

    private readonly Lazy<FrozenDictionary<string, SchemaProperty>> properties;

    private Schema(SchemaKind kind, Type type, Schema? element = null)
    {
        Kind = kind;
        Type = type;
        Element = element;
        properties = new(() => kind == SchemaKind.Object ? ReadProperties(type) : FrozenDictionary<string, SchemaProperty>.Empty);
    }

    public SchemaKind Kind { get; }

    /// <summary>The record, for an object; else the CLR type of the value.</summary>
    public Type Type { get; }

    /// <summary>What a list or map holds.</summary>
    public Schema? Element { get; }

    /// <summary>An object's members by their JSON names.</summary>
    public FrozenDictionary<string, SchemaProperty> Properties => properties.Value;

    /// <summary>The schema of a value of which nothing is known.</summary>
    public static Schema Any { get; } = new(SchemaKind.Any, typeof(RawJson));

    public static Schema Of<T>() => Of(typeof(T));

    public static Schema Of(Type type) => Known.GetOrAdd(Nullable.GetUnderlyingType(type) ?? type, Create);

    private static Schema Create(Type type)
    {
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueList<>))
        {
            return new Schema(SchemaKind.List, type, Of(type.GetGenericArguments()[0]));
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueMap<>))
        {
            return new Schema(SchemaKind.Map, type, Of(type.GetGenericArguments()[0]));
        }

        if (type == typeof(RawJson))
        {
            return Any;
        }

        return new Schema(Scalar(type) ?? SchemaKind.Object, type);
    }

    private static SchemaKind? Scalar(Type type) =>
        type == typeof(string) ? SchemaKind.Text
        : type == typeof(bool) ? SchemaKind.Boolean
        : type == typeof(int) ? SchemaKind.Int32
        : type == typeof(long) ? SchemaKind.Int64
        : type == typeof(decimal) ? SchemaKind.Decimal
        : type == typeof(IntOrString) ? SchemaKind.IntOrString
        : type == typeof(Quantity) ? SchemaKind.Quantity
        : type == typeof(DateTimeOffset) ? SchemaKind.Time
        : type == typeof(MicroTime) ? SchemaKind.MicroTime
        : null;

    private static FrozenDictionary<string, SchemaProperty> ReadProperties(Type type)
    {
        JsonTypeInfo info = ResourceJson.Options.GetTypeInfo(type);
        if (info.Kind != JsonTypeInfoKind.Object)
        {
            throw new NotSupportedException($"{type} has no schema: it is neither a record nor a value that the API knows");
        }

        return info.Properties
            .Where(property => property.AttributeProvider is PropertyInfo member && member.GetCustomAttribute<JsonIgnoreAttribute>() is not { Condition: JsonIgnoreCondition.Always })
            .Select(property => new SchemaProperty(
                property.Name,
                Of(property.PropertyType),
                (PropertyInfo)property.AttributeProvider!,
                PatchStrategies.Find(type, property.Name)))
            .ToFrozenDictionary(property => property.Name, StringComparer.Ordinal);
    }
}

/// <summary>A member of an object.</summary>
/// <param name="Name">The name in JSON.</param>
/// <param name="Member">The record's property, for its documentation.</param>
/// <param name="Patch">How a strategic merge patch treats it; null: objects merge, everything else is replaced.</param>
internal sealed record SchemaProperty(string Name, Schema Schema, PropertyInfo Member, PatchStrategy? Patch);
