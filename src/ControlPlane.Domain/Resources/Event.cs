using System.Text.Json.Serialization;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>Something that happened to an object; kept for an hour after it was last seen. Its times are written when there are none, too, as Kubernetes writes them: <c>null</c>.</summary>
public sealed record Event : Resource
{
    /// <summary>What the event is about.</summary>
    [WriteEmpty]
    public ObjectReference InvolvedObject { get; init; } = new();

    /// <summary>One CamelCase word, for programs.</summary>
    public string? Reason { get; init; }

    /// <summary>What happened, for people.</summary>
    public string? Message { get; init; }

    /// <summary>Who says so.</summary>
    public EventSource? Source { get; init; }

    /// <summary>When it was first seen.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public DateTimeOffset? FirstTimestamp { get; init; }

    /// <summary>When it was last seen.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public DateTimeOffset? LastTimestamp { get; init; }

    /// <summary>How often it was seen.</summary>
    public int? Count { get; init; }

    /// <summary><c>Normal</c> or <c>Warning</c>.</summary>
    public string? Type { get; init; }

    /// <summary>When it was first seen, to the microsecond.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public MicroTime? EventTime { get; init; }

    /// <summary>Of a repeated event: how often and until when.</summary>
    public EventSeries? Series { get; init; }

    /// <summary>What was done about it.</summary>
    public string? Action { get; init; }

    /// <summary>A second object that it is about.</summary>
    public ObjectReference? Related { get; init; }

    /// <summary>The component that says so.</summary>
    [WriteEmpty]
    public string? ReportingComponent { get; init; }

    /// <summary>The component's instance.</summary>
    [WriteEmpty]
    public string? ReportingInstance { get; init; }
}

/// <summary>Who reports an event.</summary>
public sealed record EventSource
{
    /// <summary>The component.</summary>
    public string? Component { get; init; }

    /// <summary>The node it runs on.</summary>
    public string? Host { get; init; }
}

/// <summary>Of a repeated event: how often and until when.</summary>
public sealed record EventSeries
{
    public int? Count { get; init; }

    public MicroTime? LastObservedTime { get; init; }
}

/// <summary>Names an object.</summary>
public sealed record ObjectReference
{
    public string? Kind { get; init; }

    public string? Namespace { get; init; }

    public string? Name { get; init; }

    /// <summary>The life of the name that is meant.</summary>
    public string? Uid { get; init; }

    public string? ApiVersion { get; init; }

    public string? ResourceVersion { get; init; }

    /// <summary>The part of the object that is meant.</summary>
    public string? FieldPath { get; init; }
}

/// <summary>Names an object of the same namespace.</summary>
public sealed record LocalObjectReference
{
    public string? Name { get; init; }
}
