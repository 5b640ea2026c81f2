using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using static ControlPlane.Domain.Tests.Planning.Rollouts.Canaries;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>A canary that is given up, fails, or has another template declared over it.</summary>
public sealed class CanaryEndTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Plan_AnAbort_SendsEverythingBackInTheCommitThatMarksIt_PausedOrNot(bool isPaused)
    {
        TestWorld world = AtTen();
        world.SetPaused(isPaused);
        Abort(world, 2);
        world.Pass();

        AssertShares(world, ("hello:1", 1000));
        Assert.Equal(RevisionOutcome.Failed, Outcomes.Of(world.ByImage("hello:2")));
        Assert.Equal(10, world.ActivePodsOf(world.ByImage("hello:1")).Count());

        world.Settle();
        AssertPods(world, stable: 10, canary: 0);
        Assert.Null(world.State);
        world.SetPaused(false);
        world.Settle();
        Assert.Equal("Aborted", world.Condition("RolledBack").Reason);
        AssertPods(world, stable: 10, canary: 0);
    }

    /// <summary>What it has come to stays on record for as long as pods of it count, and goes with the pass that finds none.</summary>
    [Fact]
    public void Plan_AfterAnAbort_TheStateStaysUntilThePassThatFindsNoPodOfIt()
    {
        TestWorld world = AtTen();
        Abort(world, 2);
        for (int passes = 0; passes < 5; passes++)
        {
            int counted = world.ActivePodsOf(world.ByImage("hello:2")).Count();
            world.Pass();
            Assert.Equal(counted > 0 ? RolloutPhases.Aborted : null, world.State?.Spec.Phase);
        }

        Assert.Null(world.State);
    }

    /// <summary>The deadline passes in mid-step: the pass that marks it failed takes the requests back with the same commit, and says why.</summary>
    [Fact]
    public void Plan_ACanaryOutOfTime_IsGivenUpByThePassThatMarksIt()
    {
        TestWorld world = AtTen();
        Promote(world, full: false);
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(600);
        world.Pass();

        Condition failure = Outcomes.FailureOf(world.ByImage("hello:2"))!;
        Assert.Equal((RolloutPhases.Aborted, 0, failure.Message), (world.State!.Spec.Phase, world.State.Spec.WeightPerMille, world.State.Spec.Message));
        AssertShares(world, ("hello:1", 1000));
    }

    /// <summary>The pass that calls it complete is the one that takes its state away: nobody finds the one without the other.</summary>
    [Fact]
    public void Plan_ACompleteCanary_LeavesItsStateInThePassThatSaysSo()
    {
        TestWorld world = AtTen();
        Promote(world, full: true);
        bool wasComplete = false;
        world.Settle(eachRound: () =>
        {
            bool isComplete = world.Condition("Progressing").Reason == "NewReplicaSetAvailable";
            Assert.Equal(isComplete, world.State is null);
            wasComplete |= isComplete;
        });

        Assert.True(wasComplete);
    }

    [Fact]
    public void Plan_ARetryAfterAnAbort_BeginsWithTheFirstStep()
    {
        TestWorld world = AtTen();
        Abort(world, 2);
        world.Settle();
        world.Now = world.Now.AddSeconds(5);
        Act(world, new RolloutAction.Retry());
        world.PassUntilQuiet();

        Assert.Equal(0, world.State!.Spec.Step);
        AssertShares(world, ("hello:1", 1000));
        AssertPods(world, stable: 10, canary: 1);
    }

    [Fact]
    public void Plan_ACanaryThatCrashes_IsGivenUpAndItsWeightGoesAtOnce()
    {
        TestWorld world = AtTen();
        Promote(world, full: false);
        world.PassUntilQuiet();
        world.SetUnready(pod => IsOf(world, pod, "hello:2"));
        world.Pass();
        AssertShares(world, ("hello:1", 1000));

        world.Now = world.Now.AddSeconds(600);
        world.PassUntilQuiet();
        Assert.Equal(RevisionOutcome.Failed, Outcomes.Of(world.ByImage("hello:2")));
        AssertPods(world, stable: 10, canary: 0);
    }

    [Fact]
    public void Plan_AnotherTemplateInMidCanary_StartsOverAndSendsEverythingToTheStableOne()
    {
        TestWorld world = AtTen();
        world.SetImage("hello:3");
        world.Pass();
        AssertShares(world, ("hello:1", 1000));
        world.PassUntilQuiet();

        Assert.Equal(0, world.ByImage("hello:2").Spec.Replicas);
        Assert.Equal((0, 3L), (world.State!.Spec.Step, world.State.Spec.Revision));
        Assert.Equal(10, world.ActivePodsOf(world.ByImage("hello:1")).Count());
        Assert.Single(world.ActivePodsOf(world.ByImage("hello:3")));
    }

    [Fact]
    public void Plan_TheStableTemplateAgain_TakesNoSteps()
    {
        TestWorld world = AtTen();
        world.SetImage("hello:1");
        world.Pass();
        AssertShares(world, ("hello:1", 1000));
        world.Settle();

        AssertDone(world, "hello:1");
        Assert.Equal("3", world.ByImage("hello:1").Metadata.Annotations["deployment.kubernetes.io/revision"]);
    }

    [Fact]
    public void Plan_AnOlderTemplateAfterACompleteRelease_TakesTheStepsAndCanBeAborted()
    {
        TestWorld world = AtTen();
        Promote(world, full: true);
        world.Settle();
        world.SetImage("hello:1");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        AssertShares(world, ("hello:2", 900), ("hello:1", 100));

        Abort(world, 3);
        world.Pass();
        AssertShares(world, ("hello:2", 1000));
    }

    [Fact]
    public void Plan_AnotherTemplateWhileTheNewPodsTakeOver_GivesTheStableOneItsPodsBackFirst()
    {
        TestWorld world = AtTen();
        Promote(world, full: true);
        for (int i = 0; i < 4; i++)
        {
            world.Pass();
            world.SetReady(_ => true);
        }

        Assert.True(world.ByImage("hello:1").Spec.Replicas < 10);
        world.SetImage("hello:3");
        world.Settle(roundsMax: 60, tolerant: true, eachRound: () => Assert.True(
            world.AvailablePods >= 8 && (world.State?.Spec.Traffic.IsEmpty != false || world.ActivePodsOf(world.ByImage("hello:1")).Count(Make.IsReady) >= 8), world.Describe()));

        Assert.Equal((3L, 1), (world.State!.Spec.Revision, world.State.Spec.Step));
        AssertShares(world, ("hello:1", 900), ("hello:3", 100));
    }
}
