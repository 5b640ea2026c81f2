using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Events;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Events;

public class EventCorrelatorTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private static readonly EventSource Scheduler = new() { Component = "default-scheduler" };

    private static readonly EventNote Unschedulable = new(
        new ObjectReference { Kind = "Pod", Namespace = "shop", Name = "web-1", Uid = "u1" }, "Warning", "FailedScheduling", "0/1 nodes are available.");

    [Fact]
    public void Correlate_SaidForTheFirstTime_CreatesAnEventWithCountOne()
    {
        Event created = Created(Unschedulable);

        Assert.Equal(EventCorrelator.KeyOf(Unschedulable, Scheduler), created.Key);
        Assert.Equal("shop", created.Namespace);
        Assert.StartsWith("web-1.", created.Name, StringComparison.Ordinal);
        Assert.Equal((1, Noon, Noon), (created.Count, created.FirstTimestamp, created.LastTimestamp));
        Assert.Equal(("Warning", "FailedScheduling", "default-scheduler"), (created.Type, created.Reason, created.ReportingComponent));
    }

    [Fact]
    public void Correlate_SaidAgainLater_CountsUpAndKeepsTheFirstTime()
    {
        Event first = Created(Unschedulable);

        Write? again = EventCorrelator.Correlate(Unschedulable, Scheduler, Noon.AddSeconds(10), first, new IdSource(2));

        Event updated = Assert.IsType<Event>(Assert.IsType<Write.Update>(again).Object);
        Assert.Equal((2, Noon, Noon.AddSeconds(10)), (updated.Count, updated.FirstTimestamp, updated.LastTimestamp));
        Assert.Equal(first.Uid, updated.Uid);
    }

    [Fact]
    public void Correlate_SaidAgainAtOnce_WritesNothing() =>
        Assert.Null(EventCorrelator.Correlate(Unschedulable, Scheduler, Noon.AddSeconds(9), Created(Unschedulable), new IdSource(2)));

    [Fact]
    public void KeyOf_AnotherUidMessageOrSource_IsAnotherEvent()
    {
        ObjectKey key = EventCorrelator.KeyOf(Unschedulable, Scheduler);

        Assert.NotEqual(key, EventCorrelator.KeyOf(Unschedulable with { Involved = Unschedulable.Involved with { Uid = "u2" } }, Scheduler));
        Assert.NotEqual(key, EventCorrelator.KeyOf(Unschedulable with { Message = "0/2 nodes are available." }, Scheduler));
        Assert.NotEqual(key, EventCorrelator.KeyOf(Unschedulable, new EventSource { Component = "agent", Host = "node-1" }));
        Assert.Equal(key, EventCorrelator.KeyOf(Unschedulable with { Involved = Unschedulable.Involved with { ResourceVersion = "7" } }, Scheduler));
    }

    [Fact]
    public void KeyOf_ObjectWithoutNamespaceAndALongName_FitsANameInDefault()
    {
        EventNote note = Unschedulable with { Involved = new ObjectReference { Kind = "Node", Name = new string('n', 253), Uid = "u" } };

        ObjectKey key = EventCorrelator.KeyOf(note, Scheduler);

        Assert.Equal("default", key.Namespace);
        Assert.Equal(253, key.Name.Length);
    }

    [Fact]
    public void Correlate_ALongMessage_IsCut() =>
        Assert.Equal(EventCorrelator.MessageLengthMax, Created(Unschedulable with { Message = new string('x', 5000) }).Message!.Length);

    private static Event Created(EventNote note) =>
        Assert.IsType<Event>(Assert.IsType<Write.Create>(EventCorrelator.Correlate(note, Scheduler, Noon, null, new IdSource(1))).Object);
}
