using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>What has been complete is not rolled back by itself, whether or not anything was rolling when it became so.</summary>
public sealed class CompleteWhileHeldTests
{
    [Fact]
    public void Plan_CompleteWhilePaused_IsMarkedAndSurvivesAnOutageAfterThePause()
    {
        TestWorld world = Held(world => world.SetPaused(true));
        Assert.Equal(RevisionOutcome.Complete, Outcomes.Of(world.ByImage("hello:2")));

        world.SetPaused(false);
        AssertSurvivesAnOutage(world);
    }

    [Fact]
    public void Plan_CompleteInAConflictOfPolicies_IsMarkedAndSurvivesAnOutageAfterIt()
    {
        TestWorld world = Held(world => world.Policies.AddRange([Make.Policy("one"), Make.Policy("two")]));
        Assert.Equal(RevisionOutcome.Complete, Outcomes.Of(world.ByImage("hello:2")));

        world.Policies.Clear();
        AssertSurvivesAnOutage(world);
    }

    [Fact]
    public void Plan_ACanaryThatGetsCompleteWhilePaused_IsMarkedAndItsReleaseIsOver()
    {
        TestWorld world = Releases.Served();
        world.Policies.Add(Make.Policy(strategy: Make.Canary(Make.Weight(50))));
        world.SetImage("hello:2");
        for (int i = 0; i < 50 && (i < 2 || world.ActivePodsOf(world.ByImage("hello:1")).Any()); i++)
        {
            world.Pass();
            world.EndTerminating();
            world.SetReady(_ => true);
        }

        Assert.Equal(RevisionOutcome.OnTrial, Outcomes.Of(world.ByImage("hello:2")));
        world.SetPaused(true);
        world.PassUntilQuiet();
        Assert.Equal(RevisionOutcome.Complete, Outcomes.Of(world.ByImage("hello:2")));
        Assert.Null(world.State);

        world.SetPaused(false);
        AssertSurvivesAnOutage(world);
    }

    /// <summary>Revision 2 has 4 pods and nothing else, which get ready only while it is held.</summary>
    private static TestWorld Held(Action<TestWorld> hold)
    {
        TestWorld world = Releases.Served();
        world.SetImage("hello:2");
        for (int i = 0; i < 50 && (i < 2 || world.ActivePodsOf(world.ByImage("hello:1")).Any()); i++)
        {
            world.Pass();
            world.EndTerminating();
            world.SetReady(_ => true);
        }

        Assert.Equal(RevisionOutcome.OnTrial, Outcomes.Of(world.ByImage("hello:2")));
        hold(world);
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        return world;
    }

    private static void AssertSurvivesAnOutage(TestWorld world)
    {
        world.SetUnready(_ => true);
        Releases.Crash(world, "hello:2", restarts: 5);
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(601);
        world.PassUntilQuiet();

        Assert.Equal(RevisionOutcome.Complete, Outcomes.Of(world.ByImage("hello:2")));
        Assert.Empty(world.ActivePodsOf(world.ByImage("hello:1")));
        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:2")).Count());
        Assert.NotEqual(RolloutPhase.RolledBack, RolloutPhase.Of(world.Deployment!, world.ReplicaSets).Name);
    }
}
