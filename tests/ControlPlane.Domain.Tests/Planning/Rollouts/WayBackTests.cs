using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>A revision that is given up past its last step, while the stable pods have begun to go.</summary>
public sealed class WayBackTests
{
    private static readonly BlueGreenStrategy AtOnce = new() { PreviewService = "hello-preview", ScaleDownDelaySeconds = 0 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Plan_AnAbortPastTheLastStep_SendsBackWhatTheStablePodsTakeInTheCommitThatMarksIt(bool isPaused)
    {
        TestWorld world = Finishing();
        world.SetPaused(isPaused);
        int stable = ReadyOf(world, "hello:1");
        Act(world, new RolloutAction.Abort());
        world.Pass();

        Assert.Equal(RevisionOutcome.Failed, Outcomes.Of(world.ByImage("hello:2")));
        Assert.Equal((RolloutPhases.Aborted, stable), (world.State!.Spec.Phase, ReadyOf(world, "hello:1")));
        AssertShares(world, ("hello:1", 100 * stable), ("hello:2", 1000 - 100 * stable));
        AssertComesBack(world);
    }

    /// <summary>10 replicas, a stable pods and b new ones available: a ÷ min(10, a + b).</summary>
    [Theory]
    [InlineData(3, 7, 300)]
    [InlineData(3, 5, 375)]
    [InlineData(6, 4, 600)]
    [InlineData(8, 2, 800)]
    [InlineData(10, 0, 1000)]
    [InlineData(3, 0, 1000)]
    public void Weighed_OfACanary_GivesTheStableOneWhatItsPodsAreOfTheDeclaredOnesOrOfAll(int stable, int available, int perMille)
    {
        Release release = new()
        {
            Rollout = RollingUpdateTests.World(10, 3, 2, (available, available), (stable, stable)),
            Policy = Make.Policy(strategy: Make.Canary(Make.Weight(10))),
            StableName = "hello-r1",
            State = new RolloutStateSpec { Canary = "hello-r9" },
        };

        Assert.Equal(1000 - perMille, WayBack.Weighed(release).State!.WeightPerMille);
    }

    [Fact]
    public void Plan_AnUndoPastTheLastStep_SendsBackWhatTheStablePodsTakeInItsFirstPass()
    {
        TestWorld world = Finishing();
        world.SetImage("hello:1");
        world.Pass();

        Assert.Equal((3, 5), (ReadyOf(world, "hello:1"), world.ByImage("hello:2").Spec.Replicas));
        AssertShares(world, ("hello:1", 375), ("hello:2", 625));
        AssertComesBack(world);
    }

    /// <summary>What has no ready pod any longer gets nothing, however few the others are.</summary>
    [Fact]
    public void Plan_NewPodsThatBreakPastTheLastStep_AreGivenUpAndGetNothing()
    {
        TestWorld world = Finishing();
        world.SetUnready(pod => IsOf(world, pod, "hello:2"));
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(601);
        world.Pass();

        Assert.Equal("ProgressDeadlineExceeded", Outcomes.FailureOf(world.ByImage("hello:2"))?.Reason);
        AssertShares(world, ("hello:1", 1000));
        Releases.GoOn(world, "hello:1");
        Assert.Null(world.State);
        Assert.Equal((10, 10), (ReadyOf(world, "hello:1"), world.ActivePods));
    }

    [Fact]
    public void Plan_StablePodsThatAreNotReadyOnTheWayBack_GetNoShareForThemselves()
    {
        TestWorld world = Finishing();
        Act(world, new RolloutAction.Abort());
        world.Pass();
        world.SetUnready(pod => IsOf(world, pod, "hello:1"));
        world.Pass();

        AssertShares(world, ("hello:2", 1000));
    }

    [Fact]
    public void Plan_PausedOnTheWayBackFromAFailure_StaysWhereItIs()
    {
        TestWorld world = Finishing();
        world.SetUnready(pod => IsOf(world, pod, "hello:2"));
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(601);
        world.Pass();
        world.SetPaused(true);
        string before = world.Describe();
        world.PassUntilQuiet();

        Assert.Equal(before, world.Describe());
        AssertShares(world, ("hello:1", 1000));
    }

    [Fact]
    public void Plan_ARetryOnTheWayBack_BeginsWithTheFirstStepOnceTheStableOneHasItsPods()
    {
        TestWorld world = Finishing();
        Act(world, new RolloutAction.Abort());
        world.Pass();
        world.Now = world.Now.AddSeconds(5);
        Act(world, new RolloutAction.Retry());
        world.Settle(tolerant: true, eachRound: () => Assert.True(world.AvailablePods >= 8, world.Describe()));

        Assert.Equal((RolloutPhases.WaitingForPromotion, 1), (world.State!.Spec.Phase, world.State.Spec.Step));
        AssertShares(world, ("hello:1", 900), ("hello:2", 100));
        Assert.Equal((10, 1), (ReadyOf(world, "hello:1"), ReadyOf(world, "hello:2")));
    }

    [Fact]
    public void Plan_AThirdTemplateOnTheWayBack_KeepsWhatTheStablePodsTakeAndThenTakesItsSteps()
    {
        TestWorld world = Finishing();
        Act(world, new RolloutAction.Abort());
        world.Pass();
        world.SetImage("hello:3");
        world.Pass();
        Assert.Equal((3, 5), (ReadyOf(world, "hello:1"), world.ByImage("hello:2").Spec.Replicas));
        AssertShares(world, ("hello:1", 375), ("hello:2", 625));

        world.Settle(tolerant: true, eachRound: () => Assert.True(world.AvailablePods >= 8, world.Describe()));
        AssertShares(world, ("hello:1", 900), ("hello:3", 100));
    }

    [Fact]
    public void Plan_ScaledOnTheWayBack_EndsWithTheStableOneAtItsNewSize()
    {
        TestWorld world = Finishing();
        Act(world, new RolloutAction.Abort());
        world.Pass();
        world.SetReplicas(6);
        world.Settle();

        Assert.Null(world.State);
        Assert.Equal((6, 6), (ReadyOf(world, "hello:1"), world.ActivePods));
    }

    [Fact]
    public void Plan_AnAbortOfAPromotedBlueGreenInTheMomentItsDelayEnds_LosesNoPodOfTheActiveOne()
    {
        TestWorld world = Promoted(AtOnce with { ScaleDownDelaySeconds = 30 });
        world.Now = world.Now.AddSeconds(31);
        Act(world, new RolloutAction.Abort());
        world.Pass();

        AssertShares(world, ("hello:1", 1000));
        Assert.Equal((4, 4), (ReadyOf(world, "hello:1"), ReadyOf(world, "hello:2")));
    }

    /// <summary>A blue-green never divides one Service between two versions, on its way back neither.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Plan_ABlueGreenGivenUpAfterItsDelay_SwitchesBackOnceAllOldPodsAreThere(bool isUndone)
    {
        TestWorld world = BlueGreenFinishing();
        if (isUndone)
        {
            world.SetImage("hello:1");
        }
        else
        {
            Act(world, new RolloutAction.Abort());
        }

        world.PassUntilQuiet();
        AssertShares(world, ("hello:2", 1000));
        Assert.Equal((4, 4), (world.ActivePodsOf(world.ByImage("hello:1")).Count(), world.ActivePodsOf(world.ByImage("hello:2")).Count()));

        foreach (Pod pod in world.ActivePodsOf(world.ByImage("hello:1")).Skip(1).ToList())
        {
            world.Store(Make.Ready(pod, world.Now));
        }

        world.PassUntilQuiet();
        AssertShares(world, ("hello:2", 1000));
        world.SetReady(pod => IsOf(world, pod, "hello:1"));
        world.Pass();
        AssertShares(world, ("hello:1", 1000));

        world.Settle();
        Assert.Null(world.State);
        Assert.Equal((4, 4), (ReadyOf(world, "hello:1"), world.ActivePods));
    }

    [Fact]
    public void Plan_ABlueGreenGivenUpAfterItsDelayWithoutAReadyPod_SwitchesBackAtOnce()
    {
        TestWorld world = BlueGreenFinishing();
        world.SetUnready(pod => IsOf(world, pod, "hello:2"));
        Act(world, new RolloutAction.Abort());
        world.Pass();

        AssertShares(world, ("hello:1", 1000));
    }

    /// <summary>Canary of 10 pods, past its steps: some of the stable ones are gone, and some are left.</summary>
    private static TestWorld Finishing()
    {
        TestWorld world = Released(10, Make.Canary(Make.Weight(10), Make.Pause()));
        Act(world, new RolloutAction.Promote(Full: true));
        for (int i = 0; i < 20 && !(world.State!.Spec.Phase == RolloutPhases.Finishing && ReadyOf(world, "hello:1") is < 6); i++)
        {
            world.Pass();
            world.EndTerminating();
            world.SetReady(_ => true);
        }

        Assert.InRange(ReadyOf(world, "hello:1"), 2, 5);
        world.SetUnready(pod => IsOf(world, pod, "hello:2") && world.ActivePodsOf(world.ByImage("hello:2")).Last().Name == pod.Name);
        world.PassUntilQuiet();
        world.EndTerminating();
        world.SetReady(_ => true);
        return world;
    }

    private static TestWorld BlueGreenFinishing()
    {
        TestWorld world = Promoted(AtOnce);
        world.SetUnready(pod => IsOf(world, pod, "hello:2") && pod.Name[^1] > world.ActivePodsOf(world.ByImage("hello:2")).Min(item => item.Name[^1]));
        world.PassUntilQuiet();
        world.EndTerminating();
        Assert.Equal((RolloutPhases.Finishing, 0), (world.State!.Spec.Phase, world.ActivePodsOf(world.ByImage("hello:1")).Count()));
        return world;
    }

    private static TestWorld Promoted(BlueGreenStrategy blueGreen)
    {
        TestWorld world = Released(4, Make.BlueGreen(blueGreen with { AutoPromotionEnabled = false }));
        Act(world, new RolloutAction.Promote(Full: false));
        for (int i = 0; i < 10 && world.State!.Spec.Step < BlueGreen.Delay; i++)
        {
            world.Pass();
        }

        AssertShares(world, ("hello:2", 1000));
        return world;
    }

    private static TestWorld Released(int replicas, RolloutStrategy strategy)
    {
        TestWorld world = new() { StoresJson = true };
        world.Store(Make.Deployment(replicas));
        world.Policies.Add(Make.Policy(strategy: strategy));
        world.Settle();
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        return world;
    }

    /// <summary>Its share never falls while its pods come back, is never above what they are of all that are ready or declared, and no rolling update's bound is broken.</summary>
    private static void AssertComesBack(TestWorld world)
    {
        int share = 0;
        world.Settle(eachRound: () =>
        {
            if (world.State?.Spec.Traffic.Single().Shares is { } shares)
            {
                int now = shares.FirstOrDefault(item => item.ReplicaSet == world.ByImage("hello:1").Name)?.PerMille ?? 0;
                Assert.True(now >= share, $"{share} fell to {now}: {world.Describe()}");
                share = now;
            }

            Assert.True(world.ActivePods <= 13, world.Describe());
        });
        world.SetPaused(false);
        world.Settle();
        Assert.Equal(1000, share);
        Assert.Null(world.State);
        Assert.Equal((10, 10), (ReadyOf(world, "hello:1"), world.ActivePods));
    }

    private static void Act(TestWorld world, RolloutAction action)
    {
        ActionOutcome.Done done = Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(action, world.Deployment!, world.ReplicaSets, world.Now, world.State));
        world.Change(_ => done.Deployment);
    }

    private static bool IsOf(TestWorld world, Pod pod, string image) => pod.Metadata.Controller?.Uid == world.ByImage(image).Uid;

    private static int ReadyOf(TestWorld world, string image) => world.ActivePodsOf(world.ByImage(image)).Count(Make.IsReady);

    private static void AssertShares(TestWorld world, params (string Image, int PerMille)[] shares) => Assert.Equal(
        shares.Select(share => new TrafficShare(world.ByImage(share.Image).Name, share.PerMille)), world.State!.Spec.Traffic.Single(traffic => traffic.Service == "hello").Shares);
}
