using ControlPlane.Api.Kinds;
using ControlPlane.Api.Wire.Options;
using ControlPlane.Api.Wire.Tables;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Wire;

/// <summary>Objects as rows (meta.k8s.io Table).</summary>
internal sealed record Table
{
    public string Kind { get; init; } = nameof(Table);

    public required string ApiVersion { get; init; }

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
/// <param name="definition">The columns, and how an object fills them.</param>
/// <param name="includes">What each row carries of its object.</param>
/// <param name="form">Says the version.</param>
/// <param name="wire">The form that the objects of rows are shown in; null for their own.</param>
/// <param name="time">What ages count to: read for each table, for a watch lives long.</param>
internal sealed class TableWriter(TableDefinition definition, TableRows includes, ReplyForm form, WireForm? wire, TimeProvider time)
{
    /// <summary>For a request: what it includes is its query's <c>includeObject</c>, the metadata by default.</summary>
    public static TableWriter For(HttpContext http, TableDefinition definition, ReplyForm form, WireForm? wire)
    {
        QueryReader query = new(http.Request.Query, "TableOptions");
        TableRows includes = query.OneOf(
            "includeObject", TableRows.Metadata, ("None", TableRows.Alone), ("Metadata", TableRows.Metadata), ("Object", TableRows.Object));
        query.ThrowIfInvalid();
        return new TableWriter(definition, includes, form, wire, http.RequestServices.GetRequiredService<TimeProvider>());
    }

    public Table Of(IEnumerable<Resource> resources, ListMeta metadata, bool hasColumns = true)
    {
        DateTimeOffset now = time.GetUtcNow();
        return new Table
        {
            ApiVersion = form.ApiVersion,
            Metadata = metadata,
            ColumnDefinitions = hasColumns ? definition.Columns : default,
            Rows = resources.Select(resource => RowOf(resource, now)).ToValueList(),
        };
    }

    /// <summary>A bookmark: one row for an object that has a revision, and nothing else but what the bookmark means (as Kubernetes converts it).</summary>
    public Table Bookmark(Resource bookmark) => Of([bookmark], new ListMeta { ResourceVersion = bookmark.Metadata.ResourceVersion }, hasColumns: false);

    private TableRow RowOf(Resource resource, DateTimeOffset now) => new(definition.Cells(resource, now), includes switch
    {
        TableRows.Object => wire?.Show(resource) ?? Shape.Of(resource, ReplyForm.Objects),
        TableRows.Metadata => PartialObjectMetadata.Of(resource, form),
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
