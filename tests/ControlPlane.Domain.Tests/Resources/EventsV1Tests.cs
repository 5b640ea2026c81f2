using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Rules;
using EventsV1 = ControlPlane.Domain.Resources.EventsV1;

namespace ControlPlane.Domain.Tests.Resources;

/// <summary>Events as events.k8s.io has them.</summary>
public sealed class EventsV1Tests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddSeconds(5);

    private static readonly Event Stored = new()
    {
        ApiVersion = "v1",
        Kind = "Event",
        Metadata = new ObjectMeta { Name = "e", Namespace = "default" },
        InvolvedObject = new ObjectReference { Kind = "Pod", Name = "p", Namespace = "default" },
        Reason = "Started",
        Message = "it began",
        Source = new EventSource { Component = "kubelet", Host = "node-1" },
        FirstTimestamp = Now,
        LastTimestamp = Now.AddSeconds(1),
        Count = 3,
        Type = "Normal",
        EventTime = Now.AddSeconds(2),
        Series = new EventSeries { Count = 4, LastObservedTime = Now.AddSeconds(3) },
        Action = "Starting",
        Related = new ObjectReference { Name = "other" },
        ReportingComponent = "kubelet",
        ReportingInstance = "node-1",
    };

    private static readonly EventsV1.Event New = new()
    {
        Metadata = new ObjectMeta { Name = "e", Namespace = "default" },
        EventTime = Now,
        ReportingController = "example.com/robot",
        ReportingInstance = "robot-1",
        Action = "Watering",
        Reason = "Dry",
        Type = "Normal",
    };

    [Fact]
    public void AStoredEvent_HasOtherNamesForItsFields_AndComesBackWhole()
    {
        EventsV1.Event shown = EventsV1.Event.Of(Stored);

        Assert.Equal(("events.k8s.io/v1", "Event", "p", "it began"), (shown.ApiVersion, shown.Kind, shown.Regarding!.Name, shown.Note));
        Assert.Equal(("kubelet", "node-1", 3, 4), (shown.ReportingController, shown.DeprecatedSource!.Host, shown.DeprecatedCount, shown.Series!.Count));
        Assert.Equal((Now, Now.AddSeconds(1)), (shown.DeprecatedFirstTimestamp, shown.DeprecatedLastTimestamp));
        Assert.Equal(Stored, shown.ToStored());
    }

    [Fact]
    public void ANewEvent_ThatSaysWhatItMust_IsTaken()
    {
        Assert.Empty(ResourceRules.ValidateCreate(New));
        Assert.Empty(ResourceRules.ValidateCreate(New with { Series = new() { Count = 2, LastObservedTime = Now }, Note = new string('n', 1024), Action = new string('a', 128), DeprecatedCount = 0, DeprecatedSource = new() }));
    }

    public static TheoryData<string, EventsV1.Event, string, string> Cases => new()
    {
        { "no time", New with { EventTime = null }, "eventTime", "Required value" },
        { "no controller", New with { ReportingController = "" }, "reportingController", "Required value" },
        { "no instance", New with { ReportingInstance = null }, "reportingInstance", "Required value" },
        { "no action", New with { Action = null }, "action", "Required value" },
        { "no reason", New with { Reason = "" }, "reason", "Required value" },
        { "a long reason", New with { Reason = new string('r', 129) }, "reason", "Invalid value: \"\": can have at most 128 characters" },
        { "a long note", New with { Note = new string('n', 1025) }, "note", "Invalid value: \"\": can have at most 1024 characters" },
        { "another type", New with { Type = "Loud" }, "type", "Invalid value: \"\": has invalid value: Loud" },
        { "a series of one", New with { Series = new() { Count = 1, LastObservedTime = Now } }, "series.count", "Invalid value: \"\": should be at least 2" },
        { "a series without a time", New with { Series = new() { Count = 2 } }, "series.lastObservedTime", "Required value" },
        { "a count of core's", New with { DeprecatedCount = 1 }, "deprecatedCount", "Invalid value: \"\": needs to be unset" },
        { "a source of core's", New with { DeprecatedSource = new() { Host = "h" } }, "deprecatedSource", "Invalid value: \"\": needs to be unset" },
        { "a first time of core's", New with { DeprecatedFirstTimestamp = Now }, "deprecatedFirstTimestamp", "Invalid value: \"\": needs to be unset" },
        { "a last time of core's", New with { DeprecatedLastTimestamp = Now }, "deprecatedLastTimestamp", "Invalid value: \"\": needs to be unset" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void ANewEvent_WithOneThingWrong_HasThatErrorAlone(string what, EventsV1.Event item, string field, string message)
    {
        FieldError error = Assert.Single(ResourceRules.ValidateCreate(item));

        Assert.True((field, message) == (error.Field, error.Message), $"{what}: {error.Field}: {error.Message}");
    }
}
