using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>What each step of a canary waits for, and what is told when it is over.</summary>
public sealed class CanaryStepTests
{
    [Fact]
    public void Plan_EachStepThatIsOver_IsTold()
    {
        TestWorld world = Begun(Make.Weight(12.5m), Make.Pause(60));
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(60);
        world.PassUntilQuiet();

        Assert.Equal(
            [
                "CanaryStepCompleted: Canary step 1 of 2 of revision 2 is done; it gets 12.5% of the requests",
                "CanaryStepCompleted: All 2 canary steps of revision 2 are done",
            ],
            world.Messages.Where(message => message.StartsWith("Canary", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(59, 1, RolloutPhases.Paused)]
    [InlineData(60, 2, RolloutPhases.WaitingForPromotion)]
    public void Plan_ATimedPause_IsOverAfterItsTime(int seconds, int step, string phase)
    {
        TestWorld world = Begun(Make.Weight(10), Make.Pause(60), Make.Pause());
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(seconds);
        world.PassUntilQuiet();

        Assert.Equal((step, phase), (world.State!.Spec.Step, world.State.Spec.Phase));
    }

    [Fact]
    public void Plan_AHeaderRoute_WaitsForNoPodAndIsInTheRouteTableUntilTheStepsAreDone()
    {
        CanaryStep route = new()
        {
            SetHeaderRoute = new HeaderRouteStep { Name = "try", Match = [new HeaderRouteMatch { HeaderName = "X-Try", HeaderValue = new StringMatch { Exact = "new" } }] },
        };
        TestWorld world = Begun(new CanaryStep { SetCanaryScale = new CanaryScale { Replicas = 2 } }, route, Make.Pause());
        Assert.Equal((0, RolloutPhases.Progressing), (world.State!.Spec.Step, world.State.Spec.Phase));

        world.SetReady(_ => true);
        world.Pass();
        world.SetUnready(pod => pod.Spec.Containers[0].Image == "hello:2");
        world.PassUntilQuiet();

        Assert.Equal(2, world.State!.Spec.Step);
        ServiceTraffic traffic = Assert.Single(world.State.Spec.Traffic);
        Assert.Equal(world.ByImage("hello:2").Name, Assert.Single(traffic.HeaderRoutes).ReplicaSet);
        Assert.Equal([new TrafficShare(world.ByImage("hello:1").Name, 1000)], traffic.Shares);
    }

    /// <summary>50% at 5 of 10, of which 8 have to be available: 7 old ones may go, and 5 of the 8 left are new.</summary>
    [Fact]
    public void Plan_TheStepsDone_DividesByPodsWhenThatIsMoreThanTheStepsGave()
    {
        TestWorld world = Promoted(50);
        world.Pass();
        Assert.Equal(500, world.State!.Spec.WeightPerMille);

        world.Pass();

        Assert.Equal((625, 3), (world.State!.Spec.WeightPerMille, world.ByImage("hello:1").Spec.Replicas));
        Assert.Empty(world.State.Spec.Traffic);
    }

    /// <summary>10 and 8 of them scaled to 4 with a surge of 1 are 2 and 3: by pods the new ones would get 600 per mille, but 3 of 4 can carry the 750 they had.</summary>
    [Fact]
    public void Plan_TheStepsDoneAndScaledDown_KeepsTheirWeightWhereThePodsWouldGiveLess()
    {
        TestWorld world = Promoted(75);
        world.Pass();
        world.SetReplicas(4);
        world.Pass();

        Assert.Equal((2, 3), (world.ByImage("hello:1").Spec.Replicas, world.ByImage("hello:2").Spec.Replicas));
        Assert.Equal(750, world.State!.Spec.WeightPerMille);
        Assert.Equal([new TrafficShare(world.ByImage("hello:1").Name, 250), new TrafficShare(world.ByImage("hello:2").Name, 750)], world.State.Spec.Traffic.Single().Shares);
    }

    [Fact]
    public void Plan_ARevisionThatBegins_IsOnRecordWithItsPolicyAndOwner()
    {
        TestWorld world = Begun(Make.Weight(10), Make.Pause());

        RolloutState state = world.State!;
        Assert.Equal(("hello", "careful", 2L, 2), (state.Spec.Deployment, state.Spec.Policy, state.Spec.Revision, state.Spec.Steps));
        Assert.Equal((world.ByImage("hello:2").Name, world.ByImage("hello:1").Name), (state.Spec.Canary, state.Spec.Stable));
        Assert.Equal(("deployment-uid", TestWorld.Namespace), (state.Metadata.Name, state.Metadata.Namespace));
        Assert.Equal(("deployment-uid", null), (state.Metadata.Controller!.Uid, state.Metadata.Controller.BlockOwnerDeletion));
        Assert.Equal((world.Now, "RolloutState"), (state.Metadata.CreationTimestamp, state.Kind));
    }

    [Fact]
    public void Plan_AWaitingStep_SaysAtWhichItWaits()
    {
        TestWorld world = Begun(Make.Weight(10), Make.Pause());
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        DateTimeOffset since = world.Now;
        Assert.Equal($"ReplicaSet \"{world.ByImage("hello:2").Name}\" waits at step 1 of 2: WaitingForPromotion", world.Condition("Progressing").Message);

        world.Now = world.Now.AddHours(1);
        world.PassUntilQuiet();
        Assert.Equal(since, world.Condition("Progressing").LastUpdateTime);
    }

    /// <summary>Two steps that wait alike, one after the other: the second is told, from when on it waits.</summary>
    [Fact]
    public void Plan_ASecondStepThatWaits_IsToldAnew()
    {
        TestWorld world = Begun(Make.Weight(10), Make.Pause(), Make.Pause());
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(60);
        world.Change(deployment => deployment with
        {
            Metadata = deployment.Metadata with { Annotations = deployment.Metadata.Annotations.SetItem(RolloutRequests.Promote, RolloutRequests.FormatPromotion(2, 1, world.Now)) },
        });
        world.PassUntilQuiet();

        Condition progress = world.Condition("Progressing");
        Assert.Equal(($"ReplicaSet \"{world.ByImage("hello:2").Name}\" waits at step 2 of 3: WaitingForPromotion", world.Now), (progress.Message, progress.LastUpdateTime));
    }

    /// <summary>At a weight that has been promoted as the last step.</summary>
    private static TestWorld Promoted(decimal weight)
    {
        TestWorld world = Begun(Make.Weight(weight), Make.Pause());
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        ActionOutcome.Done done = Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(new RolloutAction.Promote(Full: false), world.Deployment!, world.ReplicaSets, world.Now, world.State));
        world.Change(_ => done.Deployment);
        return world;
    }

    /// <summary>A Deployment of 10 whose second template has just been declared.</summary>
    private static TestWorld Begun(params CanaryStep[] steps)
    {
        TestWorld world = new() { StoresJson = true };
        world.Store(Make.Deployment(10));
        world.Policies.Add(Make.Policy(strategy: Make.Canary(steps)));
        world.Settle();
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        return world;
    }
}
