using System.Text.Json.Serialization;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources.EventsV1;

/// <summary>
/// An <see cref="Resources.Event"/> as the group events.k8s.io has it: the same stored object with other names for its fields (Kubernetes: events/v1 conversion).
/// </summary>
public sealed record Event : Resource
{
    /// <summary>The group's name and version.</summary>
    public const string GroupVersion = "events.k8s.io/v1";

    /// <summary>When it was first seen, to the microsecond.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public MicroTime? EventTime { get; init; }

    /// <summary>Of a repeated event: how often and until when.</summary>
    public EventSeries? Series { get; init; }

    /// <summary>The component that says so.</summary>
    public string? ReportingController { get; init; }

    /// <summary>The component's instance.</summary>
    public string? ReportingInstance { get; init; }

    /// <summary>What was done about it.</summary>
    public string? Action { get; init; }

    /// <summary>One CamelCase word, for programs.</summary>
    public string? Reason { get; init; }

    /// <summary>What the event is about.</summary>
    public ObjectReference? Regarding { get; init; }

    /// <summary>A second object that it is about.</summary>
    public ObjectReference? Related { get; init; }

    /// <summary>What happened, for people.</summary>
    public string? Note { get; init; }

    /// <summary><c>Normal</c> or <c>Warning</c>.</summary>
    public string? Type { get; init; }

    /// <summary>Who says so, as core/v1 has it.</summary>
    public EventSource? DeprecatedSource { get; init; }

    /// <summary>When it was first seen, as core/v1 has it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public DateTimeOffset? DeprecatedFirstTimestamp { get; init; }

    /// <summary>When it was last seen, as core/v1 has it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public DateTimeOffset? DeprecatedLastTimestamp { get; init; }

    /// <summary>How often it was seen, as core/v1 has it.</summary>
    public int? DeprecatedCount { get; init; }

    /// <summary>A stored event in this form.</summary>
    public static Event Of(Resources.Event stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        return new Event
        {
            ApiVersion = GroupVersion,
            Kind = nameof(Event),
            Metadata = stored.Metadata,
            EventTime = stored.EventTime,
            Series = stored.Series is { } series ? new EventSeries { Count = series.Count, LastObservedTime = series.LastObservedTime } : null,
            ReportingController = stored.ReportingComponent,
            ReportingInstance = stored.ReportingInstance,
            Action = stored.Action,
            Reason = stored.Reason,
            Regarding = stored.InvolvedObject,
            Related = stored.Related,
            Note = stored.Message,
            Type = stored.Type,
            DeprecatedSource = stored.Source,
            DeprecatedFirstTimestamp = stored.FirstTimestamp,
            DeprecatedLastTimestamp = stored.LastTimestamp,
            DeprecatedCount = stored.Count,
        };
    }

    /// <summary>The same in the form that is stored.</summary>
    public Resources.Event ToStored() => new()
    {
        ApiVersion = ResourceKinds.Event.ApiVersion,
        Kind = ResourceKinds.Event.Kind,
        Metadata = Metadata,
        EventTime = EventTime,
        Series = Series is { } series ? new Resources.EventSeries { Count = series.Count, LastObservedTime = series.LastObservedTime } : null,
        ReportingComponent = ReportingController,
        ReportingInstance = ReportingInstance,
        Action = Action,
        Reason = Reason,
        InvolvedObject = Regarding ?? new ObjectReference(),
        Related = Related,
        Message = Note,
        Type = Type,
        Source = DeprecatedSource,
        FirstTimestamp = DeprecatedFirstTimestamp,
        LastTimestamp = DeprecatedLastTimestamp,
        Count = DeprecatedCount,
    };
}

/// <summary>Of a repeated event: how often and until when.</summary>
public sealed record EventSeries
{
    /// <summary>How often it was seen.</summary>
    public int? Count { get; init; }

    /// <summary>When it was last seen.</summary>
    public MicroTime? LastObservedTime { get; init; }
}
