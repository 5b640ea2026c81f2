using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Tests.Planning.Quotas;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>The Progressing and Available conditions, from the first pass to the deadline.</summary>
public sealed class ProgressTests
{
    [Fact]
    public void Progress_goes_from_created_over_updated_to_available()
    {
        TestWorld world = Started();
        Assert.Equal(("True", "NewReplicaSetCreated"), Progressing(world));
        Assert.Equal("MinimumReplicasUnavailable", world.Condition("Available").Reason);

        world.Pass();
        Assert.Equal(("True", "ReplicaSetUpdated"), Progressing(world));

        world.SetReady(_ => true);
        world.Pass();
        Assert.Equal(("True", "NewReplicaSetAvailable"), Progressing(world));
        Assert.Equal("MinimumReplicasAvailable", world.Condition("Available").Reason);
        Assert.EndsWith("has successfully progressed.", world.Condition("Progressing").Message);
    }

    [Fact]
    public void A_rollout_that_stands_still_times_out_at_its_deadline_and_not_before()
    {
        TestWorld world = Started();
        TellThatNoPodStarts(world);
        Assert.Equal(TimeSpan.FromSeconds(590), world.Plan().RecheckAfter);

        world.Now = world.Now.AddSeconds(170);
        Assert.Equal(TimeSpan.FromSeconds(420), world.Plan().RecheckAfter);
        world.Now = world.Now.AddSeconds(419);
        Assert.Empty(world.Plan().Writes);
        world.Now = world.Now.AddSeconds(1);
        world.Pass();

        Assert.Equal(("False", "ProgressDeadlineExceeded"), Progressing(world));
        Assert.Null(world.Plan().RecheckAfter);
    }

    /// <summary>A quota leaves no room for any pod of revision 2, and after 500 of its 600 seconds revision 3 is declared: that has 600 of its own, and is the one that is named.</summary>
    [Fact]
    public void A_new_ReplicaSet_starts_the_clock_though_the_one_before_it_got_no_further_than_being_made()
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 1, maxSurge: 1, maxUnavailable: 0));
        world.Settle();
        world.Quota = QuotaAccountingTests.Quota("few", ("pods", "1"));
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        DateTimeOffset since = world.Condition("Progressing").LastTransitionTime!.Value;
        world.Now = world.Now.AddSeconds(500);
        world.SetImage("hello:3");
        world.PassUntilQuiet();

        Condition progress = world.Condition("Progressing");
        Assert.Equal(("NewReplicaSetCreated", $"Created new replica set \"{world.ByImage("hello:3").Name}\""), (progress.Reason, progress.Message));
        Assert.Equal((world.Now, since), (progress.LastUpdateTime, progress.LastTransitionTime));
        world.Now = world.Now.AddSeconds(599);
        world.PassUntilQuiet();
        Assert.Equal(("True", "NewReplicaSetCreated"), Progressing(world));
    }

    /// <summary>Out of time since noon; at one the cause is another: the message is the new one's, and it has been so since noon. The same cause again changes nothing.</summary>
    [Fact]
    public void A_failure_whose_cause_changes_has_lasted_as_long_as_before()
    {
        DateTimeOffset noon = Make.Start;
        Condition first = Progress.Failed(default, "crashed", Make.Deployment(), noon)[0];
        Assert.Equal(("False", "ProgressDeadlineExceeded", "crashed", noon, noon), (first.Status, first.Reason, first.Message, first.LastUpdateTime, first.LastTransitionTime));
        Deployment failed = Make.Deployment() with { Status = new DeploymentStatus { Conditions = [first] } };

        Condition second = Assert.Single(Progress.Failed(failed.Status.Conditions, "aborted", failed, noon.AddHours(1)));
        Condition same = Assert.Single(Progress.Failed(failed.Status.Conditions, "crashed", failed, noon.AddHours(1)));

        Assert.Equal(("aborted", noon.AddHours(1), noon), (second.Message, second.LastUpdateTime, second.LastTransitionTime));
        Assert.Equal(first, same);
    }

    /// <summary>What was said before was no failure: that is as long as this one lasts.</summary>
    [Fact]
    public void A_failure_begins_with_the_pass_that_finds_it()
    {
        Condition progressing = new() { Type = "Progressing", Status = "True", Reason = "ReplicaSetUpdated", Message = "crashed", LastTransitionTime = Make.Start };
        Deployment deployment = Make.Deployment() with { Status = new DeploymentStatus { Conditions = [progressing] } };

        Assert.Equal(Make.Start.AddHours(1), Assert.Single(Progress.Failed([progressing], "crashed", deployment, Make.Start.AddHours(1))).LastTransitionTime);
    }

    [Fact]
    public void A_rollout_that_timed_out_and_moves_again_is_progressing_again()
    {
        TestWorld world = Started();
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(600);
        world.Pass();

        world.SetReady(pod => pod == world.Pods[0]);
        world.Pass();

        Assert.Equal(("True", "ReplicaSetUpdated"), Progressing(world));
    }

    [Fact]
    public void An_old_template_declared_again_that_takes_over_in_one_pass_starts_the_deadline()
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 1, maxSurge: 1, maxUnavailable: 1));
        world.Settle();
        world.SetImage("hello:2");
        world.Settle();
        Assert.Equal(("True", "NewReplicaSetAvailable"), Progressing(world));

        world.SetImage("hello:1");
        world.PassUntilQuiet();
        Assert.Equal(("True", "ReplicaSetUpdated"), Progressing(world));
        world.EndTerminating();
        TellThatNoPodStarts(world);
        Assert.Equal(TimeSpan.FromSeconds(590), world.Plan().RecheckAfter);

        world.Now = world.Now.AddSeconds(590);
        world.Pass();
        Assert.Equal(("False", "ProgressDeadlineExceeded"), Progressing(world));
    }

    [Fact]
    public void Each_step_forward_starts_the_deadline_anew_and_keeps_the_transition_time()
    {
        TestWorld world = Started();
        world.PassUntilQuiet();
        DateTimeOffset start = world.Now;
        world.Now = world.Now.AddSeconds(500);
        world.SetReady(pod => pod == world.Pods[0]);
        world.Pass();

        Assert.Equal(world.Now, world.Condition("Progressing").LastUpdateTime);
        Assert.Equal(start, world.Condition("Progressing").LastTransitionTime);
        Assert.Equal(TimeSpan.FromSeconds(600), world.Plan().RecheckAfter);
    }

    [Fact]
    public void Pausing_stops_the_clock_and_resuming_starts_it_anew()
    {
        TestWorld world = Started();
        TellThatNoPodStarts(world);
        world.SetPaused(true);
        world.Pass();
        Assert.Equal(("Unknown", "DeploymentPaused"), Progressing(world));
        Assert.Null(world.Plan().RecheckAfter);

        world.Now = world.Now.AddSeconds(3600);
        world.PassUntilQuiet();
        Assert.Equal(("Unknown", "DeploymentPaused"), Progressing(world));

        world.SetPaused(false);
        world.Pass();
        Assert.Equal(("Unknown", "DeploymentResumed"), Progressing(world));
        Assert.Equal(TimeSpan.FromSeconds(600), world.Plan().RecheckAfter);
    }

    [Fact]
    public void A_pod_that_fails_after_the_rollout_is_complete_changes_availability_only()
    {
        TestWorld world = Started();
        world.Settle();
        world.SetUnready(_ => true);
        world.Now = world.Now.AddSeconds(7200);
        world.PassUntilQuiet();

        Assert.Equal("NewReplicaSetAvailable", world.Condition("Progressing").Reason);
        Assert.Equal("False", world.Condition("Available").Status);
        Assert.Null(world.Plan().RecheckAfter);
    }

    [Fact]
    public void An_old_template_declared_again_is_progressing_in_the_pass_that_finds_it()
    {
        TestWorld world = Releases.Served();
        Releases.Roll(world, "hello:2");
        world.SetImage("hello:1");
        world.Pass();

        Condition progress = world.Condition("Progressing");
        Assert.Equal(("True", "ReplicaSetUpdated", $"ReplicaSet \"{world.ByImage("hello:1").Name}\" is progressing."), (progress.Status, progress.Reason, progress.Message));
    }

    [Fact]
    public void An_old_template_declared_again_while_paused_says_that_it_is_paused()
    {
        TestWorld world = Releases.Served();
        Releases.Roll(world, "hello:2");
        world.SetPaused(true);
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(5);
        world.SetImage("hello:1");
        world.Pass();

        Condition progress = world.Condition("Progressing");
        Assert.Equal(("Unknown", "DeploymentPaused", "Deployment is paused"), (progress.Status, progress.Reason, progress.Message));
    }

    [Fact]
    public void A_rollout_without_a_new_ReplicaSet_that_times_out_names_the_Deployment()
    {
        TestWorld world = Releases.Served("Recreate");
        Releases.Release(world, "hello:2");
        world.SetImage("hello:3");
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(600);
        world.PassUntilQuiet();

        Assert.DoesNotContain(world.ReplicaSets, replicaSet => replicaSet.Spec.Template.Spec.Containers[0].Image == "hello:3");
        Assert.Equal(("False", "ProgressDeadlineExceeded"), (world.Condition("Progressing").Status, world.Condition("Progressing").Reason));
        Assert.StartsWith("Deployment \"hello\" ", world.Condition("Progressing").Message, StringComparison.Ordinal);
    }

    /// <summary>With nothing to go back to the revision stays declared; a retry no earlier than the timeout starts its clock anew.</summary>
    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(60, true)]
    public void A_retry_of_a_first_revision_that_timed_out_starts_the_clock_anew(int secondsAfter, bool isProgressing)
    {
        TestWorld world = new();
        world.Store(Make.Deployment());
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(600);
        world.PassUntilQuiet();
        DateTimeOffset timedOut = world.Condition("Progressing").LastUpdateTime!.Value;
        Assert.Equal("ProgressDeadlineExceeded", world.Condition("Progressing").Reason);
        world.Now = world.Now.AddSeconds(100);
        Releases.Annotate(world, RolloutRequests.Retry, RolloutRequests.Format(1, timedOut.AddSeconds(secondsAfter)));
        world.Pass();

        Assert.Equal(isProgressing ? "ReplicaSetUpdated" : "ProgressDeadlineExceeded", world.Condition("Progressing").Reason);
    }

    [Fact]
    public void Without_a_deadline_there_is_no_Progressing_condition()
    {
        TestWorld world = new();
        world.Store(Make.Deployment(progressDeadlineSeconds: int.MaxValue));
        world.Settle();

        Assert.DoesNotContain(world.Status.Conditions, condition => condition.Type == "Progressing");
    }

    [Fact]
    public void An_existing_ReplicaSet_that_nothing_is_on_record_about_was_found()
    {
        TestWorld world = new();
        Deployment deployment = Make.Deployment(replicas: 2);
        world.Store(deployment);
        world.Store(Make.Revision(deployment, 1, replicas: 2));

        world.Pass();

        Assert.Equal(("True", "FoundNewReplicaSet"), Progressing(world));
    }

    [Fact]
    public void With_minReadySeconds_a_pod_is_available_ten_seconds_after_it_got_ready()
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 1, minReadySeconds: 10));
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        Assert.Equal((1, null), (world.Status.ReadyReplicas, world.Status.AvailableReplicas));
        Assert.Equal(TimeSpan.FromSeconds(10), world.Plan().RecheckAfter);

        world.Now = world.Now.AddSeconds(10);
        world.Pass();

        Assert.Equal(1, world.Status.AvailableReplicas);
    }

    [Fact]
    public void A_failure_to_create_pods_is_shown_on_the_Deployment()
    {
        TestWorld world = Started();
        ReplicaSet replicaSet = world.ReplicaSets[0];
        Condition failure = new() { Type = "ReplicaFailure", Status = "True", Reason = "FailedCreate", Message = "exceeded quota" };
        world.Store(replicaSet with { Status = replicaSet.Status! with { Conditions = [failure] } });

        world.Pass();
        Assert.Equal("exceeded quota", world.Condition("ReplicaFailure").Message);
        world.PassUntilQuiet();
        Assert.DoesNotContain(world.Status.Conditions, condition => condition.Type == "ReplicaFailure");
    }

    [Fact]
    public void A_template_whose_pods_may_not_be_stored_leaves_the_old_ones_and_shows_on_the_Deployment()
    {
        TestWorld world = Started();
        world.Settle();
        world.SetImage("");

        world.PassUntilQuiet();

        Assert.Equal(("True", "FailedCreate"), (world.Condition("ReplicaFailure").Status, world.Condition("ReplicaFailure").Reason));
        Assert.Equal("True", world.Condition("Available").Status);
        Assert.Equal(3, world.AvailablePods);

        world.SetImage("hello:3");
        world.Settle();
        Assert.DoesNotContain(world.Status.Conditions, condition => condition.Type == "ReplicaFailure");
    }

    [Fact]
    public void While_paused_a_failure_to_create_pods_is_shown_too()
    {
        TestWorld world = Started();
        world.Settle();
        world.SetImage("");
        world.Pass();
        world.SetPaused(true);

        world.PassUntilQuiet();

        Assert.Equal("FailedCreate", world.Condition("ReplicaFailure").Reason);
    }

    /// <summary>Ten seconds on: what holds the pods up is told by then, so that only the deadline is left to be waited for.</summary>
    private static void TellThatNoPodStarts(TestWorld world)
    {
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(10);
        world.PassUntilQuiet();
    }

    private static TestWorld Started()
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 3));
        Plan plan = world.Pass();
        Assert.NotEmpty(plan.Writes);
        return world;
    }

    private static (string, string?) Progressing(TestWorld world) => (world.Condition("Progressing").Status, world.Condition("Progressing").Reason);
}
