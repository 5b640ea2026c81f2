using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>Whoever takes a policy away while a revision is at one of its steps has promoted nothing.</summary>
public sealed class LostPolicyTests
{
    private static readonly RolloutStrategy Steps = Make.Canary(Make.Weight(50), Make.Pause());

    [Fact]
    public void Plan_ACanaryWhosePolicyIsDeleted_StandsWithItsPodsAndWithoutRequests()
    {
        TestWorld world = WithoutPolicy(AtStep(Steps));
        world.Now = world.Now.AddSeconds(601);
        world.PassUntilQuiet();

        AssertPods(world, stable: 4, canary: 2);
        AssertAllTo(world, "hello:1");
        Assert.Equal(RevisionOutcome.OnTrial, Outcomes.Of(world.ByImage("hello:2")));
        Assert.Equal(("Unknown", "PolicyNotFound"), (world.Condition("Progressing").Status, world.Condition("Progressing").Reason));
        Blocker blocker = Assert.Single(Blockers.Of(world.Snapshot()));
        Assert.Equal("PolicyNotFound", blocker.Reason);
        Assert.Contains("policy careful, by which revision 2 is at step 1 of 2", blocker.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_APolicyThatHasNoStrategyAnyMore_PromotesNothingEither()
    {
        TestWorld world = AtStep(Steps);
        world.Policies[0] = Make.Policy();
        world.PassUntilQuiet();

        AssertPods(world, stable: 4, canary: 2);
        AssertAllTo(world, "hello:1");
    }

    [Fact]
    public void Plan_ThePolicyIsThereAgain_GoesOnFromItsStep()
    {
        TestWorld world = WithoutPolicy(AtStep(Steps));
        world.Policies.Add(Make.Policy("renamed", strategy: Steps));
        world.PassUntilQuiet();

        Assert.Equal((1, 500, RolloutPhases.WaitingForPromotion), (world.State!.Spec.Step, world.State.Spec.WeightPerMille, world.State.Spec.Phase));
        Assert.Equal("RolloutPaused", world.Condition("Progressing").Reason);
    }

    /// <summary>Of a pause of 60 s, 59 may have passed, or 600 while no policy said how long it takes: the next one asks for 60.</summary>
    [Theory]
    [InlineData(59, 0)]
    [InlineData(10, 600)]
    public void Plan_ATimedPauseWhosePolicyWasGone_TakesItsWholeTimeAgain(int before, int without)
    {
        RolloutStrategy timed = Make.Canary(Make.Weight(50), Make.Pause(60), Make.Weight(75), Make.Pause());
        TestWorld world = AtStep(timed);
        world.Now = world.Now.AddSeconds(before);
        WithoutPolicy(world);
        Assert.Null(world.State!.Spec.Since);
        world.Now = world.Now.AddSeconds(without);
        world.PassUntilQuiet();

        DateTimeOffset back = world.Now;
        world.Policies.Add(Make.Policy(strategy: timed));
        world.PassUntilQuiet();
        Assert.Equal((1, back, RolloutPhases.Paused), (world.State!.Spec.Step, world.State.Spec.Since, world.State.Spec.Phase));

        world.Now = back.AddSeconds(59);
        world.PassUntilQuiet();
        Assert.Equal(1, world.State!.Spec.Step);
        world.Now = back.AddSeconds(60);
        world.Pass();
        Assert.Equal(2, world.State!.Spec.Step);
    }

    [Fact]
    public void Plan_ADelayWhosePolicyWasGone_TakesItsWholeTimeAgain()
    {
        RolloutStrategy delayed = Make.BlueGreen(new BlueGreenStrategy { ScaleDownDelaySeconds = 30 });
        TestWorld world = WithoutPolicy(AtStep(delayed));
        world.Now = world.Now.AddSeconds(31);
        world.Policies.Add(Make.Policy(strategy: delayed));
        world.PassUntilQuiet();
        AssertPods(world, stable: 4, canary: 4);
        Assert.Equal((2, world.Now), (world.State!.Spec.Step, world.State.Spec.Since));

        world.Now = world.Now.AddSeconds(30);
        world.Settle();
        AssertPods(world, stable: 0, canary: 4);
    }

    /// <summary>A step was promoted before the steps began anew; that it stands without a policy makes the old request mean nothing more than before.</summary>
    [Fact]
    public void Plan_APromotionFromBeforeTheStepBeganAnew_DoesNotEndItOnceThePolicyIsBack()
    {
        TestWorld world = AtStep(Steps);
        Canaries.Promote(world, full: false, request: RolloutRequests.FormatPromotion(2, 1, world.Now.AddSeconds(-1)));
        WithoutPolicy(world);
        world.Policies.Add(Make.Policy(strategy: Steps));
        world.PassUntilQuiet();

        Assert.Equal((1, RolloutPhases.WaitingForPromotion), (world.State!.Spec.Step, world.State.Spec.Phase));
    }

    [Fact]
    public void Promote_OneStepWithoutItsPolicy_IsRefusedAndSaysWhatIsLeft()
    {
        TestWorld world = WithoutPolicy(AtStep(Steps));

        ActionOutcome.NotNow refused = Assert.IsType<ActionOutcome.NotNow>(
            RolloutActions.Apply(new RolloutAction.Promote(Full: false), world.Deployment!, world.ReplicaSets, world.Now, world.State));
        Assert.Contains("step 1 of 2 stands without its policy careful", refused.Because, StringComparison.Ordinal);
    }

    /// <summary>The record names the policy that now decides, for its blockers and its status are looked up by that name.</summary>
    [Fact]
    public void Plan_ARenamedPolicy_IsTheOneOnRecord()
    {
        TestWorld world = AtStep(Steps);
        world.Policies[0] = Make.Policy("renamed", strategy: Steps);
        world.PassUntilQuiet();

        Assert.Equal(("renamed", 1, 500), (world.State!.Spec.Policy, world.State.Spec.Step, world.State.Spec.WeightPerMille));
        Assert.Contains(Blockers.Of(world.Snapshot()), blocker => blocker.Message.Contains("of policy renamed", StringComparison.Ordinal));
    }

    /// <summary>A canary of three steps has as many as a blue-green: without its type on record it would be taken for one once its policy is gone.</summary>
    [Fact]
    public void Plan_ARecordFromBeforeItSaidTheStrategy_GetsItsPolicys()
    {
        TestWorld world = AtStep(Make.Canary(Make.Weight(50), Make.Pause(), Make.Weight(75)));
        Amend(world, state => state with { Strategy = "" });
        world.PassUntilQuiet();
        Assert.Equal(RolloutStrategy.CanaryType, world.State!.Spec.Strategy);

        WithoutPolicy(world);
        Assert.Equal(0, world.State.Spec.WeightPerMille);
        AssertAllTo(world, "hello:1");
    }

    /// <summary>Of a policy with another strategy it is not known what the record was of.</summary>
    [Fact]
    public void Plan_ARecordOfAnotherStrategyThatDoesNotSayWhich_IsNotGivenThePolicys()
    {
        TestWorld world = AtStep(Make.BlueGreen(new BlueGreenStrategy { ScaleDownDelaySeconds = 30 }));
        Amend(world, state => state with { Strategy = "", StrategyHash = "other" });
        world.PassUntilQuiet();

        Assert.Equal("", world.State!.Spec.Strategy);
        AssertAllTo(world, "hello:2");
    }

    [Fact]
    public void Plan_PromotedInFullWithoutItsPolicy_Finishes()
    {
        TestWorld world = WithoutPolicy(AtStep(Steps));
        Act(world, new RolloutAction.Promote(Full: true));
        world.Settle();

        AssertPods(world, stable: 0, canary: 4);
        Assert.Null(world.State);
        Assert.Equal(RevisionOutcome.Complete, Outcomes.Of(world.ByImage("hello:2")));
    }

    [Fact]
    public void Plan_GivenUpWithoutItsPolicy_GoesBack()
    {
        TestWorld world = WithoutPolicy(AtStep(Steps));
        Act(world, new RolloutAction.Abort());
        world.Pass();
        AssertAllTo(world, "hello:1");

        world.Settle();
        AssertPods(world, stable: 4, canary: 0);
        Assert.Null(world.State);
    }

    [Fact]
    public void Plan_AnotherTemplateWithoutThePolicy_EndsItBeforeItRollsByItself()
    {
        TestWorld world = WithoutPolicy(AtStep(Steps));
        world.SetImage("hello:3");
        while (world.ActivePodsOf(world.ByImage("hello:2")).Any())
        {
            world.Pass();
            AssertAllTo(world, "hello:1");
        }

        world.Settle();
        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:3")).Count());
        Assert.Equal(4, world.ActivePods);
        Assert.Null(world.State);
    }

    /// <summary>An older revision that was complete once is not the stable one for that: the pods that serve are replaced within the Deployment's own bounds.</summary>
    [Fact]
    public void Plan_AnOlderCompleteTemplateWithoutThePolicy_RollsToItWithinTheBounds()
    {
        TestWorld world = AtStep(Steps);
        Act(world, new RolloutAction.Promote(Full: true));
        world.Settle();
        world.SetImage("hello:3");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        Assert.NotNull(world.State);

        world.Policies.Clear();
        world.PassUntilQuiet();
        world.SetImage("hello:1");
        world.Settle(eachRound: () => Assert.True(world.AvailablePods >= 3, world.Describe()));

        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:1")).Count());
        Assert.Equal(4, world.ActivePods);
        Assert.Null(world.State);
    }

    [Fact]
    public void Plan_TheStableTemplateWithoutThePolicy_GoesBackToIt()
    {
        TestWorld world = WithoutPolicy(AtStep(Steps));
        world.SetImage("hello:1");
        world.Settle();

        AssertPods(world, stable: 4, canary: 0);
        Assert.Null(world.State);
    }

    [Fact]
    public void Plan_APreviewWhosePolicyIsDeleted_GetsNoRequestsOfTheActiveService()
    {
        TestWorld world = WithoutPolicy(AtStep(Make.BlueGreen(new BlueGreenStrategy { PreviewService = "hello-preview", AutoPromotionEnabled = false })));
        world.Now = world.Now.AddSeconds(601);
        world.PassUntilQuiet();

        AssertPods(world, stable: 4, canary: 4);
        AssertAllTo(world, "hello:1");
        AssertAllTo(world, "hello:2", "hello-preview");
    }

    [Fact]
    public void Plan_APreviewThatIsPromotedInFullWithoutItsPolicy_GetsAllRequestsAndFinishes()
    {
        TestWorld world = WithoutPolicy(AtStep(Make.BlueGreen(new BlueGreenStrategy { AutoPromotionEnabled = false })));
        Act(world, new RolloutAction.Promote(Full: true));
        world.PassUntilQuiet();
        AssertAllTo(world, "hello:2");

        world.Settle();
        AssertPods(world, stable: 0, canary: 4);
        Assert.Null(world.State);
    }

    [Fact]
    public void Plan_APromotedOneWhosePolicyIsDeleted_KeepsTheRequestsAndTheOldPods()
    {
        TestWorld world = WithoutPolicy(AtStep(Make.BlueGreen(new BlueGreenStrategy { ScaleDownDelaySeconds = 30 })));
        world.Now = world.Now.AddSeconds(31);
        world.PassUntilQuiet();

        AssertPods(world, stable: 4, canary: 4);
        AssertAllTo(world, "hello:2");
    }

    /// <summary>The active Service is another Deployment's, so only the preview's requests are divided: they are not taken for the active one's when the policy is gone.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Plan_AnActiveServiceOfAnotherDeployment_IsNotReplacedByThePreview(bool isRecordOld)
    {
        TestWorld world = AtStep(
            Make.BlueGreen(new BlueGreenStrategy { PreviewService = "hello-preview", AutoPromotionEnabled = false }),
            Make.Service("hello", value: "other"),
            Make.Service("hello-preview"));
        Assert.Equal(["hello-preview"], world.State!.Spec.Traffic.Select(traffic => traffic.Service));
        Amend(world, state => isRecordOld ? state with { PreviewService = null } : state);

        WithoutPolicy(world);
        AssertAllTo(world, "hello:2", "hello-preview");
        Act(world, new RolloutAction.Abort());
        world.Pass();
        Assert.DoesNotContain(world.State!.Spec.Traffic, traffic => traffic.Shares.Any(share => share.ReplicaSet == world.ByImage("hello:1").Name));
    }

    [Fact]
    public void Plan_AnActiveServiceOfAnotherDeployment_IsNoServiceWithoutAName()
    {
        TestWorld world = WithoutPolicy(AtStep(Make.BlueGreen(new BlueGreenStrategy { AutoPromotionEnabled = false }), Make.Service("hello", value: "other")));
        Act(world, new RolloutAction.Promote(Full: true));
        for (int pass = 0; pass < 5 && world.State is not null; pass++)
        {
            world.Pass();
            Assert.Empty(world.State?.Spec.Traffic ?? []);
        }

        world.Settle();
        AssertPods(world, stable: 0, canary: 4);
        Assert.DoesNotContain(world.Messages, message => message.Contains("requests of Service ", StringComparison.Ordinal));
    }

    private static void Amend(TestWorld world, Func<RolloutStateSpec, RolloutStateSpec> change)
    {
        RolloutState amended = world.State! with { Spec = change(world.State.Spec) };
        if (amended != world.State)
        {
            world.Apply(new Plan { Writes = [new Write.Update(amended, ResourceParts.Desired)] });
        }
    }

    private static TestWorld AtStep(RolloutStrategy strategy, params Service[] services)
    {
        TestWorld world = Releases.Served();
        world.Services.AddRange(services);
        world.Policies.Add(Make.Policy(strategy: strategy));
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        return world;
    }

    private static TestWorld WithoutPolicy(TestWorld world)
    {
        world.Policies.Clear();
        world.PassUntilQuiet();
        return world;
    }

    private static void Act(TestWorld world, RolloutAction action)
    {
        ActionOutcome.Done done = Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(action, world.Deployment!, world.ReplicaSets, world.Now, world.State));
        world.Change(_ => done.Deployment);
    }

    private static void AssertPods(TestWorld world, int stable, int canary)
    {
        Assert.Equal(stable, world.ActivePodsOf(world.ByImage("hello:1")).Count());
        Assert.Equal(canary, world.ActivePodsOf(world.ByImage("hello:2")).Count());
    }

    private static void AssertAllTo(TestWorld world, string image, string service = "hello") =>
        Assert.Equal([new TrafficShare(world.ByImage(image).Name, 1000)], world.State!.Spec.Traffic.Single(traffic => traffic.Service == service).Shares);
}
