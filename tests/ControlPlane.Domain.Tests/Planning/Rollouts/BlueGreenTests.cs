using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

public sealed class BlueGreenTests
{
    private static readonly BlueGreenStrategy ByHand = new() { PreviewService = "hello-preview", PreviewReplicaCount = 1, AutoPromotionEnabled = false, ScaleDownDelaySeconds = 30 };

    [Fact]
    public void Plan_ANewTemplate_IsPreviewedWhileTheActiveOneKeepsEverything()
    {
        TestWorld world = Previewed(ByHand);

        AssertPods(world, active: 4, preview: 1);
        AssertShares(world, "hello", "hello:1");
        AssertShares(world, "hello-preview", "hello:2");
        Assert.Equal(RolloutPhases.WaitingForPromotion, world.State!.Spec.Phase);
    }

    [Fact]
    public void Plan_Promoted_SwitchesOnlyWhenAllNewPodsAreThereAndKeepsTheOldOnesForAWhile()
    {
        TestWorld world = Previewed(ByHand);
        Act(world, new RolloutAction.Promote(Full: false));
        world.PassUntilQuiet();
        AssertPods(world, active: 4, preview: 4);
        AssertShares(world, "hello", "hello:1");

        world.SetReady(_ => true);
        world.PassUntilQuiet();
        AssertPods(world, active: 4, preview: 4);
        AssertShares(world, "hello", "hello:2");
        Assert.Equal((RolloutPhases.Promoted, TimeSpan.FromSeconds(30)), (world.State!.Spec.Phase, world.Plan().RecheckAfter));

        world.Now = world.Now.AddSeconds(30);
        world.Settle();
        Assert.Null(world.State);
        Assert.Equal(RevisionOutcome.Complete, Outcomes.Of(world.ByImage("hello:2")));
        AssertPods(world, active: 0, preview: 4);
    }

    [Fact]
    public void Plan_WithServicesOfAnotherDeployment_SwitchesNoneOfThem()
    {
        TestWorld world = Previewed(ByHand);
        world.Services.AddRange([Make.Service("hello", value: "another"), Make.Service("hello-preview")]);
        world.PassUntilQuiet();
        Assert.Equal(["hello-preview"], world.State!.Spec.Traffic.Select(traffic => traffic.Service));

        world.Services[1] = Make.Service("hello-preview", value: "another");
        Act(world, new RolloutAction.Promote(Full: false));
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();

        Assert.Equal(RolloutPhases.Promoted, world.State!.Spec.Phase);
        Assert.True(world.State.Spec.Traffic.IsEmpty);
        Assert.Contains(world.Messages, message => message.EndsWith("is promoted", StringComparison.Ordinal));
        Assert.Equal(2, Blockers.Of(world.Snapshot()).Count(blocker => blocker.Reason == "ServiceMismatch"));
    }

    [Fact]
    public void Plan_PromotesByItself_AfterTheSecondsSinceItWasReady()
    {
        TestWorld world = Previewed(new BlueGreenStrategy { AutoPromotionSeconds = 20 });
        AssertPods(world, active: 4, preview: 4);
        Assert.Equal(RolloutPhases.Paused, world.State!.Spec.Phase);

        world.Now = world.Now.AddSeconds(19);
        world.PassUntilQuiet();
        AssertShares(world, "hello", "hello:1");

        world.Now = world.Now.AddSeconds(1);
        world.PassUntilQuiet();
        AssertShares(world, "hello", "hello:2");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Plan_AbortedInsideTheDelay_SwitchesBackInOneCommit_PausedOrNot(bool isPaused)
    {
        TestWorld world = Promoted();
        world.SetPaused(isPaused);
        Act(world, new RolloutAction.Abort());
        world.Pass();
        AssertShares(world, "hello", "hello:1");
        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:1")).Count());

        world.Settle();
        AssertPods(world, active: 4, preview: 0);
    }

    [Fact]
    public void Plan_UndoneInsideTheDelay_SwitchesBackInOneCommit()
    {
        TestWorld world = Promoted();
        world.SetImage("hello:1");
        world.Pass();
        AssertShares(world, "hello", "hello:1");

        world.Settle();
        Assert.Null(world.State);
        AssertPods(world, active: 4, preview: 0);
    }

    /// <summary>A state from before states said their strategy has as many steps as it has, and no more than that.</summary>
    [Theory]
    [InlineData("BlueGreen", 3, true)]
    [InlineData("Canary", 3, false)]
    [InlineData("", 3, true)]
    [InlineData("", 2, false)]
    public void Is_WhatTheStateSays_ElseByItsSteps(string strategy, int steps, bool isBlueGreen) =>
        Assert.Equal(isBlueGreen, BlueGreen.Is(new RolloutStateSpec { Strategy = strategy, Steps = steps }));

    /// <summary>Nobody has promoted it: all requests are its step's weight, and it may still be given up for what it came from.</summary>
    [Fact]
    public void Plan_AnotherTemplateWhileACanaryOfThreeStepsHasAllRequests_DoesNotCountItAsProven()
    {
        TestWorld world = new();
        world.Store(Make.Deployment(4));
        world.Policies.Add(Make.Policy(strategy: Make.Canary(Make.Weight(50), Make.Weight(100), Make.Pause())));
        world.Settle();
        world.SetImage("hello:2");
        for (int i = 0; i < 20; i++)
        {
            world.PassUntilQuiet();
            world.SetReady(_ => true);
        }

        Assert.Equal((1000, 3, "Canary"), (world.State!.Spec.WeightPerMille, world.State.Spec.Steps, world.State.Spec.Strategy));
        world.SetImage("hello:3");
        world.Pass();

        Assert.Equal(RevisionOutcome.OnTrial, Outcomes.Of(world.ByImage("hello:2")));
    }

    [Fact]
    public void Plan_AThirdTemplateInsideTheDelay_IsPreviewedBesideThePromotedOne()
    {
        TestWorld world = Promoted();
        world.SetImage("hello:3");
        world.Pass();
        AssertShares(world, "hello", "hello:2");
        world.PassUntilQuiet();

        AssertShares(world, "hello", "hello:2");
        Assert.Equal(0, world.ByImage("hello:1").Spec.Replicas);
        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:2")).Count());
        Assert.Single(world.ActivePodsOf(world.ByImage("hello:3")));
    }

    /// <summary>The old pods are kept on purpose: no deadline runs meanwhile, however short.</summary>
    [Fact]
    public void Plan_ADelayLongerThanTheDeadline_FailsNothing()
    {
        TestWorld world = Promoted(ByHand with { ScaleDownDelaySeconds = 900 });
        for (int minutes = 0; minutes < 14; minutes++)
        {
            world.Now = world.Now.AddMinutes(1);
            world.PassUntilQuiet();
        }

        AssertShares(world, "hello", "hello:2");
        Assert.NotEqual(RevisionOutcome.Failed, Outcomes.Of(world.ByImage("hello:2")));
        Assert.Equal("Unknown", world.Condition("Progressing").Status);

        world.Now = world.Now.AddMinutes(2);
        world.Settle();
        Assert.Equal(RevisionOutcome.Complete, Outcomes.Of(world.ByImage("hello:2")));
    }

    [Fact]
    public void Plan_RetriedAfterAPromotionByHand_WaitsForAPersonAgain()
    {
        TestWorld world = Previewed(ByHand);
        Act(world, new RolloutAction.Promote(Full: false));
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(5);
        Act(world, new RolloutAction.Abort());
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(5);
        Act(world, new RolloutAction.Retry());
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();

        AssertShares(world, "hello", "hello:1");
        Assert.Equal(RolloutPhases.WaitingForPromotion, world.State!.Spec.Phase);
    }

    [Fact]
    public void Plan_APolicyChangedInsideTheDelay_TakesNoRequestsBack()
    {
        TestWorld world = Promoted();
        world.Policies[0] = Make.Policy(strategy: Make.BlueGreen(ByHand with { ScaleDownDelaySeconds = 300 }));
        world.PassUntilQuiet();

        AssertShares(world, "hello", "hello:2");
        Assert.Equal(BlueGreen.Delay, world.State!.Spec.Step);
    }

    [Fact]
    public void Plan_ScaledWhilePreviewed_ScalesTheActiveOneAlone()
    {
        TestWorld world = Previewed(ByHand);
        world.SetReplicas(6);
        world.PassUntilQuiet();

        AssertPods(world, active: 6, preview: 1);
    }

    [Fact]
    public void Plan_AFailedPostPromotionAnalysis_SwitchesBackInOneCommit()
    {
        TestWorld world = FailedAfterItsPromotion();

        AssertShares(world, "hello", "hello:1");
        Assert.Contains("95% of 100 requests succeeded", world.Condition("Progressing").Message, StringComparison.Ordinal);
    }

    /// <summary>Held is what goes forward: the step in which it was given up does not give the failed version all requests again, neither then nor when it is to be tried again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Plan_PausedAfterAFailedPostPromotionAnalysis_LeavesTheRequestsWhereTheyAre(bool isRetried)
    {
        TestWorld world = FailedAfterItsPromotion();
        world.SetPaused(true);
        if (isRetried)
        {
            Releases.Annotate(world, RolloutRequests.Retry, RolloutRequests.Format(2, world.Now));
        }

        world.PassUntilQuiet();

        AssertShares(world, "hello", "hello:1");
        Assert.Equal(0, world.State!.Spec.WeightPerMille);
    }

    private static TestWorld FailedAfterItsPromotion()
    {
        TestWorld world = Promoted(ByHand with { PostPromotionAnalysis = new AnalysisStep { Interval = 10, SuccessRate = 99 } });
        Assert.Equal(RolloutPhases.Analyzing, world.State!.Spec.Phase);
        world.Traffic = new TrafficWindow
        {
            Since = world.Now,
            Until = world.Now.AddSeconds(10),
            Figures = [new VersionFigures { Service = "hello", ReplicaSet = world.ByImage("hello:2").Name, Requests = 100, Failures = 5 }],
        };
        world.Now = world.Now.AddSeconds(10);
        world.Pass();
        return world;
    }

    [Theory]
    [InlineData(29, true)]
    [InlineData(30, false)]
    public void Plan_PromotedWithoutADelayOfItsOwn_KeepsTheOldPodsForThirtySeconds(int seconds, bool isKept)
    {
        TestWorld world = Promoted(ByHand with { ScaleDownDelaySeconds = null });
        Assert.StartsWith($"BlueGreenPromoted: Revision 2 (ReplicaSet \"{world.ByImage("hello:2").Name}\") gets all requests of Service hello", world.Messages.Single(message => message.StartsWith("BlueGreen", StringComparison.Ordinal)), StringComparison.Ordinal);
        world.Now = world.Now.AddSeconds(seconds);
        world.PassUntilQuiet();

        AssertPods(world, active: isKept ? 4 : 0, preview: 4);
    }

    [Fact]
    public void Plan_PromotedInsideTheDelay_EndsItAtOnce()
    {
        TestWorld world = Promoted();
        world.Now = world.Now.AddSeconds(1);
        Act(world, new RolloutAction.Promote(Full: false));
        world.PassUntilQuiet();

        AssertPods(world, active: 0, preview: 4);
    }

    [Fact]
    public void Plan_PromotedBeforeItsPreviewIsReady_IsNotPreviewedAnyLonger()
    {
        TestWorld world = new();
        world.Store(Make.Deployment(4));
        world.Policies.Add(Make.Policy(strategy: Make.BlueGreen(ByHand)));
        world.Settle();
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        Assert.Equal(RolloutPhases.Progressing, world.State!.Spec.Phase);
        Act(world, new RolloutAction.Promote(Full: true));
        world.PassUntilQuiet();

        AssertPods(world, active: 4, preview: 4);
        Assert.Equal((BlueGreen.Promotion, RolloutPhases.Progressing), (world.State!.Spec.Step, world.State.Spec.Phase));
        AssertShares(world, "hello", "hello:1");
    }

    [Fact]
    public void Plan_APreviewThatIsJudged_WaitsForItsFiguresAndThenForAPerson()
    {
        TestWorld world = Previewed(ByHand with { PrePromotionAnalysis = new AnalysisStep { SuccessRate = 99 } });
        Assert.Equal((RolloutPhases.Analyzing, BlueGreen.Preview), (world.State!.Spec.Phase, world.State.Spec.Step));

        Window(world, "hello-preview", failures: 0);
        Assert.Equal((RolloutPhases.WaitingForPromotion, BlueGreen.Preview, 1), (world.State!.Spec.Phase, world.State.Spec.Step, world.State.Spec.Analysis!.Good));
        world.Traffic = null;
        world.PassUntilQuiet();
        Assert.Equal(RolloutPhases.WaitingForPromotion, world.State!.Spec.Phase);

        world.SetUnready(pod => pod.Spec.Containers[0].Image == "hello:2");
        world.PassUntilQuiet();
        Assert.Equal((RolloutPhases.Progressing, null), (world.State!.Spec.Phase, world.State.Spec.Analysis));
    }

    [Fact]
    public void Plan_APromotedOneThatIsJudgedGood_WaitsForTheRestOfTheDelay()
    {
        TestWorld world = Promoted(ByHand with { PostPromotionAnalysis = new AnalysisStep { SuccessRate = 99 } });

        Assert.Equal(TimeSpan.Zero, Window(world, "hello", failures: 1));
        Assert.Equal(RolloutPhases.Promoted, world.State!.Spec.Phase);
        world.Traffic = null;
        Assert.Equal(TimeSpan.FromSeconds(20), world.Plan().RecheckAfter);
    }

    [Fact]
    public void Plan_WithoutSecondsOrAPerson_IsPromotedAsSoonAsItIsReady()
    {
        TestWorld world = Previewed(new BlueGreenStrategy());

        AssertShares(world, "hello", "hello:2");
        Assert.Single(world.State!.Spec.Traffic);
        Assert.Equal(1000, world.State.Spec.WeightPerMille);
    }

    private static TimeSpan? Window(TestWorld world, string service, long failures)
    {
        world.Traffic = new TrafficWindow
        {
            Since = world.Now,
            Until = world.Now.AddSeconds(10),
            Figures = [new VersionFigures { Service = service, ReplicaSet = world.ByImage("hello:2").Name, Requests = 100, Failures = failures }],
        };
        world.Now = world.Now.AddSeconds(10);
        return world.Pass().RecheckAfter;
    }

    private static TestWorld Previewed(BlueGreenStrategy blueGreen)
    {
        TestWorld world = new() { StoresJson = true };
        world.Store(Make.Deployment(4));
        world.Policies.Add(Make.Policy(strategy: Make.BlueGreen(blueGreen)));
        world.Settle();
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        return world;
    }

    private static TestWorld Promoted(BlueGreenStrategy? blueGreen = null)
    {
        TestWorld world = Previewed(blueGreen ?? ByHand);
        Act(world, new RolloutAction.Promote(Full: false));
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        AssertShares(world, "hello", "hello:2");
        return world;
    }

    private static void Act(TestWorld world, RolloutAction action)
    {
        ActionOutcome.Done done = Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(action, world.Deployment!, world.ReplicaSets, world.Now, world.State));
        world.Change(_ => done.Deployment);
    }

    private static void AssertPods(TestWorld world, int active, int preview)
    {
        Assert.Equal(active, world.ActivePodsOf(world.ByImage("hello:1")).Count());
        Assert.Equal(preview, world.ActivePodsOf(world.ByImage("hello:2")).Count());
    }

    private static void AssertShares(TestWorld world, string service, string image) =>
        Assert.Equal([new TrafficShare(world.ByImage(image).Name, 1000)], world.State!.Spec.Traffic.Single(traffic => traffic.Service == service).Shares);
}
