using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources.Policies;
using static ControlPlane.Domain.Tests.Planning.Rollouts.Canaries;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>What a canary makes of a policy whose Service is not there or is another's, and of several policies.</summary>
public sealed class CanaryPolicyTests
{
    [Fact]
    public void Plan_WithoutAService_FollowsThePodsAndSaysSo()
    {
        RolloutStrategy strategy = TenThenHalf with { Canary = TenThenHalf.Canary! with { Service = null } };
        TestWorld world = Served(strategy);
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();

        AssertPods(world, stable: 10, canary: 1);
        Assert.True(world.State!.Spec.Traffic.IsEmpty);
        Assert.Equal(
            "policy careful names no Service: the share of requests follows the number of pods, about 9.1% with 1 of the new revision beside 10 of the stable one",
            Assert.Single(Blockers.Of(world.Snapshot()), blocker => blocker.Reason == "NoService").Message);
    }

    /// <summary>A policy for the whole namespace, with the Service of another Deployment: to divide that one's requests would overrule its own canary.</summary>
    [Fact]
    public void Plan_WithTheServiceOfAnotherDeployment_DividesNothingAndSaysSo()
    {
        TestWorld world = Served(TenThenHalf);
        world.Services.Add(Make.Service("hello", value: "another"));
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();

        AssertPods(world, stable: 10, canary: 1);
        Assert.True(world.State!.Spec.Traffic.IsEmpty);
        Assert.Equal("pods", RolloutViews.Of(world.Snapshot()).Strategy!.WeightOf);
        Blocker told = Assert.Single(Blockers.Of(world.Snapshot()), blocker => blocker.Reason == "ServiceMismatch");
        Assert.Equal(
            "policy careful names Service hello, which selects no pods of this Deployment: its requests are not divided, and this Deployment's follow the numbers of pods", told.Message);

        world.Services[0] = Make.Service("hello");
        world.PassUntilQuiet();
        AssertShares(world, ("hello:1", 900), ("hello:2", 100));
        Assert.DoesNotContain(Blockers.Of(world.Snapshot()), blocker => blocker.Reason == "ServiceMismatch");

        world.Services[0] = Make.Service("hello", value: "another");
        Abort(world, 2);
        world.Settle();
        AssertPods(world, stable: 10, canary: 0);
    }

    [Fact]
    public void Plan_TwoPoliciesAlike_RollNothingAndSaySo()
    {
        TestWorld world = Served(TenThenHalf);
        world.Policies.Add(Make.Policy("other", TenThenHalf));
        world.SetImage("hello:2");
        world.PassUntilQuiet();

        Assert.DoesNotContain(world.ReplicaSets, replicaSet => replicaSet.Spec.Template.Spec.Containers[0].Image == "hello:2");
        Assert.Contains("careful, other", world.Condition("PolicyConflict").Message, StringComparison.Ordinal);
        Assert.Contains(Blockers.Of(world.Snapshot()), blocker => blocker.Reason == "PolicyConflict");

        world.Policies.RemoveAt(1);
        world.PassUntilQuiet();
        Assert.DoesNotContain(world.Status.Conditions, condition => condition.Type == "PolicyConflict");
        AssertPods(world, stable: 10, canary: 1);
    }

    /// <summary>Nothing was allowed to move meanwhile, so no time of it counts.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Plan_AConflictThatOutlastsTheDeadline_FailsNothing(bool hasStrategy)
    {
        RolloutStrategy? strategy = hasStrategy ? TenThenHalf : null;
        TestWorld world = new() { StoresJson = true };
        world.Store(Make.Deployment(10));
        world.Policies.Add(Make.Policy(strategy: strategy));
        world.Settle();
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        world.Policies.Add(Make.Policy("other", strategy));
        world.PassUntilQuiet();
        Assert.Equal(("Unknown", "PolicyConflict"), (world.Condition("Progressing").Status, world.Condition("Progressing").Reason));

        world.Now = world.Now.AddSeconds(601);
        world.PassUntilQuiet();
        world.Policies.RemoveAt(1);
        world.PassUntilQuiet();

        Assert.NotEqual("False", world.Condition("Progressing").Status);
        Assert.Equal(RevisionOutcome.OnTrial, Outcomes.Of(world.ByImage("hello:2")));
        world.Now = world.Now.AddSeconds(599);
        world.PassUntilQuiet();
        Assert.Equal(RevisionOutcome.OnTrial, Outcomes.Of(world.ByImage("hello:2")));
    }
}
