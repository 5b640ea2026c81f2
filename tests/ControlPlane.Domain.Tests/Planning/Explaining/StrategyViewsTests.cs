using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Tests.Planning.Rollouts;

namespace ControlPlane.Domain.Tests.Planning.Explaining;

/// <summary>What the view of a rollout says of a canary or a blue-green.</summary>
public sealed class StrategyViewsTests
{
    [Fact]
    public void Of_WhileNothingIsOnItsWay_IsIdle()
    {
        TestWorld world = Served(Make.BlueGreen());

        Assert.Equal(new StrategyView { Type = "BlueGreen", Policy = "careful", Phase = "Idle" }, ViewOf(world));
    }

    [Fact]
    public void Of_WithoutAPolicy_IsNothing() => Assert.Null(ViewOf(Releases.Served()));

    [Fact]
    public void Of_AStepThatWaits_SaysWhichAndOfWhatItsWeightIs()
    {
        TestWorld world = AtStep(Make.Canary(Make.Weight(12.5m), Make.Pause()));

        Assert.Equal(
            new StrategyView
            {
                Type = "Canary",
                Policy = "careful",
                Phase = RolloutPhases.WaitingForPromotion,
                Stable = world.ByImage("hello:1").Name,
                Canary = world.ByImage("hello:2").Name,
                Step = 1,
                Steps = 2,
                Weight = 12.5m,
                WeightOf = "requests",
            },
            ViewOf(world));
    }

    [Fact]
    public void Of_AStepWithoutAService_HasAWeightOfPods()
    {
        RolloutStrategy strategy = Make.Canary(Make.Weight(12.5m), Make.Pause());

        Assert.Equal("pods", ViewOf(AtStep(strategy with { Canary = strategy.Canary! with { Service = null } }))!.WeightOf);
    }

    [Fact]
    public void Of_AnAnalysis_SaysWhatItsLastWindowCameTo()
    {
        TestWorld world = AtStep(Make.Canary(Make.Weight(12.5m), new CanaryStep { Analysis = new AnalysisStep { Interval = 10 } }));
        world.Traffic = new() { Since = world.Now, Until = world.Now.AddSeconds(10), Figures = [] };
        world.Now = world.Now.AddSeconds(10);
        world.Pass();

        Assert.Equal(world.State!.Spec.Analysis!.Last, ViewOf(world)!.Message);
        Assert.StartsWith("0 requests to the new revision", ViewOf(world)!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_OneThatIsGivenUp_SaysWhyRatherThanWhatWasMeasured()
    {
        TestWorld world = AtStep(Make.Canary(Make.Weight(12.5m), Make.Pause()));
        RolloutState given = world.State! with { Spec = world.State.Spec with { Message = "was given up", Analysis = new AnalysisState { Last = "99% succeeded" } } };

        Assert.Equal("was given up", RolloutViews.Of(world.Snapshot() with { State = given }).Strategy!.Message);
    }

    private static StrategyView? ViewOf(TestWorld world) => RolloutViews.Of(world.Snapshot()).Strategy;

    private static TestWorld Served(RolloutStrategy strategy)
    {
        TestWorld world = new();
        world.Store(Make.Deployment(8));
        world.Policies.Add(Make.Policy(strategy: strategy));
        world.Settle();
        return world;
    }

    private static TestWorld AtStep(RolloutStrategy strategy)
    {
        TestWorld world = Served(strategy);
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        return world;
    }
}
