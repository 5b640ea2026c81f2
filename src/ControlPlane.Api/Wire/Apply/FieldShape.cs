using System.Collections.Frozen;
using System.Text.Json.Nodes;
using ControlPlane.Api.Wire.Schemas;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Apply;

/// <summary>How finely a field's value is owned.</summary>
internal enum Granularity
{
    /// <summary>As a whole.</summary>
    Whole,

    /// <summary>An object, each member by itself.</summary>
    Members,

    /// <summary>A list, each element by its key.</summary>
    Elements,

    /// <summary>A list of different plain values, each by itself.</summary>
    Values,
}

/// <summary>The members that tell a list's elements apart.</summary>
/// <param name="Names">Their names.</param>
internal sealed record ListKeys(params string[] Names)
{
    /// <summary>The value of a key that an element leaves out; null when it must have it. The one key with a default is a port's protocol.</summary>
    public JsonNode? DefaultOf(string name) => name == "protocol" && Names.Contains(name) ? "TCP" : null;
}

/// <summary>
/// The shape of a field for server-side apply: its schema, and how finely it is owned. Kubernetes' types declare that
/// (<c>listType</c>, <c>listMapKey</c> and <c>mapType</c> in k8s.io/api). A list of which nothing is declared is owned as a whole; an object by its members.
/// </summary>
internal sealed record FieldShape(Schema Schema, Granularity Granularity, ListKeys? Keys = null)
{
    private static readonly FrozenSet<Type> WholeObjects = new[]
    {
        typeof(LabelSelector), typeof(OwnerReference), typeof(LocalObjectReference), typeof(ObjectReference), typeof(ObjectFieldSelector),
        typeof(ConfigMapKeySelector), typeof(SecretKeySelector), typeof(ResourceFieldSelector), typeof(NodeSelector), typeof(NodeSelectorTerm), typeof(ScopeSelector),
        typeof(EndpointAddress), typeof(EndpointPort), typeof(EndpointSlicePort),
    }.ToFrozenSet();

    private static readonly FrozenSet<(Type, string)> WholeMaps = new[] { (typeof(PodSpec), "nodeSelector"), (typeof(ServiceSpec), "selector") }.ToFrozenSet();

    private static readonly FrozenSet<(Type, string)> ValueLists = new[]
    {
        (typeof(ObjectMeta), "finalizers"), (typeof(NodeSpec), "podCIDRs"), (typeof(Domain.Resources.Endpoint), "addresses"),
        (typeof(Domain.Resources.DiscoveryV1Beta1.Endpoint), "addresses"),
    }.ToFrozenSet();

    private static readonly FrozenDictionary<(Type, string), ListKeys> KeyedLists = new Dictionary<(Type, string), ListKeys>
    {
        [(typeof(ObjectMeta), "ownerReferences")] = new("uid"),
        [(typeof(PodSpec), "volumes")] = new("name"),
        [(typeof(PodSpec), "initContainers")] = new("name"),
        [(typeof(PodSpec), "containers")] = new("name"),
        [(typeof(PodSpec), "imagePullSecrets")] = new("name"),
        [(typeof(PodSpec), "hostAliases")] = new("ip"),
        [(typeof(PodSpec), "topologySpreadConstraints")] = new("topologyKey", "whenUnsatisfiable"),
        [(typeof(Container), "ports")] = new("containerPort", "protocol"),
        [(typeof(Container), "env")] = new("name"),
        [(typeof(Container), "volumeMounts")] = new("mountPath"),
        [(typeof(PodStatus), "conditions")] = new("type"),
        [(typeof(PodStatus), "hostIPs")] = new("ip"),
        [(typeof(PodStatus), "podIPs")] = new("ip"),
        [(typeof(DeploymentStatus), "conditions")] = new("type"),
        [(typeof(ReplicaSetStatus), "conditions")] = new("type"),
        [(typeof(NamespaceStatus), "conditions")] = new("type"),
        [(typeof(NodeStatus), "conditions")] = new("type"),
        [(typeof(NodeStatus), "addresses")] = new("type"),
        [(typeof(ServiceAccount), "secrets")] = new("name"),
        [(typeof(ServiceSpec), "ports")] = new("port", "protocol"),
        [(typeof(ServiceStatus), "conditions")] = new("type"),
        [(typeof(PodDisruptionBudgetStatus), "conditions")] = new("type"),
    }.ToFrozenDictionary();

    /// <summary>The shape of a whole object of a kind.</summary>
    public static FieldShape Of(Schema schema) => new(schema, schema.Kind switch
    {
        SchemaKind.Object when !WholeObjects.Contains(schema.Type) => Granularity.Members,
        SchemaKind.Map => Granularity.Members,
        _ => Granularity.Whole,
    });

    /// <summary>The shape of a record's member.</summary>
    public static FieldShape Of(Schema record, SchemaProperty property)
    {
        (Type, string) field = (record.Type, property.Name);
        return KeyedLists.TryGetValue(field, out ListKeys? keys) && property.Schema.Kind == SchemaKind.List ? new(property.Schema, Granularity.Elements, keys)
            : ValueLists.Contains(field) ? new(property.Schema, Granularity.Values)
            : WholeMaps.Contains(field) ? new(property.Schema, Granularity.Whole)
            : Of(property.Schema);
    }

    /// <summary>The shape of a member of an object that is owned by its members.</summary>
    public FieldShape Member(string name) => Schema.Kind switch
    {
        SchemaKind.Map => Of(Schema.Element!),
        SchemaKind.Object when Schema.Properties.TryGetValue(name, out SchemaProperty? property) => Of(Schema, property),
        _ => new(Schema.Any, Granularity.Whole),
    };

    /// <summary>The shape of an element of a list that has keys.</summary>
    public FieldShape Element => Of(Schema.Element!);
}
