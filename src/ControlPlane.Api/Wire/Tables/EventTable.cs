using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Tables;

internal static class EventTable
{
    public static TableDefinition Definition { get; } = TableDefinition.Of<Event>(
        [
            TableColumn.Text("Last Seen", "Time since this was last seen."),
            TableColumn.Text("Type", "Normal or Warning."),
            TableColumn.Text("Reason", "Why this happened, in one word."),
            TableColumn.Text("Object", "What it happened to."),
            TableColumn.Text("Subobject", "Which part of the object.").Wide(),
            TableColumn.Text("Source", "Who says so.").Wide(),
            TableColumn.Text("Message", "What happened, for people."),
            TableColumn.Text("First Seen", "Time since this was first seen.").Wide(),
            TableColumn.Number("Count", "How often this was seen.").Wide(),
            TableColumn.NameColumn.Wide(),
        ],
        (item, now) =>
        [
            Ages.Since(LastSeen(item), now),
            item.Type ?? "",
            item.Reason ?? "",
            Target(item.InvolvedObject),
            item.InvolvedObject.FieldPath ?? "",
            Source(item),
            (item.Message ?? "").Trim(),
            Ages.Since(FirstSeen(item), now),
            (long)(item.Series?.Count ?? (item.Count is null or 0 ? 1 : item.Count.Value)),
            item.Name,
        ]);

    private static DateTimeOffset? FirstSeen(Event item) => item.FirstTimestamp ?? item.EventTime?.Value;

    private static DateTimeOffset? LastSeen(Event item) => item.Series is { } series ? series.LastObservedTime?.Value : item.LastTimestamp ?? FirstSeen(item);

    private static string Target(ObjectReference involved)
    {
        string kind = (involved.Kind ?? "").ToLowerInvariant();
        return string.IsNullOrEmpty(involved.Name) ? kind : $"{kind}/{involved.Name}";
    }

    private static string Source(Event item)
    {
        string? component = string.IsNullOrEmpty(item.Source?.Component) ? item.ReportingComponent : item.Source.Component;
        string? host = string.IsNullOrEmpty(item.Source?.Host) ? item.ReportingInstance : item.Source.Host;
        return string.Join(", ", new[] { component, host }.Where(part => !string.IsNullOrEmpty(part)));
    }
}
