using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>Slices list a pod as ready until a moment after its mark, and gateways know no more of it than that.</summary>
public sealed class LateSlicesTests
{
    [Fact]
    public void Plan_AnAbortedCanaryWhosePodIsListedStill_TellsWhereTheRequestsGoUntilItIsNot()
    {
        TestWorld world = Ready(Make.Canary(Make.Weight(10), Make.Pause()));
        RouteAll(world);
        Act(world, new RolloutAction.Abort());
        world.PassUntilQuiet();

        Assert.Empty(world.ActivePodsOf(world.ByImage("hello:2")));
        AssertAllTo(world, "hello:1");
        Assert.Equal(TimeSpan.FromMilliseconds(100), world.Plan().RecheckAfter);

        world.Routed.Clear();
        world.PassUntilQuiet();
        Assert.Null(world.State);
    }

    [Fact]
    public void Plan_AnAbortWhilePausedWhosePodIsListedStill_IsLookedAtAgain()
    {
        TestWorld world = Ready(Make.Canary(Make.Weight(10), Make.Pause()));
        RouteAll(world);
        world.SetPaused(true);
        Act(world, new RolloutAction.Abort());
        world.PassUntilQuiet();

        AssertAllTo(world, "hello:1");
        Assert.Equal(TimeSpan.FromMilliseconds(100), world.Plan().RecheckAfter);
    }

    [Fact]
    public void Plan_AnAbortedCanaryWhosePodIsGone_WaitsForNoSlice()
    {
        TestWorld world = Ready(Make.Canary(Make.Weight(10), Make.Pause()));
        RouteAll(world);
        Act(world, new RolloutAction.Abort());
        world.PassUntilQuiet();
        world.EndTerminating();
        world.PassUntilQuiet();

        Assert.Null(world.State);
    }

    /// <summary>Complete, and so the stable one itself by the next pass.</summary>
    [Fact]
    public void Plan_ABlueGreenPastItsDelayWhoseOldPodsAreListedStill_KeepsAllRequestsUntilTheyAreNot()
    {
        TestWorld world = Ready(Make.BlueGreen(new BlueGreenStrategy { ScaleDownDelaySeconds = 30 }));
        RouteAll(world);
        world.Now = world.Now.AddSeconds(30);
        world.PassUntilQuiet();

        Assert.Empty(world.ActivePodsOf(world.ByImage("hello:1")));
        Assert.Equal(RevisionOutcome.Complete, Outcomes.Of(world.ByImage("hello:2")));
        AssertAllTo(world, "hello:2");
        Assert.Equal((RolloutPhases.Finishing, TimeSpan.FromMilliseconds(100)), (world.State!.Spec.Phase, world.Plan().RecheckAfter));

        world.Routed.Clear();
        world.PassUntilQuiet();
        Assert.Null(world.State);
    }

    [Fact]
    public void Plan_ACanaryThatHadAllRequests_KeepsThemWhileTheLastOldPodsAreListed()
    {
        TestWorld world = Ready(Make.Canary(Make.Weight(100)));
        RouteAll(world);
        for (int i = 0; i < 20 && world.ActivePodsOf(world.ByImage("hello:1")).Any(); i++)
        {
            world.Pass();
            AssertAllTo(world, "hello:2");
        }

        world.PassUntilQuiet();
        AssertAllTo(world, "hello:2");
        world.Routed.Clear();
        world.PassUntilQuiet();
        Assert.Null(world.State);
    }

    private static TestWorld Ready(RolloutStrategy strategy)
    {
        TestWorld world = new() { StoresJson = true };
        world.Store(Make.Deployment(4));
        world.Policies.Add(Make.Policy(strategy: strategy));
        world.Settle();
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        RouteAll(world);
        world.PassUntilQuiet();
        return world;
    }

    private static void RouteAll(TestWorld world) => world.Routed.UnionWith(world.Pods.Select(pod => pod.Name));

    private static void Act(TestWorld world, RolloutAction action)
    {
        ActionOutcome.Done done = Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(action, world.Deployment!, world.ReplicaSets, world.Now, world.State));
        world.Change(_ => done.Deployment);
    }

    private static void AssertAllTo(TestWorld world, string image) =>
        Assert.Equal([new TrafficShare(world.ByImage(image).Name, 1000)], world.State!.Spec.Traffic.Single().Shares);
}
