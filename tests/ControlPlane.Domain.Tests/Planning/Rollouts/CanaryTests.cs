using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

public sealed class CanaryTests
{
    private static readonly RolloutStrategy TenThenHalf = Make.Canary(Make.Weight(10), Make.Pause(), Make.Weight(50), Make.Pause(60));

    [Fact]
    public void Plan_ANewTemplate_KeepsTheStablePodsAndSendsNothingUntilTheCanaryIsReady()
    {
        TestWorld world = Served(TenThenHalf);
        world.SetImage("hello:2");
        world.PassUntilQuiet();

        AssertPods(world, stable: 10, canary: 1);
        AssertShares(world, ("hello:1", 1000));

        world.SetReady(_ => true);
        world.PassUntilQuiet();

        AssertPods(world, stable: 10, canary: 1);
        AssertShares(world, ("hello:1", 900), ("hello:2", 100));
        Assert.Equal((RolloutPhases.WaitingForPromotion, 1), (world.State!.Spec.Phase, world.State.Spec.Step));
    }

    [Fact]
    public void Plan_AWaitingStep_StopsTheDeadlineAndSaysWhatItWaitsFor()
    {
        TestWorld world = AtTen();
        world.Now = world.Now.AddDays(2);
        world.PassUntilQuiet();

        Assert.Equal(("Unknown", "RolloutPaused"), (world.Condition("Progressing").Status, world.Condition("Progressing").Reason));
        Assert.Contains(Blockers.Of(world.Snapshot()), blocker => blocker.Reason == "WaitingForPromotion");
        Assert.Equal(10m, RolloutViews.Of(world.Snapshot()).Strategy!.Weight);
    }

    [Fact]
    public void Plan_APromotedStep_GoesOnByTheNextAndTheTimedPauseEndsByItself()
    {
        TestWorld world = AtTen();
        Promote(world, full: false);
        world.PassUntilQuiet();
        AssertPods(world, stable: 10, canary: 5);
        AssertShares(world, ("hello:1", 900), ("hello:2", 100));

        world.SetReady(_ => true);
        world.PassUntilQuiet();
        AssertShares(world, ("hello:1", 500), ("hello:2", 500));
        Assert.Equal((RolloutPhases.Paused, TimeSpan.FromSeconds(60)), (world.State!.Spec.Phase, world.Plan().RecheckAfter));

        world.Now = world.Now.AddSeconds(60);
        world.Settle();
        AssertDone(world, "hello:2");
        Assert.Equal("NewReplicaSetAvailable", world.Condition("Progressing").Reason);
    }

    [Fact]
    public void Plan_PromotedInFull_TakesNoMoreStepsAndNeverSendsLessThanTheStepsGave()
    {
        TestWorld world = AtTen();
        Promote(world, full: true);
        int weight = 100;
        world.Settle(eachRound: () =>
        {
            int now = world.State?.Spec.WeightPerMille ?? 1000;
            Assert.True(now >= weight || world.State is null, $"{weight} fell to {now}");
            weight = now;
        });

        AssertDone(world, "hello:2");
    }

    [Fact]
    public void Plan_AnOldPromotion_MeansNothingToTheNextStepOrTheNextRelease()
    {
        TestWorld world = AtTen();
        Promote(world, full: false);
        world.Settle(roundsMax: 3, tolerant: true);
        Assert.True(world.State!.Spec.Step is 2 or 3);
        world.SetImage("hello:3");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();

        Assert.Equal((3L, 1), (world.State!.Spec.Revision, world.State.Spec.Step));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Plan_AnAbort_SendsEverythingBackInTheCommitThatMarksIt_PausedOrNot(bool isPaused)
    {
        TestWorld world = AtTen();
        world.SetPaused(isPaused);
        Abort(world, 2);
        world.Pass();

        AssertShares(world, ("hello:1", 1000));
        Assert.Equal(RevisionOutcome.Failed, Outcomes.Of(world.ByImage("hello:2")));
        Assert.Equal(10, world.ActivePodsOf(world.ByImage("hello:1")).Count());

        world.Settle();
        AssertPods(world, stable: 10, canary: 0);
        Assert.Null(world.State);
        world.SetPaused(false);
        world.Settle();
        Assert.Equal("Aborted", world.Condition("RolledBack").Reason);
        AssertPods(world, stable: 10, canary: 0);
    }

    [Fact]
    public void Plan_ARetryAfterAnAbort_BeginsWithTheFirstStep()
    {
        TestWorld world = AtTen();
        Abort(world, 2);
        world.Settle();
        world.Now = world.Now.AddSeconds(5);
        Act(world, new RolloutAction.Retry());
        world.PassUntilQuiet();

        Assert.Equal(0, world.State!.Spec.Step);
        AssertShares(world, ("hello:1", 1000));
        AssertPods(world, stable: 10, canary: 1);
    }

    [Fact]
    public void Plan_ACanaryThatCrashes_IsGivenUpAndItsWeightGoesAtOnce()
    {
        TestWorld world = AtTen();
        Promote(world, full: false);
        world.PassUntilQuiet();
        world.SetUnready(pod => IsOf(world, pod, "hello:2"));
        world.Pass();
        AssertShares(world, ("hello:1", 1000));

        world.Now = world.Now.AddSeconds(600);
        world.PassUntilQuiet();
        Assert.Equal(RevisionOutcome.Failed, Outcomes.Of(world.ByImage("hello:2")));
        AssertPods(world, stable: 10, canary: 0);
    }

    [Fact]
    public void Plan_AnotherTemplateInMidCanary_StartsOverAndSendsEverythingToTheStableOne()
    {
        TestWorld world = AtTen();
        world.SetImage("hello:3");
        world.Pass();
        AssertShares(world, ("hello:1", 1000));
        world.PassUntilQuiet();

        Assert.Equal(0, world.ByImage("hello:2").Spec.Replicas);
        Assert.Equal((0, 3L), (world.State!.Spec.Step, world.State.Spec.Revision));
        Assert.Equal(10, world.ActivePodsOf(world.ByImage("hello:1")).Count());
        Assert.Single(world.ActivePodsOf(world.ByImage("hello:3")));
    }

    [Fact]
    public void Plan_TheStableTemplateAgain_TakesNoSteps()
    {
        TestWorld world = AtTen();
        world.SetImage("hello:1");
        world.Pass();
        AssertShares(world, ("hello:1", 1000));
        world.Settle();

        AssertDone(world, "hello:1");
        Assert.Equal("3", world.ByImage("hello:1").Metadata.Annotations["deployment.kubernetes.io/revision"]);
    }

    [Fact]
    public void Plan_AnOlderTemplateAfterACompleteRelease_TakesTheStepsAndCanBeAborted()
    {
        TestWorld world = AtTen();
        Promote(world, full: true);
        world.Settle();
        world.SetImage("hello:1");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        AssertShares(world, ("hello:2", 900), ("hello:1", 100));

        Abort(world, 3);
        world.Pass();
        AssertShares(world, ("hello:2", 1000));
    }

    [Fact]
    public void Plan_TheFirstRevision_TakesNoStepsForThereIsNothingToGoBackTo()
    {
        TestWorld world = new();
        world.Policies.Add(Make.Policy(strategy: TenThenHalf));
        world.Store(Make.Deployment(3));
        world.Settle(eachRound: () => Assert.Null(world.State));

        AssertDone(world, "hello:1");
    }

    [Fact]
    public void Plan_ScaledInMidCanary_KeepsTheShareAndTheStep()
    {
        TestWorld world = AtTen();
        world.SetReplicas(20);
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();

        AssertPods(world, stable: 20, canary: 2);
        AssertShares(world, ("hello:1", 900), ("hello:2", 100));
        Assert.Equal(1, world.State!.Spec.Step);
    }

    [Fact]
    public void Plan_PausedInMidCanary_StaysAtItsStepAndItsWeightStillFallsWithItsPods()
    {
        TestWorld world = AtTen();
        world.SetPaused(true);
        Promote(world, full: false, RolloutRequests.FormatPromotion(2, 1, world.Now));
        world.PassUntilQuiet();
        Assert.Equal(1, world.State!.Spec.Step);

        world.SetUnready(pod => IsOf(world, pod, "hello:2"));
        world.PassUntilQuiet();
        AssertShares(world, ("hello:1", 1000));
    }

    [Fact]
    public void Plan_AnotherTemplateWhileTheNewPodsTakeOver_GivesTheStableOneItsPodsBackFirst()
    {
        TestWorld world = AtTen();
        Promote(world, full: true);
        for (int i = 0; i < 4; i++)
        {
            world.Pass();
            world.SetReady(_ => true);
        }

        Assert.True(world.ByImage("hello:1").Spec.Replicas < 10);
        world.SetImage("hello:3");
        world.Settle(roundsMax: 60, tolerant: true, eachRound: () => Assert.True(
            world.AvailablePods >= 8 && (world.State?.Spec.Traffic.IsEmpty != false || world.ActivePodsOf(world.ByImage("hello:1")).Count(Make.IsReady) >= 8), world.Describe()));

        Assert.Equal((3L, 1), (world.State!.Spec.Revision, world.State.Spec.Step));
        AssertShares(world, ("hello:1", 900), ("hello:3", 100));
    }

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

    [Fact]
    public void Plan_RecreateUnderACanaryPolicy_EndsAsARollingUpdate()
    {
        TestWorld world = Served(TenThenHalf, Make.Deployment(4, strategy: "Recreate"));
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        Promote(world, full: true);
        world.Settle(eachRound: () => Assert.True(world.AvailablePods >= 3, world.Describe()));

        AssertDone(world, "hello:2");
    }

    private static TestWorld Served(RolloutStrategy strategy, Deployment? deployment = null)
    {
        TestWorld world = new() { StoresJson = true };
        world.Store(deployment ?? Make.Deployment(10));
        world.Policies.Add(Make.Policy(strategy: strategy));
        world.Settle();
        Assert.Null(world.State);
        return world;
    }

    private static TestWorld AtTen()
    {
        TestWorld world = Served(TenThenHalf);
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        AssertShares(world, ("hello:1", 900), ("hello:2", 100));
        return world;
    }

    private static void Promote(TestWorld world, bool full, string? request = null)
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

    private static void Abort(TestWorld world, long revision) => Assert.Equal(revision, Act(world, new RolloutAction.Abort()).Revision);

    private static ActionOutcome.Done Act(TestWorld world, RolloutAction action)
    {
        ActionOutcome.Done done = Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(action, world.Deployment!, world.ReplicaSets, world.Now, world.State));
        world.Change(_ => done.Deployment);
        return done;
    }

    private static bool IsOf(TestWorld world, Pod pod, string image) => pod.Metadata.Controller?.Uid == world.ByImage(image).Uid;

    private static void AssertPods(TestWorld world, int stable, int canary)
    {
        Assert.Equal(stable, world.ActivePodsOf(world.ByImage("hello:1")).Count());
        Assert.Equal(canary, world.ActivePodsOf(world.ByImage("hello:2")).Count());
    }

    private static void AssertShares(TestWorld world, params (string Image, int PerMille)[] shares) =>
        Assert.Equal(shares.Select(share => new TrafficShare(world.ByImage(share.Image).Name, share.PerMille)), world.State!.Spec.Traffic.Single().Shares);

    private static void AssertDone(TestWorld world, string image)
    {
        Assert.Null(world.State);
        Assert.Equal(RevisionOutcome.Complete, Outcomes.Of(world.ByImage(image)));
        Assert.Equal(world.Deployment!.Spec.Replicas, world.ActivePodsOf(world.ByImage(image)).Count());
        Assert.Equal(world.Deployment.Spec.Replicas, world.ActivePods);
    }
}
