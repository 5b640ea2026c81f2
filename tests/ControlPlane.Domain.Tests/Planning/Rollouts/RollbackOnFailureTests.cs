using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using CsCheck;
using static ControlPlane.Domain.Tests.Planning.Rollouts.Releases;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>A revision on trial, and what becomes of it.</summary>
public sealed class RollbackOnFailureTests
{
    [Fact]
    public void A_revision_that_has_been_complete_is_marked_so_once()
    {
        TestWorld world = Served();

        Condition complete = Conditions.Find(world.ByImage("hello:1").Status!.Conditions, "Complete")!;
        Assert.Equal("True", complete.Status);

        world.SetUnready(_ => true);
        world.Now = world.Now.AddMinutes(5);
        world.PassUntilQuiet();
        Assert.Equal(complete, Conditions.Find(world.ByImage("hello:1").Status!.Conditions, "Complete"));
    }

    [Fact]
    public void A_revision_that_misses_its_deadline_fails_and_the_last_good_one_takes_over()
    {
        TestWorld world = Served();
        ReplicaSet good = world.ByImage("hello:1");
        Release(world, "hello:2");
        Assert.Equal(3, world.ActivePodsOf(good).Count());
        Deployment before = world.Deployment!;

        world.Now = world.Now.AddSeconds(600);
        world.Pass();
        Condition failure = Outcomes.FailureOf(world.ByImage("hello:2"))!;
        Assert.Equal((Progress.TimedOut, world.Now), (failure.Reason, failure.LastTransitionTime));

        // 5 pods − 3 that must stay − 0 good ones that are not available = 2 may go; then the fourth good one has room.
        world.Pass();
        Assert.Equal((3, 0), (world.ByImage("hello:1").Spec.Replicas, world.ByImage("hello:2").Spec.Replicas));
        world.Pass();
        Assert.Equal(4, world.ByImage("hello:1").Spec.Replicas);
        GoOn(world, "hello:1");

        Assert.Equal(4, world.ActivePodsOf(good).Count());
        Assert.Empty(world.ActivePodsOf(world.ByImage("hello:2")));
        Assert.Equal((before.Spec, before.Metadata.Annotations, before.Metadata.Generation), (world.Deployment!.Spec, world.Deployment.Metadata.Annotations, world.Deployment.Metadata.Generation));
        Assert.Equal(("1", "2"), (RevisionOf(world, "hello:1"), RevisionOf(world, "hello:2")));
        Condition progressing = world.Condition("Progressing");
        Assert.Equal(("False", Progress.TimedOut), (progressing.Status, progressing.Reason));
        Condition back = world.Condition("RolledBack");
        Assert.Equal(("True", Progress.TimedOut), (back.Status, back.Reason));
        Assert.Equal($"Revision 2 failed; revision 1 (ReplicaSet \"{good.Name}\") serves.", back.Message);
        Assert.Equal((4, null), (world.Status.AvailableReplicas, world.Status.UpdatedReplicas));
        Assert.Contains(world.Messages, message => message.StartsWith("RolloutFailed: ", StringComparison.Ordinal));
        Assert.Contains($"RollingBack: Going back to revision 1 (ReplicaSet \"{good.Name}\")", world.Messages);
        world.Now = world.Now.AddHours(3);
        Assert.Equal(Plan.Nothing, world.Plan());
    }

    [Fact]
    public void The_failure_names_its_true_cause()
    {
        TestWorld world = Served();
        Release(world, "hello:2");
        foreach (Pod pod in world.ActivePodsOf(world.ByImage("hello:2")).ToList())
        {
            world.Store(pod with { Status = Waiting(0, "ImagePullBackOff", "manifest unknown") });
        }

        world.Now = world.Now.AddSeconds(600);
        world.Pass();

        string first = world.ActivePodsOf(world.ByImage("hello:2")).First().Name;
        Assert.Equal(
            $"ReplicaSet \"{world.ByImage("hello:2").Name}\" has timed out progressing: pod {first} on node-1 and 1 more: ImagePull: container main: manifest unknown",
            OnOneNode(world.Condition("Progressing").Message!));
        Assert.Equal(world.Condition("Progressing").Message, Outcomes.FailureOf(world.ByImage("hello:2"))!.Message);
    }

    /// <summary>A pod that is not ready is a blocker after 10 s only.</summary>
    [Fact]
    public void The_failure_names_its_cause_however_short_the_deadline()
    {
        TestWorld world = Served();
        world.Change(deployment => deployment with { Spec = deployment.Spec with { ProgressDeadlineSeconds = 5 } });
        Release(world, "hello:2");
        foreach (Pod pod in world.ActivePodsOf(world.ByImage("hello:2")).ToList())
        {
            Condition unready = new() { Type = "Ready", Status = "False", Message = "Readiness probe failed: 503", LastTransitionTime = world.Now };
            world.Store(pod with { Status = new PodStatus { Phase = "Running", Conditions = [unready] } });
        }

        world.Now = world.Now.AddSeconds(5);
        world.Pass();

        Assert.EndsWith(": NotReady: Readiness probe failed: 503", world.Condition("Progressing").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_revision_fails_when_an_init_container_crashed_often_enough()
    {
        TestWorld world = Served();
        Release(world, "hello:2");
        world.Now = world.Now.AddSeconds(70);
        foreach (Pod pod in world.ActivePodsOf(world.ByImage("hello:2")).ToList())
        {
            PodStatus status = Waiting(3, "CrashLoopBackOff", "back-off");
            world.Store(pod with { Status = status with { InitContainerStatuses = status.ContainerStatuses, ContainerStatuses = [] } });
        }

        world.Pass();

        Assert.Equal("CrashLoopBackOff", Outcomes.FailureOf(world.ByImage("hello:2"))?.Reason);
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void A_revision_fails_when_a_container_crashed_often_enough_and_no_pod_is_available(int restarts, bool fails)
    {
        TestWorld world = Served();
        Release(world, "hello:2");
        world.Now = world.Now.AddSeconds(70);
        Crash(world, "hello:2", restarts);
        world.Pass();

        Assert.Equal(fails ? "CrashLoopBackOff" : null, Outcomes.FailureOf(world.ByImage("hello:2"))?.Reason);
        Assert.Equal(fails ? "False" : "True", world.Condition("Progressing").Status);
        if (fails)
        {
            Assert.Contains("keeps crashing", world.Condition("Progressing").Message);
            Assert.Contains("exit code 1", world.Condition("Progressing").Message);
        }
    }

    [Fact]
    public void A_crash_looping_pod_among_available_ones_leaves_it_to_the_deadline()
    {
        TestWorld world = Served();
        Release(world, "hello:2");
        world.SetReady(pod => pod == world.ActivePodsOf(world.ByImage("hello:2")).First());
        world.PassUntilQuiet();
        Crash(world, "hello:2", 9);
        world.Pass();

        Assert.Null(Outcomes.FailureOf(world.ByImage("hello:2")));
    }

    [Fact]
    public void A_revision_that_was_complete_once_is_never_rolled_back()
    {
        TestWorld world = Served();
        Roll(world, "hello:2");

        world.SetUnready(_ => true);
        Crash(world, "hello:2", 9);
        world.Now = world.Now.AddHours(2);
        world.PassUntilQuiet();

        Assert.Equal(RevisionOutcome.Complete, Outcomes.Of(world.ByImage("hello:2")));
        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:2")).Count());
    }

    [Fact]
    public void The_first_revision_has_nothing_to_go_back_to()
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 4));
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(600);
        world.PassUntilQuiet();

        Assert.Equal(Progress.TimedOut, world.Condition("Progressing").Reason);
        Assert.Equal(RevisionOutcome.OnTrial, Outcomes.Of(world.ByImage("hello:1")));
        Assert.Equal(4, world.ActivePods);

        world.Settle();
        Assert.Equal(RevisionOutcome.Complete, Outcomes.Of(world.ByImage("hello:1")));
        Assert.Equal("NewReplicaSetAvailable", world.Condition("Progressing").Reason);
    }

    [Fact]
    public void With_rollback_turned_off_only_the_condition_says_so_until_it_is_turned_on()
    {
        TestWorld world = Served();
        world.Policies.Add(Make.Policy(rollbackOnFailure: false));
        Release(world, "hello:2");
        Crash(world, "hello:2", 9);
        world.Now = world.Now.AddSeconds(600);
        world.PassUntilQuiet();

        Assert.Equal(Progress.TimedOut, world.Condition("Progressing").Reason);
        Assert.Equal(RevisionOutcome.OnTrial, Outcomes.Of(world.ByImage("hello:2")));
        Assert.NotEmpty(world.ActivePodsOf(world.ByImage("hello:2")));

        world.Policies.Clear();
        GoOn(world, "hello:1");
        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:1")).Count());
    }

    [Fact]
    public void Pauses_stop_the_clock()
    {
        TestWorld world = Served();
        Release(world, "hello:2");
        world.SetPaused(true);
        world.PassUntilQuiet();
        world.Now = world.Now.AddHours(1);
        world.PassUntilQuiet();
        Assert.Equal(RevisionOutcome.OnTrial, Outcomes.Of(world.ByImage("hello:2")));

        world.SetPaused(false);
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(599);
        world.PassUntilQuiet();
        Assert.Equal(RevisionOutcome.OnTrial, Outcomes.Of(world.ByImage("hello:2")));
        world.Now = world.Now.AddSeconds(1);
        world.PassUntilQuiet();
        Assert.Equal(RevisionOutcome.Failed, Outcomes.Of(world.ByImage("hello:2")));
    }

    [Fact]
    public void Recreate_stops_the_failed_pods_before_it_starts_the_good_ones()
    {
        TestWorld world = Served(strategy: "Recreate");
        Release(world, "hello:2");
        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:2")).Count());
        world.Now = world.Now.AddSeconds(600);
        world.PassUntilQuiet();
        Assert.Equal(0, world.ActivePods);

        GoOn(world, "hello:1");
        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:1")).Count());
    }

    [Fact]
    public void What_a_revision_on_trial_would_go_back_to_is_not_pruned()
    {
        TestWorld world = Served(historyLimit: 0);
        world.SetReplicas(0);
        world.Settle();
        Release(world, "hello:2");
        Assert.Equal(2, world.ReplicaSets.Count);

        world.SetReplicas(4);
        world.Settle();
        Assert.Single(world.ReplicaSets);
    }

    /// <summary>The new revision's pods never get ready; everything else works.</summary>
    [Fact]
    [Trait(RunLength.Trait, RunLength.Long)]
    public void Whatever_the_strategy_a_bad_release_ends_with_the_good_one_and_no_pass_breaks_the_bounds() =>
        Gen.Select(Gen.Int[1, 20], Gen.Int[0, 100], Gen.Int[0, 100], Gen.Int[0, 3], Gen.Int[0, 2]).Sample(
            (replicas, surge, unavailable, strategy, minReady) =>
            {
                TestWorld world = new() { StoresJson = true };
                world.Store(Make.Deployment(replicas, $"{surge}%", $"{unavailable}%", strategy == 0 ? "Recreate" : "RollingUpdate", minReady * 5));
                world.Settle();
                world.SetImage("hello:2");
                for (int i = 0; i < 100; i++)
                {
                    string? broken = Bounds.Broken(world.Snapshot(), world.Plan());
                    Assert.True(broken is null, broken);
                    world.Pass();
                    world.EndTerminating();
                    world.SetReady(pod => pod.Spec.Containers[0].Image == "hello:1");
                    world.Now = world.Now.AddSeconds(30);
                }

                Assert.Equal(replicas, world.ActivePodsOf(world.ByImage("hello:1")).Count());
                Assert.Equal(replicas, world.AvailablePods);
                Assert.Equal(replicas, world.ActivePods);
                Assert.Equal(Plan.Nothing, world.Plan());
            },
            iter: RunLength.Of(quick: 20, usual: 200, whenLong: 2_000));

    private static string OnOneNode(string message) => message.Replace("node-2", "node-1", StringComparison.Ordinal);
}
