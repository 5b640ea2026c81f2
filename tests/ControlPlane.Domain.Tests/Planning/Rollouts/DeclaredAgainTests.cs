using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>A revision that was complete once takes the steps of a policy when it is declared again, and is rolled back by nobody but its user and its policy's analysis.</summary>
public sealed class DeclaredAgainTests
{
    [Fact]
    public void Plan_OneThatWasCompleteOnceAndBreaksAtAStep_StaysCompleteThereWithoutRequests()
    {
        TestWorld world = AtTen();
        world.SetUnready(pod => pod.Spec.Containers[0].Image == "hello:1");
        Releases.Crash(world, "hello:1", restarts: 5);
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(601);
        world.PassUntilQuiet();

        Assert.Equal(RevisionOutcome.Complete, Outcomes.Of(world.ByImage("hello:1")));
        Assert.NotEqual(RolloutPhase.RolledBack, RolloutPhase.Of(world.Deployment!, world.ReplicaSets).Name);
        AssertShares(world, ("hello:2", 1000));
        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:2")).Count());
        Assert.Single(world.ActivePodsOf(world.ByImage("hello:1")));
    }

    [Fact]
    public void Plan_OneThatWasCompleteOnceAndIsGivenUpByItsUser_GoesBackAndMayBeDeclaredAgain()
    {
        TestWorld world = AtTen();
        Act(world, new RolloutAction.Abort());
        world.Pass();
        AssertShares(world, ("hello:2", 1000));
        Assert.Equal("Aborted", Outcomes.FailureOf(world.ByImage("hello:1"))!.Reason);

        world.Settle();
        Assert.Empty(world.ActivePodsOf(world.ByImage("hello:1")));

        world.SetImage("hello:2");
        world.Settle();
        world.SetImage("hello:1");
        world.PassUntilQuiet();
        Assert.Equal(RevisionOutcome.Complete, Outcomes.Of(world.ByImage("hello:1")));
        AssertShares(world, ("hello:2", 1000));
    }

    [Fact]
    public void Plan_OneThatWasCompleteOnceAndTakesItsStepsAgain_IsTheStableOneAtTheirEnd()
    {
        TestWorld world = AtTen();
        Act(world, new RolloutAction.Promote(Full: true));
        world.Settle();

        Assert.Null(world.State);
        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:1")).Count());
        Assert.DoesNotContain(world.ByImage("hello:1").Status!.Conditions, condition => condition.Type == Outcomes.DeclaredAgain);
        world.SetImage("hello:3");
        world.PassUntilQuiet();
        AssertShares(world, ("hello:1", 1000));
    }

    [Fact]
    public void Plan_OneThatWasCompleteOnceAndFailsItsAnalysis_GoesBackAsItsPolicySays()
    {
        TestWorld world = AtTen(new CanaryStep { Analysis = new AnalysisStep { Interval = 10, SuccessRate = 99 } });
        world.Traffic = new TrafficWindow
        {
            Since = world.Now,
            Until = world.Now.AddSeconds(10),
            Figures = [new VersionFigures { Service = "hello", ReplicaSet = world.ByImage("hello:1").Name, Requests = 100, Failures = 50 }],
        };
        world.Now = world.Now.AddSeconds(10);
        world.Pass();

        Assert.Equal("AnalysisFailed", Outcomes.FailureOf(world.ByImage("hello:1"))!.Reason);
        AssertShares(world, ("hello:2", 1000));
    }

    /// <summary>Revisions 1 and 2 were complete, 2 serves, and 1 is declared again under a canary.</summary>
    private static TestWorld AtTen(CanaryStep? then = null)
    {
        TestWorld world = Releases.Served();
        Releases.Roll(world, "hello:2");
        world.Policies.Add(Make.Policy(strategy: Make.Canary(Make.Weight(10), then ?? Make.Pause())));
        world.SetImage("hello:1");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        AssertShares(world, ("hello:2", 900), ("hello:1", 100));
        return world;
    }

    private static void Act(TestWorld world, RolloutAction action)
    {
        ActionOutcome.Done done = Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(action, world.Deployment!, world.ReplicaSets, world.Now, world.State));
        world.Change(_ => done.Deployment);
    }

    private static void AssertShares(TestWorld world, params (string Image, int PerMille)[] shares) =>
        Assert.Equal(shares.Select(share => new TrafficShare(world.ByImage(share.Image).Name, share.PerMille)), world.State!.Spec.Traffic.Single().Shares);
}
