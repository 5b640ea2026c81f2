using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Events;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Events;

public class SimilarEventsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private static readonly EventSource Source = new() { Component = "replicaset-controller" };

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(10)]
    public void Combine_UpToTen_ChangesNothing(int count)
    {
        EventNote[] notes = [.. Created("web", count)];

        Assert.Equal(notes, SimilarEvents.Combine([.. notes]));
    }

    [Fact]
    public void Combine_AThousandCreations_AreNineAndOneForTheRest()
    {
        EventNote[] notes = [.. Created("web", 1_000)];

        IReadOnlyList<EventNote> combined = SimilarEvents.Combine([.. notes]);

        Assert.Equal(notes[..9], combined.Take(9));
        EventNote rest = Assert.Single(combined.Skip(9));
        Assert.Equal(("(combined from similar events): Created pod: web-1000", 991), (rest.Message, rest.Count));
    }

    [Fact]
    public void Combine_OtherObjectsReasonsAndTypes_StayApart()
    {
        EventNote[] others = [.. Enumerable.Range(0, 50).Select(i => Note($"web-{i}", "Scheduled", "Successfully assigned"))];

        Assert.Equal(others, SimilarEvents.Combine([.. others]));
        Assert.Equal(30, SimilarEvents.Combine([.. Created("a", 20), .. Created("b", 20), .. Created("a", 20).Select(note => note with { Type = "Warning" })]).Count);
    }

    [Fact]
    public void Combine_UpToTenOfSeveralSorts_KeepTheirOrderAndWhatIsSaidTwice()
    {
        EventNote[] notes = [.. Created("a", 4).Zip(Created("b", 4)).SelectMany(pair => new[] { pair.First, pair.Second }), .. Created("a", 2)];

        Assert.Equal(notes, SimilarEvents.Combine([.. notes]));
    }

    [Fact]
    public void Combine_TenOfOneSortAmongMore_StayApartAndElevenDoNot()
    {
        EventNote[] ten = [.. Created("a", 10), .. Created("b", 1)];
        Assert.Equal(ten, SimilarEvents.Combine([.. ten]));
        IReadOnlyList<EventNote> combined = SimilarEvents.Combine([.. Created("a", 11)]);

        Assert.Equal((10, 2), (combined.Count, combined[^1].Count));
    }

    [Fact]
    public void Combine_TheSameSaidTwice_CountsOnce() =>
        Assert.Equal(991, SimilarEvents.Combine([.. Created("web", 1_000), .. Created("web", 1_000)])[^1].Count);

    [Fact]
    public void Combined_InTwoPasses_IsOneEventThatCountsBoth()
    {
        EventNote first = SimilarEvents.Combine([.. Created("web", 100)])[^1];
        EventNote second = SimilarEvents.Combine([.. Created("web", 200).Skip(100)])[^1];
        Event stored = (Event)Assert.IsType<Write.Create>(EventCorrelator.Correlate(first, Source, Noon, existing: null, new IdSource(1))).Object;

        Write? again = EventCorrelator.Correlate(second, Source, Noon.AddSeconds(10), stored, new IdSource(2));

        Assert.Equal(EventCorrelator.KeyOf(first, Source), EventCorrelator.KeyOf(second, Source));
        Event updated = Assert.IsType<Event>(Assert.IsType<Write.Update>(again).Object);
        Assert.Equal((91, 182), (stored.Count, updated.Count));
        Assert.Equal("(combined from similar events): Created pod: web-200", updated.Message);
    }

    private static IEnumerable<EventNote> Created(string name, int count) =>
        Enumerable.Range(1, count).Select(i => Note(name, "SuccessfulCreate", $"Created pod: {name}-{i}"));

    private static EventNote Note(string name, string reason, string message) =>
        new(new ObjectReference { Kind = "ReplicaSet", Namespace = "default", Name = name, Uid = $"uid-of-{name}" }, "Normal", reason, message);
}
