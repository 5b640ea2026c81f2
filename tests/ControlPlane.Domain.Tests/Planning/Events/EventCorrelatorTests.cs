using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Events;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

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

    [Fact]
    public void Correlate_ANewEvent_SaysWhoSaidWhatOfWhom()
    {
        EventSource agent = new() { Component = "agent", Host = "node-1" };

        Event made = (Event)Assert.IsType<Write.Create>(EventCorrelator.Correlate(Unschedulable with { Count = 3 }, agent, Noon, null, new IdSource(1))).Object;

        Assert.Equal(("v1", "Event", Noon), (made.ApiVersion, made.Kind, made.Metadata.CreationTimestamp));
        Assert.Equal((Unschedulable.Involved, "0/1 nodes are available.", 3), (made.InvolvedObject, made.Message, made.Count));
        Assert.Equal((agent, "agent", "node-1"), (made.Source, made.ReportingComponent, made.ReportingInstance));
        Assert.NotEmpty(made.Uid);
    }

    [Fact]
    public void Correlate_AnEventWithoutACount_CountsAsSeenOnce()
    {
        Write? again = EventCorrelator.Correlate(Unschedulable with { Count = 4 }, Scheduler, Noon.AddMinutes(1), Created(Unschedulable) with { Count = null }, new IdSource(2));

        Assert.Equal(5, ((Event)Assert.IsType<Write.Update>(again).Object).Count);
    }

    [Fact]
    public void Correlate_SaidAgain_KeepsTheLastMessageCutToo() => Assert.Equal(
        1024,
        ((Event)Assert.IsType<Write.Update>(EventCorrelator.Correlate(
            Unschedulable with { Message = new string('x', 1025) }, Scheduler, Noon.AddMinutes(1), Created(Unschedulable), new IdSource(2))).Object).Message!.Length);

    [Fact]
    public void KeyOf_EachThingThatIsSaid_TellsEventsApart()
    {
        ObjectReference involved = Unschedulable.Involved;
        EventNote[] notes =
        [
            Unschedulable,
            Unschedulable with { Involved = involved with { Kind = "Job" } },
            Unschedulable with { Involved = involved with { FieldPath = "spec" } },
            Unschedulable with { Type = "Normal" },
            Unschedulable with { Reason = "Other" },
            Unschedulable with { Count = 2 },
        ];

        Assert.Distinct(notes.Select(note => EventCorrelator.KeyOf(note, Scheduler)));
        Assert.NotEqual(EventCorrelator.KeyOf(Unschedulable, Scheduler), EventCorrelator.KeyOf(Unschedulable, Scheduler with { Host = "node-1" }));
        Assert.Equal(EventCorrelator.KeyOf(notes[^1], Scheduler), EventCorrelator.KeyOf(notes[^1] with { Message = "another" }, Scheduler));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void KeyOf_AnObjectWithoutAName_IsUnknown(string? name)
    {
        ObjectKey key = EventCorrelator.KeyOf(Unschedulable with { Involved = Unschedulable.Involved with { Name = name, Namespace = name } }, Scheduler);

        Assert.StartsWith("unknown.", key.Name, StringComparison.Ordinal);
        Assert.Equal("unknown.".Length + 16, key.Name.Length);
        Assert.Equal("default", key.Namespace);
    }

    /// <summary>The hash and its dot are 17 characters, so 236 are left for a name.</summary>
    [Theory]
    [InlineData(235, 252)]
    [InlineData(236, 253)]
    [InlineData(237, 253)]
    public void KeyOf_ALongName_IsCutWhereItWouldNotFit(int length, int expected) => Assert.Equal(
        expected, EventCorrelator.KeyOf(Unschedulable with { Involved = Unschedulable.Involved with { Name = new string('n', length) } }, Scheduler).Name.Length);

    [Fact]
    public void LastSeen_TheSeriesBeforeTheLastTimeBeforeTheOnlyOneBeforeItsMaking()
    {
        Event bare = new() { Metadata = new ObjectMeta { Name = "e" } };
        Event made = bare with { Metadata = bare.Metadata with { CreationTimestamp = Noon } };
        Event only = made with { EventTime = new MicroTime(Noon.AddSeconds(1)) };
        Event last = only with { LastTimestamp = Noon.AddSeconds(2) };
        Event series = last with { Series = new EventSeries { LastObservedTime = new MicroTime(Noon.AddSeconds(3)) } };

        Assert.Equal(
            [DateTimeOffset.MinValue, Noon, Noon.AddSeconds(1), Noon.AddSeconds(2), Noon.AddSeconds(3)],
            new[] { bare, made, only, last, series }.Select(EventCorrelator.LastSeen));
    }

    [Theory]
    [InlineData(3599, false)]
    [InlineData(3600, true)]
    public void Plan_AnEventThatWasNotSeenForAnHour_IsRemovedAsItWasRead(int seconds, bool isRemoved)
    {
        Event item = Created(Unschedulable);

        IReadOnlyList<Plan> plans = EventExpiry.Plan([item], Noon.AddSeconds(seconds));

        Assert.Equal(isRemoved ? [Write.Remove.Of(item)] : [], plans.SelectMany(plan => plan.Writes));
        Assert.Equal(isRemoved ? [Precondition.DesiredUnchanged.Of(item)] : [], plans.SelectMany(plan => plan.Preconditions));
    }

    [Fact]
    public void Plan_ManyThatExpired_AreRemovedAThousandAtATime() =>
        Assert.Equal(EventExpiry.BatchMax, EventExpiry.Plan(Enumerable.Repeat(Created(Unschedulable), 1_001), Noon.AddHours(1)).Count);

    private static Event Created(EventNote note) =>
        Assert.IsType<Event>(Assert.IsType<Write.Create>(EventCorrelator.Correlate(note, Scheduler, Noon, null, new IdSource(1))).Object);
}
