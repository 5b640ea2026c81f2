using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Tests.Planning.Rollouts;

namespace ControlPlane.Domain.Tests.Planning.Explaining;

public sealed class RolloutViewsTests
{
    private readonly TestWorld world = new();

    public RolloutViewsTests()
    {
        world.Store(Make.Deployment(replicas: 4, maxSurge: 1, maxUnavailable: 1));
        world.Settle();
    }

    [Fact]
    public void Of_CompleteRollout_SaysSo()
    {
        RolloutView view = RolloutViews.Of(world.Snapshot());

        Assert.Equal(("Complete", 1), (view.Phase, view.Revision));
        Assert.Equal(new RolloutCounts { Desired = 4, Total = 4, Ready = 4, Available = 4 }, view.Counts);
        Assert.Empty(view.Blockers);
        RevisionView only = Assert.Single(view.ReplicaSets);
        Assert.Equal(("Complete", true), (only.Outcome, only.IsCurrent));
        Assert.Equal("hello:1", Assert.Single(only.Images));
    }

    [Fact]
    public void Of_RevisionWhoseImageIsResolved_ShowsItsDigest()
    {
        string digest = $"hello@sha256:{new string('a', 64)}";
        world.Store(ResolvedImages.With(world.ByImage("hello:1"), "hello:1", digest)!);
        world.SetImage("hello:2");
        world.PassUntilQuiet();

        ValueList<RevisionView> revisions = RolloutViews.Of(world.Snapshot()).ReplicaSets;

        Assert.Equal([0, 1], revisions.Select(revision => revision.ResolvedImages.Count));
        Assert.Equal(digest, revisions[1].ResolvedImages["hello:1"]);
    }

    [Fact]
    public void Of_RolloutUnderWay_CountsEachRevision_NewestFirst()
    {
        world.SetImage("hello:2");
        world.PassUntilQuiet();

        RolloutView view = RolloutViews.Of(world.Snapshot());

        Assert.Equal(("Progressing", "ReplicaSetUpdated", 2), (view.Phase, view.Reason, view.Revision));
        Assert.Equal([2, 1], view.ReplicaSets.Select(item => item.Revision));
        Assert.Equal([true, false], view.ReplicaSets.Select(item => item.IsCurrent));
        Assert.Equal(["OnTrial", "Complete"], view.ReplicaSets.Select(item => item.Outcome));
        Assert.Equal(view.Counts.Total, view.ReplicaSets.Sum(item => item.Counts.Total));
        Assert.Equal("BudgetUsedUp", Assert.Single(view.Blockers).Reason);
    }

    [Fact]
    public void Of_ChangeThatNobodyHasLookedAt_IsProgressingWhateverTheOldStatusSays()
    {
        world.SetImage("hello:2");

        RolloutView view = RolloutViews.Of(world.Snapshot());

        Assert.Equal(("Progressing", "NotObserved"), (view.Phase, view.Reason));
    }

    [Fact]
    public void Of_PausedRollout_IsPaused()
    {
        world.SetPaused(true);
        world.SetImage("hello:2");
        world.PassUntilQuiet();

        Assert.Equal("Paused", RolloutPhase.Of(world.Deployment!, world.ReplicaSets).Name);
    }

    [Fact]
    public void Of_FailedRevision_IsRolledBackUntilARetry()
    {
        Fail();
        RolloutView view = RolloutViews.Of(world.Snapshot());
        Assert.Equal(("RolledBack", "Aborted"), (view.Phase, view.Reason));
        Assert.Contains("serves", view.Message, StringComparison.Ordinal);
        Assert.Equal(["Failed", "Complete"], view.ReplicaSets.Select(item => item.Outcome));
        Assert.StartsWith("Aborted: ", view.ReplicaSets[0].Failure, StringComparison.Ordinal);

        Act(new RolloutAction.Retry());
        Assert.Equal("Progressing", RolloutPhase.Of(world.Deployment!, world.ReplicaSets).Name);
        world.PassUntilQuiet();
        Assert.Equal("Progressing", RolloutPhase.Of(world.Deployment!, world.ReplicaSets).Name);
    }

    /// <summary>The retry is an API replica's time, the failure after it the leader's: which came first is told by which retry a pass has looked at.</summary>
    [Fact]
    public void Of_ARetryFromAClockThatIsAhead_DoesNotHideTheFailureAfterIt()
    {
        Fail();
        world.Change(deployment => Assert.IsType<ActionOutcome.Done>(
            RolloutActions.Apply(new RolloutAction.Retry(), deployment, world.ReplicaSets, world.Now.AddSeconds(60))).Deployment);
        Assert.Equal("Progressing", RolloutViews.Of(world.Snapshot()).Phase);
        world.PassUntilQuiet();

        Act(new RolloutAction.Abort());
        world.PassUntilQuiet();
        Assert.Equal("RolledBack", RolloutViews.Of(world.Snapshot()).Phase);
    }

    /// <summary>A pass's ReplicaSets may be read before its Deployment: then the Deployment still tells the failure that the retry ended.</summary>
    [Fact]
    public void Of_ARetryThatAPassHasTakenUp_IsProgressingBeforeItsStatusIsRead()
    {
        Fail();
        world.Now = world.Now.AddSeconds(5);
        Act(new RolloutAction.Retry());
        Deployment asked = world.Deployment!;
        world.Pass();

        Assert.Equal("Progressing", RolloutPhase.Of(asked, world.ReplicaSets).Name);
    }

    [Fact]
    public void Of_ARevisionThatIsDeclaredAgainAndTakesSteps_IsNotCalledComplete()
    {
        TestWorld canary = Canaries.AtTen();
        Canaries.Promote(canary, full: true);
        canary.Settle();
        canary.SetImage("hello:1");
        canary.PassUntilQuiet();

        RolloutView view = RolloutViews.Of(canary.Snapshot());
        Assert.Equal([(3L, "DeclaredAgain"), (2L, "Complete")], view.ReplicaSets.Select(item => (item.Revision, item.Outcome)));
        Assert.True(RolloutForecasts.Of(canary.Snapshot(), canary.Deployment!).Rolls);
    }

    [Theory]
    [InlineData("Complete", true)]
    [InlineData("Failed", true)]
    [InlineData("RolledBack", true)]
    [InlineData("Paused", false)]
    [InlineData("Progressing", false)]
    public void IsSettled_OnlyWhereNothingIsLeftToWaitFor(string phase, bool isSettled) =>
        Assert.Equal(isSettled, new RolloutPhase(phase, null, null).IsSettled);

    private void Fail()
    {
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        Act(new RolloutAction.Abort());
        world.PassUntilQuiet();
    }

    private void Act(RolloutAction action) => world.Change(deployment =>
        Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(action, deployment, world.ReplicaSets, world.Now)).Deployment);
}
