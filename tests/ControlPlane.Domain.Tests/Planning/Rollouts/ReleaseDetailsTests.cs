using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>What each single pass over a canary or a blue-green leaves on record.</summary>
public sealed class ReleaseDetailsTests
{
    private static readonly BlueGreenStrategy ByHand = new() { PreviewService = "hello-preview", PreviewReplicaCount = 1, AutoPromotionEnabled = false };

    [Theory]
    [InlineData(false, 2, RolloutPhases.Progressing)]
    [InlineData(true, 2, RolloutPhases.Finishing)]
    public void A_pause_that_is_over_begins_the_next_step_or_the_end_in_the_same_pass(bool isLast, int step, string phase)
    {
        TestWorld world = Canary(Make.Deployment(10), isLast ? [Make.Weight(10), Make.Pause(60)] : [Make.Weight(10), Make.Pause(60), Make.Weight(50), Make.Pause()]);
        world.Now = world.Now.AddSeconds(60);
        world.Pass();

        Assert.Equal((step, phase, world.Now), (world.State!.Spec.Step, world.State.Spec.Phase, world.State.Spec.Since));
        Condition progress = world.Condition("Progressing");
        Assert.Equal(("True", "ReplicaSetUpdated", world.Now), (progress.Status, progress.Reason, progress.LastUpdateTime));
        Assert.Equal($"ReplicaSet \"{world.ByImage("hello:2").Name}\" is progressing.", progress.Message);
    }

    /// <summary>Of 10 old pods and 5 new ones 7 may go, so 5 of 8 are new; with none that may be missing 5 of 10 are, and the pods alone decide.</summary>
    [Theory]
    [InlineData(3, 2, 625)]
    [InlineData(5, 0, 500)]
    public void Past_its_steps_a_canary_gets_requests_by_the_numbers_of_pods(int surge, int unavailable, int weight)
    {
        TestWorld world = Canary(Make.Deployment(10, maxSurge: surge, maxUnavailable: unavailable), Make.Weight(50), Make.Pause(60));
        Assert.Equal(500, world.State!.Spec.WeightPerMille);
        world.Now = world.Now.AddSeconds(60);
        world.Pass();
        world.Pass();

        Assert.Equal((weight, RolloutPhases.Finishing), (world.State!.Spec.WeightPerMille, world.State.Spec.Phase));
        Assert.Empty(world.State.Spec.Traffic);
    }

    /// <summary>Another template waits for the end of a pause: the canary before it stays where it is, with no more requests than its pods carry.</summary>
    [Theory]
    [InlineData(null, 400, 200)]
    [InlineData("hello", 400, 200)]
    [InlineData("another-service", 400, 200)]
    public void A_paused_canary_that_another_template_is_to_replace_loses_weight_with_its_pods(string? serviceOfOtherSteps, int withFour, int withTwo)
    {
        TestWorld world = Canary(Make.Deployment(10), Make.Weight(50), Make.Pause());
        world.SetPaused(true);
        world.SetImage("hello:3");
        if (serviceOfOtherSteps is { } service)
        {
            RolloutStrategy other = Make.Canary(Make.Weight(20), Make.Pause());
            world.Policies[0] = Make.Policy(strategy: other with { Canary = other.Canary! with { Service = service } });
        }

        world.PassUntilQuiet();
        Canaries.AssertShares(world, ("hello:1", 500), ("hello:2", 500));

        Pod[] pods = [.. world.ActivePodsOf(world.ByImage("hello:2"))];
        foreach ((int left, int weight) in new[] { (4, withFour), (2, withTwo) })
        {
            world.SetUnready(pod => pods.Skip(left).Any(own => own.Name == pod.Name));
            world.PassUntilQuiet();
            Canaries.AssertShares(world, ("hello:1", 1000 - weight), ("hello:2", weight));
            Assert.Equal("hello", world.State!.Spec.Traffic.Single().Service);
        }

        world.SetUnready(pod => pods.Any(own => own.Name == pod.Name));
        world.PassUntilQuiet();
        Canaries.AssertShares(world, ("hello:1", 1000));
        Assert.Equal(5, world.ActivePodsOf(world.ByImage("hello:2")).Count());
    }

    /// <summary>5 pods that carried half of the requests of 10 carry an eighth once 40 are declared: by its step the canary would have 20.</summary>
    [Fact]
    public void A_paused_canary_that_another_template_is_to_replace_loses_weight_when_the_stable_one_grows()
    {
        TestWorld world = Canary(Make.Deployment(10), Make.Weight(50), Make.Pause());
        world.SetPaused(true);
        world.SetImage("hello:3");
        world.PassUntilQuiet();
        Canaries.AssertShares(world, ("hello:1", 500), ("hello:2", 500));

        world.SetReplicas(40);
        world.PassUntilQuiet();

        Canaries.AssertShares(world, ("hello:1", 875), ("hello:2", 125));
        Assert.Equal(5, world.ActivePodsOf(world.ByImage("hello:2")).Count());
    }

    /// <summary>3 pods that were given half of the requests for a test carry 3 of 10 once they count as pods.</summary>
    [Fact]
    public void Past_its_steps_a_canary_keeps_no_more_than_its_pods_carry()
    {
        TestWorld world = Canary(
            Make.Deployment(10, maxSurge: 3, maxUnavailable: 0), new CanaryStep { SetCanaryScale = new CanaryScale { Replicas = 3 } }, Make.Weight(50), Make.Pause(60));
        world.Now = world.Now.AddSeconds(60);
        world.Pass();
        world.Pass();

        Assert.Equal(300, world.State!.Spec.WeightPerMille);
        Assert.Empty(world.State.Spec.Traffic);
    }

    [Fact]
    public void A_canary_without_a_deadline_has_no_Progressing_condition()
    {
        TestWorld world = Canary(Make.Deployment(4, progressDeadlineSeconds: null), Make.Weight(25), Make.Pause());

        Assert.Equal(RolloutPhases.WaitingForPromotion, world.State!.Spec.Phase);
        Assert.DoesNotContain(world.Status.Conditions, condition => condition.Type == "Progressing");
    }

    [Fact]
    public void A_canary_that_is_given_up_says_so_where_its_requests_are_kept()
    {
        TestWorld world = Canary(Make.Deployment(10), Make.Weight(10), Make.Pause());
        Act(world, new RolloutAction.Abort());
        world.Pass();

        Assert.Equal((RolloutPhases.Aborted, $"ReplicaSet \"{world.ByImage("hello:2").Name}\" was given up"), (world.State!.Spec.Phase, world.State.Spec.Message));
    }

    [Fact]
    public void The_stable_template_declared_again_is_why_a_canary_ends()
    {
        TestWorld world = Canary(Make.Deployment(10), Make.Weight(10), Make.Pause());
        world.SetImage("hello:1");
        world.Pass();

        Assert.Equal((RolloutPhases.Aborted, "the stable revision is declared again"), (world.State!.Spec.Phase, world.State.Spec.Message));
    }

    /// <summary>A third template while paused: nothing of it begins; the stable pods follow the replicas, the canary's stay as many as they are.</summary>
    [Fact]
    public void Held_with_another_template_only_the_stable_one_is_scaled()
    {
        TestWorld world = Canary(Make.Deployment(10), Make.Weight(10), Make.Pause());
        world.SetPaused(true);
        world.SetImage("hello:3");
        world.SetReplicas(12);
        world.PassUntilQuiet();

        Assert.Equal((12, 1, 2), (world.ByImage("hello:1").Spec.Replicas, world.ByImage("hello:2").Spec.Replicas, world.ReplicaSets.Count));
    }

    [Fact]
    public void A_failed_analysis_is_the_failures_cause()
    {
        TestWorld world = Canary(Make.Deployment(10), Make.Weight(10), new CanaryStep { Analysis = new AnalysisStep { SuccessRate = 99 } });
        string canary = world.ByImage("hello:2").Name;
        world.Traffic = new TrafficWindow
        {
            Since = world.Now,
            Until = world.Now.AddSeconds(10),
            Figures = [new VersionFigures { Service = "hello", ReplicaSet = canary, Requests = 100, Failures = 2 }],
        };
        world.Now = world.Now.AddSeconds(10);
        world.Pass();

        Assert.Equal(
            $"ReplicaSet \"{canary}\" failed its analysis: 98% of 100 requests succeeded, less than 99%", Outcomes.FailureOf(world.ByImage("hello:2"))!.Message);
    }

    /// <summary>8 of 10 old pods are left when the policy comes, so that update goes on as it began; while all 10 are there, nothing is lost by taking steps.</summary>
    [Theory]
    [InlineData(2, false)]
    [InlineData(0, true)]
    public void A_policy_that_comes_in_mid_rollout_is_for_the_next_template_once_old_pods_have_gone(int unavailable, bool takesSteps)
    {
        TestWorld world = new();
        world.Store(Make.Deployment(10, maxSurge: 3, maxUnavailable: unavailable));
        world.Settle();
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        Assert.Equal(10 - unavailable, world.ByImage("hello:1").Spec.Replicas);
        world.Policies.Add(Make.Policy(strategy: Make.Canary(Make.Weight(10), Make.Pause())));
        world.PassUntilQuiet();

        Assert.Equal(takesSteps, world.State is not null);
        Assert.Equal(takesSteps ? 1 : 3 + unavailable, world.ByImage("hello:2").Spec.Replicas);
    }

    /// <summary>The pods of the one before serve meanwhile, so the third waits until the stable one can take all requests again.</summary>
    [Fact]
    public void Another_template_past_the_steps_waits_without_pods_until_the_stable_one_is_whole()
    {
        TestWorld world = Canary(Make.Deployment(10, maxSurge: 3, maxUnavailable: 2), Make.Weight(50), Make.Pause(60));
        world.Now = world.Now.AddSeconds(60);
        world.PassUntilQuiet();
        Assert.Equal(3, world.ByImage("hello:1").Spec.Replicas);
        world.SetImage("hello:3");
        world.PassUntilQuiet();

        Assert.Null(world.State);
        Assert.Equal(0, world.ByImage("hello:3").Spec.Replicas);
        Assert.True(world.ByImage("hello:1").Spec.Replicas > 3, world.Describe());
        Assert.True(world.AvailablePods >= 8, world.Describe());

        for (int i = 0; i < 5; i++)
        {
            world.EndTerminating();
            world.SetReady(_ => true);
            world.PassUntilQuiet();
        }

        Assert.Equal((3L, 10), (world.State!.Spec.Revision, world.ByImage("hello:1").Spec.Replicas));
        Assert.Equal(5, world.ByImage("hello:3").Spec.Replicas);
    }

    [Fact]
    public void A_stable_revision_that_is_broken_does_not_keep_its_successor_from_coming()
    {
        TestWorld world = Served(Make.Deployment(10), Make.Canary(Make.Weight(10), Make.Pause()));
        world.SetUnready(_ => true);
        world.PassUntilQuiet();
        world.SetImage("hello:2");
        world.PassUntilQuiet();

        Assert.Equal((10, 1), (world.ByImage("hello:1").Spec.Replicas, world.ByImage("hello:2").Spec.Replicas));
        Assert.Equal((0, 2L), (world.State!.Spec.Step, world.State.Spec.Revision));
    }

    [Fact]
    public void Several_policies_are_told_once_and_since_when()
    {
        TestWorld world = Served(Make.Deployment(4), Make.Canary(Make.Weight(25), Make.Pause()));
        world.Policies.Add(Make.Policy("other"));
        world.PassUntilQuiet();
        DateTimeOffset since = world.Now;
        Condition conflict = world.Condition("PolicyConflict");
        Assert.Equal(("True", "SeveralPolicies", since), (conflict.Status, conflict.Reason, conflict.LastTransitionTime));

        world.Now = world.Now.AddMinutes(1);
        Assert.Empty(world.Plan().Writes);
        world.Policies.Add(Make.Policy("third"));
        world.PassUntilQuiet();

        conflict = world.Condition("PolicyConflict");
        Assert.Contains("third", conflict.Message, StringComparison.Ordinal);
        Assert.Equal((since, world.Now), (conflict.LastTransitionTime, conflict.LastUpdateTime));
        Assert.Equal(2, world.Messages.Count(message => message.StartsWith("PolicyConflict", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_preview_gets_none_of_the_requests_and_waits_for_a_person_without_looking_again()
    {
        TestWorld world = BlueGreen(ByHand);

        Assert.Equal((RolloutPhases.WaitingForPromotion, 0), (world.State!.Spec.Phase, world.State.Spec.WeightPerMille));
        Assert.Null(world.Plan().RecheckAfter);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void A_preview_is_promoted_so_long_after_it_was_ready(int secondsUntilReady)
    {
        TestWorld world = BlueGreen(new BlueGreenStrategy { AutoPromotionSeconds = 20 }, secondsUntilReady);

        Assert.Equal((RolloutPhases.Paused, TimeSpan.FromSeconds(20)), (world.State!.Spec.Phase, world.Plan().RecheckAfter));
        world.Now = world.Now.AddSeconds(5);
        Assert.Equal(TimeSpan.FromSeconds(15), world.Plan().RecheckAfter);
    }

    [Fact]
    public void The_commit_that_switches_keeps_the_preview_service_where_it_was()
    {
        TestWorld world = BlueGreen(ByHand with { ScaleDownDelaySeconds = 300 });
        Act(world, new RolloutAction.Promote(Full: false));
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.Pass();

        ValueList<TrafficShare> all = [new TrafficShare(world.ByImage("hello:2").Name, 1000)];
        Assert.Equal(RolloutPhases.Promoted, world.State!.Spec.Phase);
        Assert.Equal([("hello", all), ("hello-preview", all)], world.State.Spec.Traffic.Select(traffic => (traffic.Service, traffic.Shares)));
        world.PassUntilQuiet();
        Assert.Equal(TimeSpan.FromSeconds(300), world.Plan().RecheckAfter);
    }

    /// <summary>2 is never promoted, 3 is; 4 comes within 3's delay: 3 was good enough for the requests, of 2 nothing is known.</summary>
    [Fact]
    public void Only_the_revision_that_had_the_requests_is_proven_by_them()
    {
        TestWorld world = BlueGreen(ByHand);
        world.SetImage("hello:3");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        Act(world, new RolloutAction.Promote(Full: false));
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        world.SetImage("hello:4");
        world.Pass();

        RevisionOutcome OutcomeOf(string image) => Outcomes.Of(world.ByImage(image));
        Assert.Equal((RevisionOutcome.Complete, RevisionOutcome.OnTrial, RevisionOutcome.Complete), (OutcomeOf("hello:1"), OutcomeOf("hello:2"), OutcomeOf("hello:3")));
    }

    private static TestWorld Served(Deployment deployment, RolloutStrategy strategy)
    {
        TestWorld world = new() { StoresJson = true };
        world.Store(deployment);
        world.Policies.Add(Make.Policy(strategy: strategy));
        world.Settle();
        return world;
    }

    /// <summary>Revision 2 as far as it gets with all its pods ready at once.</summary>
    private static TestWorld Canary(Deployment deployment, params CanaryStep[] steps) => Released(Served(deployment, Make.Canary(steps)), 0);

    private static TestWorld BlueGreen(BlueGreenStrategy blueGreen, int secondsUntilReady = 0) => Released(Served(Make.Deployment(4), Make.BlueGreen(blueGreen)), secondsUntilReady);

    private static TestWorld Released(TestWorld world, int secondsUntilReady)
    {
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(secondsUntilReady);
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        return world;
    }

    private static void Act(TestWorld world, RolloutAction action)
    {
        ActionOutcome.Done done = Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(action, world.Deployment!, world.ReplicaSets, world.Now, world.State));
        world.Change(_ => done.Deployment);
    }
}
