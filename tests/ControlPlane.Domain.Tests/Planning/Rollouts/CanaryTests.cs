using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources.Policies;
using static ControlPlane.Domain.Tests.Planning.Rollouts.Canaries;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>How a canary of 10 % and then half goes on, step by step.</summary>
public sealed class CanaryTests
{
    [Fact]
    public void Plan_ANewTemplate_KeepsTheStablePodsAndSendsNothingUntilTheCanaryIsReady()
    {
        TestWorld world = Served(TenThenHalf);
        world.SetImage("hello:2");
        world.PassUntilQuiet();

        AssertPods(world, stable: 10, canary: 1);
        AssertShares(world, ("hello:1", 1000));

        world.SetReady(_ => true);
        world.PassUntilQuiet();

        AssertPods(world, stable: 10, canary: 1);
        AssertShares(world, ("hello:1", 900), ("hello:2", 100));
        Assert.Equal((RolloutPhases.WaitingForPromotion, 1), (world.State!.Spec.Phase, world.State.Spec.Step));
    }

    [Fact]
    public void Plan_AWaitingStep_StopsTheDeadlineAndSaysWhatItWaitsFor()
    {
        TestWorld world = AtTen();
        world.Now = world.Now.AddDays(2);
        world.PassUntilQuiet();

        Assert.Equal(("Unknown", "RolloutPaused"), (world.Condition("Progressing").Status, world.Condition("Progressing").Reason));
        Assert.Contains(Blockers.Of(world.Snapshot()), blocker => blocker.Reason == "WaitingForPromotion");
        Assert.Equal(10m, RolloutViews.Of(world.Snapshot()).Strategy!.Weight);
    }

    [Fact]
    public void Plan_APromotedStep_GoesOnByTheNextAndTheTimedPauseEndsByItself()
    {
        TestWorld world = AtTen();
        Promote(world, full: false);
        world.PassUntilQuiet();
        AssertPods(world, stable: 10, canary: 5);
        AssertShares(world, ("hello:1", 900), ("hello:2", 100));

        world.SetReady(_ => true);
        world.PassUntilQuiet();
        AssertShares(world, ("hello:1", 500), ("hello:2", 500));
        Assert.Equal((RolloutPhases.Paused, TimeSpan.FromSeconds(60)), (world.State!.Spec.Phase, world.Plan().RecheckAfter));

        world.Now = world.Now.AddSeconds(60);
        world.Settle();
        AssertDone(world, "hello:2");
        Assert.Equal("NewReplicaSetAvailable", world.Condition("Progressing").Reason);
    }

    [Fact]
    public void Plan_PromotedInFull_TakesNoMoreStepsAndNeverSendsLessThanTheStepsGave()
    {
        TestWorld world = AtTen();
        Promote(world, full: true);
        int weight = 100;
        world.Settle(eachRound: () =>
        {
            int now = world.State?.Spec.WeightPerMille ?? 1000;
            Assert.True(now >= weight || world.State is null, $"{weight} fell to {now}");
            weight = now;
        });

        AssertDone(world, "hello:2");
    }

    [Fact]
    public void Plan_AnOldPromotion_MeansNothingToTheNextStepOrTheNextRelease()
    {
        TestWorld world = AtTen();
        Promote(world, full: false);
        world.Settle(roundsMax: 3, tolerant: true);
        Assert.True(world.State!.Spec.Step is 2 or 3);
        world.SetImage("hello:3");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();

        Assert.Equal((3L, 1), (world.State!.Spec.Revision, world.State.Spec.Step));
    }

    [Fact]
    public void Plan_TheFirstRevision_TakesNoStepsForThereIsNothingToGoBackTo()
    {
        TestWorld world = new();
        world.Policies.Add(Make.Policy(strategy: TenThenHalf));
        world.Store(Make.Deployment(3));
        world.Settle(eachRound: () => Assert.Null(world.State));

        AssertDone(world, "hello:1");
    }

    [Fact]
    public void Plan_ScaledInMidCanary_KeepsTheShareAndTheStep()
    {
        TestWorld world = AtTen();
        world.SetReplicas(20);
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();

        AssertPods(world, stable: 20, canary: 2);
        AssertShares(world, ("hello:1", 900), ("hello:2", 100));
        Assert.Equal(1, world.State!.Spec.Step);
    }

    [Fact]
    public void Plan_PausedInMidCanary_StaysAtItsStepAndItsWeightStillFallsWithItsPods()
    {
        TestWorld world = AtTen();
        world.SetPaused(true);
        Promote(world, full: false, RolloutRequests.FormatPromotion(2, 1, world.Now));
        world.PassUntilQuiet();
        Assert.Equal(1, world.State!.Spec.Step);

        world.SetUnready(pod => IsOf(world, pod, "hello:2"));
        world.PassUntilQuiet();
        AssertShares(world, ("hello:1", 1000));
    }

    [Fact]
    public void Plan_RecreateUnderACanaryPolicy_EndsAsARollingUpdate()
    {
        TestWorld world = Served(TenThenHalf, Make.Deployment(4, strategy: "Recreate"));
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        Promote(world, full: true);
        world.Settle(eachRound: () => Assert.True(world.AvailablePods >= 3, world.Describe()));

        AssertDone(world, "hello:2");
    }

    /// <summary>The diagram in docs/strategies.md, line by line.</summary>
    [Fact]
    public void Plan_ACanaryOfTenPods_GoesAsItsDiagramSays()
    {
        TestWorld world = Served(Make.Canary(Make.Weight(25), Make.Pause(60), Make.Weight(50), Make.Pause(60)));
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        AssertPods(world, stable: 10, canary: 3);
        AssertShares(world, ("hello:1", 1000));

        world.SetReady(_ => true);
        world.PassUntilQuiet();
        AssertPods(world, stable: 10, canary: 3);
        AssertShares(world, ("hello:1", 750), ("hello:2", 250));

        world.Now = world.Now.AddSeconds(60);
        world.PassUntilQuiet();
        AssertPods(world, stable: 10, canary: 5);
        AssertShares(world, ("hello:1", 750), ("hello:2", 250));

        world.SetReady(_ => true);
        world.PassUntilQuiet();
        AssertShares(world, ("hello:1", 500), ("hello:2", 500));

        world.Now = world.Now.AddSeconds(60);
        world.PassUntilQuiet();
        AssertPods(world, stable: 3, canary: 10);
        Assert.Equal(625, world.State!.Spec.WeightPerMille);

        world.Settle();
        AssertDone(world, "hello:2");
    }
}
