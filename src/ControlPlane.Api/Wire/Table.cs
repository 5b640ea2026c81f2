using System.Globalization;
using ControlPlane.Api.Kinds;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Api.Wire.Tables;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Wire;

/// <summary>Objects as rows (meta.k8s.io/v1 Table).</summary>
internal sealed record Table
{
    public string Kind { get; init; } = nameof(Table);

    public string ApiVersion { get; init; } = "meta.k8s.io/v1";

    public required ListMeta Metadata { get; init; }

    /// <summary>In a watch the first event alone has them.</summary>
    [WriteEmpty]
    public ValueList<TableColumn> ColumnDefinitions { get; init; }

    [WriteEmpty]
    public ValueList<TableRow> Rows { get; init; }
}

/// <summary>One object's row.</summary>
/// <param name="Cells">In the order of the columns.</param>
/// <param name="Object">The object, or its metadata, or nothing: as the client asked.</param>
internal sealed record TableRow(IReadOnlyList<object?> Cells, object? Object);

/// <summary>Makes the tables of one reply.</summary>
/// <param name="kind">What the rows are.</param>
/// <param name="includes">What each row carries of its object.</param>
/// <param name="wire">The form that the objects of rows are shown in; null for their own.</param>
/// <param name="time">What ages count to: read for each table, for a watch lives long.</param>
internal sealed class TableWriter(ResourceKind kind, TableRows includes, WireForm? wire, TimeProvider time)
{
    private readonly TableDefinition definition = TableDefinition.For(kind);

    /// <summary>For a request: what it includes is its query's <c>includeObject</c>, the metadata by default.</summary>
    public static TableWriter For(HttpContext http, ResourceKind kind, WireForm? wire)
    {
        QueryReader query = new(http.Request.Query, "TableOptions");
        TableRows includes = query.OneOf(
            "includeObject", TableRows.Metadata, ("None", TableRows.Alone), ("Metadata", TableRows.Metadata), ("Object", TableRows.Object));
        query.ThrowIfInvalid();
        return new TableWriter(kind, includes, wire, http.RequestServices.GetRequiredService<TimeProvider>());
    }

    public Table Of(IEnumerable<Resource> resources, ListMeta metadata, bool hasColumns = true)
    {
        DateTimeOffset now = time.GetUtcNow();
        return new Table
        {
            Metadata = metadata,
            ColumnDefinitions = hasColumns ? definition.Columns : default,
            Rows = resources.Select(resource => RowOf(resource, now)).ToValueList(),
        };
    }

    /// <summary>A table without rows that says a revision: a bookmark.</summary>
    public Table Bookmark(long revision) => Of([], new ListMeta { ResourceVersion = revision.ToString(CultureInfo.InvariantCulture) }, hasColumns: false);

    private TableRow RowOf(Resource resource, DateTimeOffset now) => new(definition.Cells(resource, now), includes switch
    {
        TableRows.Object => wire?.Show(resource) ?? Shape.Of(resource, ReplyForm.Objects),
        TableRows.Metadata => PartialObjectMetadata.Of(resource),
        _ => null,
    });
}

/// <summary>What a row carries beside its cells.</summary>
internal enum TableRows
{
    Metadata,
    Object,
    Alone,
}
