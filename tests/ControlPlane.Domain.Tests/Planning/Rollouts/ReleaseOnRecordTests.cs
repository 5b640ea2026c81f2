using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;
using static ControlPlane.Domain.Tests.Planning.Rollouts.Canaries;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>When a release goes on with the steps that are on record, and when it begins with the first.</summary>
public sealed class ReleaseOnRecordTests
{
    private static readonly BlueGreenStrategy ByHand = new() { PreviewReplicaCount = 10, AutoPromotionEnabled = false, ScaleDownDelaySeconds = 30 };

    [Fact]
    public void Plan_OtherStepsInMidCanary_BeginsWithTheFirstOfThem()
    {
        TestWorld world = AtTen();
        world.Policies[0] = Make.Policy(strategy: Make.Canary(Make.Weight(20), Make.Pause()));

        world.PassUntilQuiet();
        AssertPods(world, stable: 10, canary: 2);
        AssertShares(world, ("hello:1", 1000));

        world.SetReady(_ => true);
        world.PassUntilQuiet();
        AssertShares(world, ("hello:1", 800), ("hello:2", 200));
    }

    [Fact]
    public void Plan_OtherStepsPastTheLast_ChangeNothing()
    {
        TestWorld world = AtTen();
        Promote(world, full: true);
        world.PassUntilQuiet();
        Assert.Equal(RolloutPhases.Finishing, world.State!.Spec.Phase);
        RolloutStateSpec before = world.State.Spec;
        world.Policies[0] = Make.Policy(strategy: Make.Canary(Make.Weight(20), Make.Pause()));

        world.PassUntilQuiet();
        Assert.Equal((before.Step, before.Phase, before.Since), (world.State!.Spec.Step, world.State.Spec.Phase, world.State.Spec.Since));

        world.Settle();
        AssertDone(world, "hello:2");
    }

    /// <summary>As by somebody who edits its annotation: requests name revisions by their numbers, so what was asked of the other number is not asked of this one.</summary>
    [Fact]
    public void Plan_ARevisionThatGetsAnotherNumber_BeginsWithTheFirstStep()
    {
        TestWorld world = AtTen();
        ReplicaSet canary = world.ByImage("hello:2");
        world.Store(canary with { Metadata = canary.Metadata with { Annotations = canary.Metadata.Annotations.SetItem(Revisions.Revision, "7") } });
        world.Now = world.Now.AddSeconds(5);

        world.PassUntilQuiet();

        Assert.Equal((7L, world.Now), (world.State!.Spec.Revision, world.State.Spec.Since));
    }

    /// <summary>A policy that rolls nothing back leaves a canary that is out of time at its step; a retry is a new trial all the same.</summary>
    [Fact]
    public void Plan_ARetryOfACanaryThatWasLeftAtItsStep_BeginsWithTheFirst()
    {
        TestWorld world = AtTen();
        world.Policies[0] = Make.Policy(strategy: TenThenHalf, rollbackOnFailure: false);
        Promote(world, full: false);
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(600);
        world.PassUntilQuiet();
        Assert.Equal((Progress.TimedOut, 2), (world.Condition("Progressing").Reason, world.State!.Spec.Step));
        AssertPods(world, stable: 10, canary: 5);

        Releases.Annotate(world, RolloutRequests.Retry, RolloutRequests.Format(2, world.Now));
        world.PassUntilQuiet();

        Assert.Equal((1, RolloutPhases.WaitingForPromotion), (world.State!.Spec.Step, world.State.Spec.Phase));
        AssertPods(world, stable: 10, canary: 1);
    }

    /// <summary>Only a blue-green that is promoted keeps all requests whatever its policy says next.</summary>
    [Fact]
    public void Plan_ACanaryWithAllRequestsWhosePolicyBecomesABlueGreen_BeginsWithThePreview()
    {
        TestWorld world = Served(Make.Canary(Make.Weight(100), Make.Pause()));
        Release(world);
        AssertShares(world, ("hello:2", 1000));

        world.Policies[0] = Make.Policy(strategy: Make.BlueGreen(ByHand));
        world.PassUntilQuiet();

        Assert.Equal((BlueGreen.Preview, RolloutPhases.WaitingForPromotion), (world.State!.Spec.Step, world.State.Spec.Phase));
        Assert.Equal([new TrafficShare(world.ByImage("hello:1").Name, 1000)], OfActive(world));
    }

    [Fact]
    public void Plan_APromotedBlueGreenWhosePolicyBecomesACanary_BeginsWithTheFirstStep()
    {
        TestWorld world = Served(Make.BlueGreen(ByHand));
        Release(world);
        Promote(world, full: false);
        world.PassUntilQuiet();
        Assert.Equal([new TrafficShare(world.ByImage("hello:2").Name, 1000)], OfActive(world));

        world.Policies[0] = Make.Policy(strategy: TenThenHalf);
        world.PassUntilQuiet();

        Assert.Equal((1, RolloutPhases.WaitingForPromotion), (world.State!.Spec.Step, world.State.Spec.Phase));
        AssertShares(world, ("hello:1", 900), ("hello:2", 100));
    }

    private static ValueList<TrafficShare> OfActive(TestWorld world) => world.State!.Spec.Traffic.Single(traffic => traffic.Service == "hello").Shares;

    private static void Release(TestWorld world)
    {
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
    }
}
