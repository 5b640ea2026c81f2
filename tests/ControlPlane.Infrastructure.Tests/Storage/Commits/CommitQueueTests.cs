using ControlPlane.Domain.Commits;
using ControlPlane.Infrastructure.Storage.Commits;

namespace ControlPlane.Infrastructure.Tests.Storage.Commits;

public sealed class CommitQueueTests : IDisposable
{
    private const int UnitsMax = 4;
    private const int RowsMax = 10;
    private readonly CommitQueue queue = new(waitingMax: 1_000);

    public void Dispose() => queue.Dispose();

    [Fact]
    public void TakeGroup_WithBothLanesWaiting_TakesRequestsFirst_AndFillsUpFromTheBackground()
    {
        Add(CommitPriority.Background, "b1", "b2", "b3");
        Add(CommitPriority.Request, "r1", "r2");

        Assert.Equal(["r1", "r2", "b1", "b2"], Take());
        Assert.Equal(["b3"], Take());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(RowsMax)]
    [InlineData(RowsMax * 5)]
    public void Background_WhileRequestsFillEveryGroup_IsPassedOverThreeTimesAtMost(int rows)
    {
        // A large unit in front of small ones: it never fits beside a request, and must not be overtaken by the small ones for ever.
        queue.Add([Unit(CommitPriority.Background, [.. Enumerable.Range(0, rows).Select(row => $"large-{row}")])]);
        Add(CommitPriority.Background, "small");
        List<int> groups = [];
        for (int group = 0; group < 12; group++)
        {
            Add(CommitPriority.Request, [.. Enumerable.Range(0, UnitsMax).Select(unit => $"request-{group}-{unit}")]);
            if (Take().Any(name => name is "large-0" or "small"))
            {
                groups.Add(group);
            }
        }

        Assert.Equal(CommitQueue.PassedOverMax, groups[0]);
        Assert.InRange(groups[^1], groups[0], (CommitQueue.PassedOverMax + 1) * 2);
    }

    [Fact]
    public void TakeGroup_AfterTheBackgroundHadItsTurn_TakesRequestsFirstAgain()
    {
        Add(CommitPriority.Background, [.. Enumerable.Range(0, 20).Select(unit => $"b{unit}")]);
        List<string> starts = [];
        for (int group = 0; group < 8; group++)
        {
            Add(CommitPriority.Request, [.. Enumerable.Range(0, UnitsMax).Select(unit => $"r{group}-{unit}")]);
            starts.Add(Take()[0][..1]);
        }

        Assert.Equal(["r", "r", "r", "b", "r", "r", "r", "b"], starts);
    }

    [Fact]
    public void TakeGroup_WithTwoUnitsOnOneRow_LeavesTheSecondAndWhatFollowsInItsCallForTheNextGroup()
    {
        Add(CommitPriority.Request, "same");
        Add(CommitPriority.Request, "same", "follows");
        Add(CommitPriority.Request, "other");

        Assert.Equal(["same", "other"], Take());
        Assert.Equal(["same", "follows"], Take());
    }

    [Fact]
    public void Add_OfACallWithMixedPriorities_KeepsTheOrderOfItsUnits()
    {
        CommitCall call = new(CancellationToken.None);
        queue.Add([Unit(CommitPriority.Background, call, "first"), Unit(CommitPriority.Request, call, "second")]);

        Assert.Equal(["first", "second"], Take());
    }

    [Fact]
    public async Task TakeGroup_AfterAUnitOfTheCallFailed_FailsTheRestWithTheSameError()
    {
        CommitCall call = new(CancellationToken.None);
        PreparedUnit failed = Unit(CommitPriority.Request, call, "failed");
        PreparedUnit rest = Unit(CommitPriority.Request, call, "rest");
        queue.Add([rest]);
        Add(CommitPriority.Request, "another call");

        failed.Fail(new CommitOutcomeUnknownException("lost"));

        Assert.Equal(["another call"], Take());
        await Assert.ThrowsAsync<CommitOutcomeUnknownException>(() => rest.Result);
    }

    [Fact]
    public async Task TakeGroup_LeavesOutWhatWasCancelled()
    {
        using CancellationTokenSource cancellation = new();
        PreparedUnit cancelled = Unit(CommitPriority.Request, new CommitCall(cancellation.Token), "cancelled");
        queue.Add([cancelled]);
        await cancellation.CancelAsync();

        Assert.Empty(Take());
        await Assert.ThrowsAsync<TaskCanceledException>(() => cancelled.Result);
    }

    [Fact]
    public void Add_BeyondWhatMayWait_IsRefusedWhole()
    {
        using CommitQueue small = new(waitingMax: 2);
        small.Add([Unit(CommitPriority.Request, "1")]);

        Assert.Throws<StoreUnavailableException>(() => small.Add([Unit(CommitPriority.Request, "2"), Unit(CommitPriority.Request, "3")]));
        Assert.Single(small.TakeGroup(UnitsMax, RowsMax));
    }

    private void Add(CommitPriority priority, params string[] names)
    {
        CommitCall call = new(CancellationToken.None);
        queue.Add([.. names.Select(name => Unit(priority, call, name))]);
    }

    private List<string> Take() => [.. queue.TakeGroup(UnitsMax, RowsMax).Select(unit => unit.Unit.Writes[0].Key.Name)];

    private static PreparedUnit Unit(CommitPriority priority, params string[] names) => Unit(priority, new CommitCall(CancellationToken.None), names);

    private static PreparedUnit Unit(CommitPriority priority, CommitCall call, params string[] names) =>
        new(Objects.Unit([.. names.Select(name => new Write.Create(Objects.Pod(name)))]) with { Priority = priority }, call);
}
