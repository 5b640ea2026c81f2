using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>A Deployment of 10 replicas that a canary releases, and what users ask of it.</summary>
internal static class Canaries
{
    public static readonly RolloutStrategy TenThenHalf = Make.Canary(Make.Weight(10), Make.Pause(), Make.Weight(50), Make.Pause(60));

    public static TestWorld Served(RolloutStrategy strategy, Deployment? deployment = null)
    {
        TestWorld world = new() { StoresJson = true };
        world.Store(deployment ?? Make.Deployment(10));
        world.Policies.Add(Make.Policy(strategy: strategy));
        world.Settle();
        Assert.Null(world.State);
        return world;
    }

    public static TestWorld AtTen()
    {
        TestWorld world = Served(TenThenHalf);
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        AssertShares(world, ("hello:1", 900), ("hello:2", 100));
        return world;
    }

    public static void Promote(TestWorld world, bool full, string? request = null)
    {
        if (request is null)
        {
            Act(world, new RolloutAction.Promote(full));
        }
        else
        {
            world.Change(deployment => deployment with
            {
                Metadata = deployment.Metadata with { Annotations = deployment.Metadata.Annotations.SetItem(RolloutRequests.Promote, request) },
            });
        }
    }

    public static void Abort(TestWorld world, long revision) => Assert.Equal(revision, Act(world, new RolloutAction.Abort()).Revision);

    public static ActionOutcome.Done Act(TestWorld world, RolloutAction action)
    {
        ActionOutcome.Done done = Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(action, world.Deployment!, world.ReplicaSets, world.Now, world.State));
        world.Change(_ => done.Deployment);
        return done;
    }

    public static bool IsOf(TestWorld world, Pod pod, string image) => pod.Metadata.Controller?.Uid == world.ByImage(image).Uid;

    public static void AssertPods(TestWorld world, int stable, int canary)
    {
        Assert.Equal(stable, world.ActivePodsOf(world.ByImage("hello:1")).Count());
        Assert.Equal(canary, world.ActivePodsOf(world.ByImage("hello:2")).Count());
    }

    public static void AssertShares(TestWorld world, params (string Image, int PerMille)[] shares) =>
        Assert.Equal(shares.Select(share => new TrafficShare(world.ByImage(share.Image).Name, share.PerMille)), world.State!.Spec.Traffic.Single().Shares);

    public static void AssertDone(TestWorld world, string image)
    {
        Assert.Null(world.State);
        Assert.Equal(RevisionOutcome.Complete, Outcomes.Of(world.ByImage(image)));
        Assert.Equal(world.Deployment!.Spec.Replicas, world.ActivePodsOf(world.ByImage(image)).Count());
        Assert.Equal(world.Deployment.Spec.Replicas, world.ActivePods);
    }
}
