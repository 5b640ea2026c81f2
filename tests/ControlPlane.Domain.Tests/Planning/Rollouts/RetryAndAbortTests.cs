using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using static ControlPlane.Domain.Tests.Planning.Rollouts.Releases;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>What users ask of one revision by annotations.</summary>
public sealed class RetryAndAbortTests
{
    [Fact]
    public void A_retry_tries_the_same_revision_again_and_the_next_failure_counts_again()
    {
        TestWorld world = RolledBack();

        world.Now = world.Now.AddMinutes(1);
        Annotate(world, RolloutRequests.Retry, RolloutRequests.Format(2, world.Now));
        world.PassUntilQuiet();
        Assert.Equal(RevisionOutcome.OnTrial, Outcomes.Of(world.ByImage("hello:2")));
        Assert.NotEmpty(world.ActivePodsOf(world.ByImage("hello:2")));
        Assert.Equal("True", world.Condition("Progressing").Status);
        Assert.DoesNotContain(world.Status.Conditions, condition => condition.Type == "RolledBack");

        world.Now = world.Now.AddSeconds(600);
        GoOn(world, "hello:1");
        Assert.Equal(RevisionOutcome.Failed, Outcomes.Of(world.ByImage("hello:2")));
        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:1")).Count());
    }

    /// <summary>Of a plan of more than a thousand writes the owners are stored first, and the Deployment's status a pass later, with the pods.</summary>
    /// <param name="seconds">Whole ones between the failure and the retry: a script asks for one as soon as it sees the failure.</param>
    [Theory]
    [InlineData(60)]
    [InlineData(0)]
    public void A_retry_whose_ReplicaSet_is_stored_before_the_Deployments_status_is_one_all_the_same(int seconds)
    {
        TestWorld world = RolledBack();
        world.Now = world.Condition("Progressing").LastUpdateTime!.Value.AddSeconds(seconds);
        Annotate(world, RolloutRequests.Retry, RolloutRequests.Format(2, world.Now));
        Plan plan = world.Plan();
        world.Apply(plan with { Writes = [.. plan.Writes.Where(write => write is Write.Update { Object: ReplicaSet })] });
        world.PassUntilQuiet();

        Assert.Equal(RevisionOutcome.OnTrial, Outcomes.Of(world.ByImage("hello:2")));
        Assert.NotEmpty(world.ActivePodsOf(world.ByImage("hello:2")));
        Assert.Equal("True", world.Condition("Progressing").Status);
    }

    [Fact]
    public void A_retry_while_crashed_pods_are_left_counts_new_pods_only()
    {
        TestWorld world = Served();
        Release(world, "hello:2");
        Crash(world, "hello:2", 3);
        world.Pass();
        world.Now = world.Now.AddSeconds(1);
        Annotate(world, RolloutRequests.Retry, RolloutRequests.Format(2, world.Now));
        world.PassUntilQuiet();

        Assert.Equal(RevisionOutcome.OnTrial, Outcomes.Of(world.ByImage("hello:2")));
    }

    /// <summary>The retry has them made milliseconds later, and their creation time is that second without the milliseconds: they would crash until the deadline.</summary>
    [Fact]
    public void Pods_made_within_the_second_of_a_retry_count_when_they_crash()
    {
        TestWorld world = RolledBack();
        world.Now = world.Now.AddMinutes(1);
        Annotate(world, RolloutRequests.Retry, RolloutRequests.Format(2, world.Now.AddMilliseconds(30)));
        world.PassUntilQuiet();
        Assert.NotEmpty(world.ActivePodsOf(world.ByImage("hello:2")));

        world.Now = world.Now.AddSeconds(80);
        Crash(world, "hello:2", 3);
        GoOn(world, "hello:1");

        Assert.Equal("CrashLoopBackOff", Outcomes.FailureOf(world.ByImage("hello:2"))?.Reason);
        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:1")).Count());
    }

    /// <summary>The API replica that took the retry was a minute ahead of the leader.</summary>
    [Fact]
    public void A_retry_from_a_clock_that_is_ahead_means_nothing_to_what_fails_after_it()
    {
        TestWorld world = RolledBack();
        world.Now = world.Now.AddMinutes(1);
        Annotate(world, RolloutRequests.Retry, RolloutRequests.Format(2, world.Now.AddMinutes(1)));
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(30);

        Crash(world, "hello:2", 3);
        GoOn(world, "hello:1");

        Assert.Equal("CrashLoopBackOff", Outcomes.FailureOf(world.ByImage("hello:2"))?.Reason);
        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:1")).Count());
    }

    [Fact]
    public void An_abort_after_a_retry_from_a_clock_that_is_ahead_goes_back()
    {
        TestWorld world = RolledBack();
        world.Now = world.Now.AddMinutes(1);
        DateTimeOffset ahead = world.Now.AddMinutes(1);
        Annotate(world, RolloutRequests.Retry, RolloutRequests.Format(2, ahead));
        world.PassUntilQuiet();
        Annotate(world, RolloutRequests.Abort, RolloutRequests.Format(2, ahead.AddMilliseconds(1)));

        GoOn(world, "hello:1");

        Assert.Equal("Aborted", Outcomes.FailureOf(world.ByImage("hello:2"))?.Reason);
        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:1")).Count());
        Assert.Empty(world.ActivePodsOf(world.ByImage("hello:2")));
    }

    /// <summary>Failed again before the clock of the first retry has come: it is asked for anew, and takes.</summary>
    [Fact]
    public void A_second_retry_is_another_one_though_the_first_was_from_a_clock_that_is_ahead()
    {
        TestWorld world = RolledBack();
        world.Now = world.Now.AddMinutes(1);
        Annotate(world, RolloutRequests.Retry, RolloutRequests.Format(2, world.Now.AddMinutes(1)));
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(30);
        Crash(world, "hello:2", 3);
        GoOn(world, "hello:1");

        ActionOutcome.Done again = Assert.IsType<ActionOutcome.Done>(RolloutActions.Apply(new RolloutAction.Retry(), world.Deployment!, world.ReplicaSets, world.Now));
        world.Change(_ => again.Deployment);
        world.PassUntilQuiet();

        Assert.Equal("revision 2 is tried again", again.Message);
        Assert.Equal(RevisionOutcome.OnTrial, Outcomes.Of(world.ByImage("hello:2")));
        Assert.NotEmpty(world.ActivePodsOf(world.ByImage("hello:2")));
    }

    [Theory]
    [InlineData("1@2099-01-01T00:00:00Z")]
    [InlineData("3@2099-01-01T00:00:00Z")]
    [InlineData("2@2025-01-01T00:00:00Z")]
    [InlineData("2")]
    [InlineData("2@soon")]
    [InlineData("-2@2099-01-01T00:00:00Z")]
    public void A_request_about_another_revision_or_an_earlier_failure_means_nothing(string request)
    {
        TestWorld world = RolledBack();
        Annotate(world, RolloutRequests.Retry, request);
        world.PassUntilQuiet();

        Assert.Equal(RevisionOutcome.Failed, Outcomes.Of(world.ByImage("hello:2")));
        Assert.False(world.ByImage("hello:2").Metadata.Annotations.ContainsKey(RolloutRequests.Retry));
    }

    [Fact]
    public void An_abort_gives_a_revision_on_trial_up_even_where_rollback_is_turned_off()
    {
        TestWorld world = Served();
        world.Policies.Add(Make.Policy(rollbackOnFailure: false));
        Release(world, "hello:2");
        Annotate(world, RolloutRequests.Abort, RolloutRequests.Format(2, world.Now));
        GoOn(world, "hello:1");

        Assert.Equal("Aborted", world.Condition("RolledBack").Reason);
        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:1")).Count());
        Assert.Contains("was given up", world.Condition("Progressing").Message);

        world.Now = world.Now.AddSeconds(5);
        Annotate(world, RolloutRequests.Retry, RolloutRequests.Format(2, world.Now));
        world.Settle();
        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:2")).Count());
    }

    [Fact]
    public void An_abort_of_a_complete_revision_means_nothing()
    {
        TestWorld world = Served();
        Roll(world, "hello:2");
        Annotate(world, RolloutRequests.Abort, RolloutRequests.Format(2, world.Now));

        Assert.Equal(Plan.Nothing, world.Plan());
    }
}
