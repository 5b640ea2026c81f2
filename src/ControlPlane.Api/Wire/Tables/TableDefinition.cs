using System.Collections.Frozen;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Wire.Tables;

/// <summary>How a kind reads as a table: kubectl's columns and, for each object, their cells (Kubernetes: pkg/printers/internalversion).</summary>
public sealed class TableDefinition
{
    private static readonly FrozenDictionary<ResourceKind, TableDefinition> ByKind = new Dictionary<ResourceKind, TableDefinition>
    {
        [ResourceKinds.Pod] = PodTable.Definition,
        [ResourceKinds.Deployment] = DeploymentTable.Definition,
        [ResourceKinds.ReplicaSet] = ReplicaSetTable.Definition,
        [ResourceKinds.Node] = NodeTable.Definition,
        [ResourceKinds.Namespace] = NamespaceTable.Definition,
        [ResourceKinds.Secret] = SecretTable.Definition,
        [ResourceKinds.ConfigMap] = ConfigMapTable.Definition,
        [ResourceKinds.ServiceAccount] = ServiceAccountTable.Definition,
        [ResourceKinds.ResourceQuota] = ResourceQuotaTable.Definition,
        [ResourceKinds.Event] = EventTable.Definition,
        [ResourceKinds.Service] = ServiceTable.Definition,
        [ResourceKinds.Endpoints] = EndpointsTable.OfEndpoints,
        [ResourceKinds.EndpointSlice] = EndpointsTable.OfSlices,
        [ResourceKinds.PodDisruptionBudget] = PodDisruptionBudgetTable.Definition,
        [ResourceKinds.Lease] = LeaseTable.Definition,
        [ResourceKinds.RolloutPolicy] = RolloutPolicyTable.Definition,
    }.ToFrozenDictionary();

    private static readonly TableDefinition NameAndAge =
        Of<Resource>([TableColumn.NameColumn, TableColumn.Age], (item, now) => [item.Name, Ages.Since(item.Metadata.CreationTimestamp, now)]);

    private readonly Func<Resource, DateTimeOffset, IReadOnlyList<object?>> cells;

    private TableDefinition(ValueList<TableColumn> columns, Func<Resource, DateTimeOffset, IReadOnlyList<object?>> cells)
    {
        Columns = columns;
        this.cells = cells;
    }

    /// <summary>All columns; kubectl shows those of priority 1 with <c>-o wide</c> only.</summary>
    public ValueList<TableColumn> Columns { get; }

    /// <summary>The table of a kind; a kind without one of its own reads as name and age.</summary>
    public static TableDefinition For(ResourceKind kind) => ByKind.GetValueOrDefault(kind, NameAndAge);

    /// <summary>The table that one object is a row of; a subresource has its own.</summary>
    public static TableDefinition For(Resource resource) => resource is Scale ? ScaleTable.Definition : For(ResourceKinds.Of(resource));

    /// <summary>The cells of an object, one for each column: texts, numbers (<see cref="long"/>) and null.</summary>
    /// <exception cref="InvalidCastException">The object is of another kind.</exception>
    public IReadOnlyList<object?> Cells(Resource resource, DateTimeOffset now) => cells(resource, now);

    internal static TableDefinition Of<T>(ValueList<TableColumn> columns, Func<T, DateTimeOffset, IReadOnlyList<object?>> cells)
        where T : Resource => new(columns, (resource, now) => cells((T)resource, now));
}

/// <summary>A column (meta.k8s.io/v1 TableColumnDefinition).</summary>
/// <param name="Type">An OpenAPI type: <c>string</c> or <c>integer</c>.</param>
public sealed record TableColumn(string Name, string Type, string Description)
{
    /// <summary>An OpenAPI format; <c>name</c> marks the object's own name. Usually empty.</summary>
    public string Format { get; init; } = "";

    /// <summary>0: always shown; 1: shown with <c>-o wide</c>.</summary>
    public int Priority { get; init; }

    internal static TableColumn NameColumn { get; } = Text("Name", "The object's name, unique for its kind in its namespace.") with { Format = "name" };

    internal static TableColumn Age { get; } = Text("Age", "Time since the object was created.");

    internal static TableColumn Text(string name, string description) => new(name, "string", description);

    internal static TableColumn Number(string name, string description) => new(name, "integer", description);

    internal TableColumn Wide() => this with { Priority = 1 };
}
