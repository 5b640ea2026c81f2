using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
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

    private static TestWorld AtStep(RolloutStrategy strategy)
    {
        TestWorld world = Releases.Served();
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
