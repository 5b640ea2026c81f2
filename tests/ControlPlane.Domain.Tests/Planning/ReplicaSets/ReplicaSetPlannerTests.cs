using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.ReplicaSets;

/// <summary>A bare ReplicaSet: how pods come, go, are taken and let go.</summary>
public sealed class ReplicaSetPlannerTests
{
    [Fact]
    public void Missing_pods_are_made_bound_with_owner_labels_and_generated_names()
    {
        TestWorld world = Stored(Make.ReplicaSet(replicas: 2));

        Plan plan = world.Pass();

        Assert.Equal(2, world.Pods.Count);
        Pod pod = world.Pods[0];
        Assert.StartsWith("web-", pod.Name);
        Assert.Equal("web-".Length + 5, pod.Name.Length);
        Assert.Equal(Make.Owner("ReplicaSet", world.ReplicaSets[0]), Assert.Single(pod.Metadata.OwnerReferences));
        Assert.Equal(Make.Labels, pod.Metadata.Labels);
        Assert.Equal(("Pending", 1L, world.Now), (pod.Status!.Phase, pod.Metadata.Generation, pod.Metadata.CreationTimestamp));
        Assert.Contains(pod.Spec.NodeName, world.Nodes);
        Assert.Contains($"SuccessfulCreate: Created pod: {pod.Name}", world.Messages);
        Assert.Contains(plan.Preconditions, precondition => precondition is Precondition.DesiredUnchanged { Key.Name: "web" });
    }

    [Fact]
    public void A_pod_that_fits_nowhere_is_made_unbound_and_says_why()
    {
        TestWorld world = new() { Nodes = [] };
        world.Store(Make.ReplicaSet(replicas: 2));

        world.Pass();

        Assert.All(world.Pods, pod =>
        {
            Assert.Null(pod.Spec.NodeName);
            Condition condition = Assert.Single(pod.Status!.Conditions);
            Assert.Equal(("PodScheduled", "False", "Unschedulable"), (condition.Type, condition.Status, condition.Reason));
        });
        Assert.Equal(2, world.Messages.Count(message => message.StartsWith("FailedScheduling: ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Pods_that_may_not_be_stored_are_not_made_and_ReplicaFailure_says_why_since_when()
    {
        TestWorld world = Stored(WithImage(Make.ReplicaSet(replicas: 600), ""));
        DateTimeOffset failedAt = world.Now;

        Plan plan = world.Pass();

        const string Why = "Pod \"web-\" is invalid: spec.containers[0].image: Required value";
        Assert.Empty(world.Pods);
        Assert.Null(plan.RecheckAfter);
        Assert.Contains($"FailedCreate: Error creating: {Why}", world.Messages);
        Condition failure = Assert.Single(world.ReplicaSets[0].Status!.Conditions);
        Assert.Equal(("ReplicaFailure", "True", "FailedCreate", Why), (failure.Type, failure.Status, failure.Reason, failure.Message));

        world.Now = world.Now.AddMinutes(1);
        Assert.Empty(world.Pass().Writes);
        Assert.Equal(failedAt, world.ReplicaSets[0].Status!.Conditions[0].LastTransitionTime);
    }

    [Fact]
    public void ReplicaFailure_goes_when_pods_can_be_made_again()
    {
        TestWorld world = Stored(WithImage(Make.ReplicaSet(replicas: 2), ""));
        world.Pass();

        world.Store(WithImage(world.ReplicaSets[0], "hello:1"));
        world.Pass();

        Assert.Equal(2, world.Pods.Count);
        Assert.Empty(world.ReplicaSets[0].Status!.Conditions);
    }

    [Fact]
    public void Of_too_many_pods_a_bound_one_is_marked_with_its_grace_and_an_unbound_one_is_removed()
    {
        ReplicaSet replicaSet = Make.ReplicaSet(replicas: 0);
        TestWorld world = Stored(replicaSet, Make.Pod(replicaSet, "bound"), Make.Pod(replicaSet, "unbound", node: null));

        world.Pass();

        Pod left = Assert.Single(world.Pods);
        Assert.Equal((world.Now.AddSeconds(30), 30L), (left.Metadata.DeletionTimestamp, left.Metadata.DeletionGracePeriodSeconds));
        Assert.Contains("SuccessfulDelete: Deleted pod: bound", world.Messages);
        Assert.Contains("SuccessfulDelete: Deleted pod: unbound", world.Messages);
    }

    [Theory]
    [InlineData("Failed")]
    [InlineData("Succeeded")]
    public void A_pod_that_has_ended_is_replaced_and_left_alone(string phase)
    {
        ReplicaSet replicaSet = Make.ReplicaSet(replicas: 1);
        TestWorld world = Stored(replicaSet, Make.Pod(replicaSet, "ended") with { Status = new PodStatus { Phase = phase } });

        world.PassUntilQuiet();

        Assert.Equal(2, world.Pods.Count);
        Assert.Equal(1, world.ReplicaSets[0].Status!.Replicas);
        Assert.False(world.Pods.Single(pod => pod.Name == "ended").Metadata.IsDeleting);
    }

    [Fact]
    public void A_terminating_pod_is_replaced_at_once_and_counted_as_terminating()
    {
        ReplicaSet replicaSet = Make.ReplicaSet(replicas: 1);
        TestWorld world = Stored(replicaSet, Make.Terminating(Make.Pod(replicaSet, "going"), new TestWorld().Now));

        world.PassUntilQuiet();

        Assert.Equal(1, world.ActivePods);
        Assert.Equal((1, 1), (world.ReplicaSets[0].Status!.Replicas, world.ReplicaSets[0].Status!.TerminatingReplicas));
    }

    [Fact]
    public void A_matching_pod_without_a_controller_is_adopted_and_counts()
    {
        ReplicaSet replicaSet = Make.ReplicaSet(replicas: 1);
        TestWorld world = Stored(replicaSet, Orphan(replicaSet, "orphan"));

        Plan plan = world.Pass();

        Assert.Equal(replicaSet.Uid, Assert.Single(world.Pods).Metadata.Controller?.Uid);
        Assert.Contains(plan.Preconditions, precondition => precondition is Precondition.DesiredUnchanged { Key.Name: "web" });
    }

    [Fact]
    public void A_pod_whose_labels_no_longer_match_is_released_and_replaced()
    {
        ReplicaSet replicaSet = Make.ReplicaSet(replicas: 1);
        Pod pod = Make.Pod(replicaSet, "debugged");
        TestWorld world = Stored(replicaSet, pod with { Metadata = pod.Metadata with { Labels = ValueMap.Of(("app", "debug")) } });

        world.PassUntilQuiet();

        Assert.Equal(2, world.Pods.Count);
        Assert.Empty(world.Pods.Single(left => left.Name == "debugged").Metadata.OwnerReferences);
    }

    [Fact]
    public void A_pod_of_another_controller_is_never_touched()
    {
        ReplicaSet replicaSet = Make.ReplicaSet(replicas: 0);
        Pod foreign = Make.Pod(Make.ReplicaSet("other"), "foreign");
        TestWorld world = Stored(replicaSet, foreign);

        world.PassUntilQuiet();

        Assert.Equal("other-uid", Assert.Single(world.Pods).Metadata.Controller?.Uid);
    }

    [Fact]
    public void A_ReplicaSet_that_is_being_deleted_makes_ends_and_adopts_nothing()
    {
        ReplicaSet replicaSet = Make.ReplicaSet(replicas: 3);
        replicaSet = replicaSet with { Metadata = replicaSet.Metadata with { DeletionTimestamp = Make.Start } };
        TestWorld world = Stored(replicaSet, Orphan(replicaSet, "orphan"));

        Plan plan = world.Pass();

        Assert.Equal(ResourceParts.Status, Assert.IsType<Write.Update>(Assert.Single(plan.Writes)).Parts);
    }

    [Fact]
    public void A_selector_that_selects_everything_adopts_nothing()
    {
        ReplicaSet replicaSet = Make.ReplicaSet(replicas: 0);
        TestWorld world = Stored(replicaSet with { Spec = replicaSet.Spec with { Selector = new LabelSelector() } }, Orphan(replicaSet, "orphan"));

        world.PassUntilQuiet();

        Assert.Null(Assert.Single(world.Pods).Metadata.Controller);
    }

    [Fact]
    [Trait(RunLength.Trait, RunLength.Long)]
    public void At_most_500_pods_are_made_in_a_pass_and_the_next_follows_at_once()
    {
        TestWorld world = Stored(Make.ReplicaSet(replicas: 1200));

        Plan plan = world.Pass();
        Assert.Equal(ReplicaSetPlanner.PodBatchMax, world.Pods.Count);
        Assert.Equal(TimeSpan.Zero, plan.RecheckAfter);

        world.PassUntilQuiet();
        Assert.Equal(1200, world.Pods.Count);
    }

    [Fact]
    public void The_status_counts_active_labelled_ready_and_available_pods()
    {
        ReplicaSet replicaSet = Make.ReplicaSet(replicas: 3, minReadySeconds: 10);
        DateTimeOffset now = new TestWorld().Now;
        Pod available = Make.Ready(Make.Pod(replicaSet, "a"), now.AddSeconds(-10));
        Pod ready = Make.Ready(Make.Pod(replicaSet, "b"), now.AddSeconds(-4));
        TestWorld world = Stored(replicaSet, available, ready, Make.Pod(replicaSet, "c"));

        Plan plan = world.Pass();

        Assert.Equal(
            new ReplicaSetStatus { Replicas = 3, FullyLabeledReplicas = 3, ReadyReplicas = 2, AvailableReplicas = 1, TerminatingReplicas = 0, ObservedGeneration = 1 },
            world.ReplicaSets[0].Status);
        Assert.Equal(TimeSpan.FromSeconds(6), plan.RecheckAfter);
    }

    private static Pod Orphan(ReplicaSet like, string name)
    {
        Pod pod = Make.Pod(like, name);
        return pod with { Metadata = pod.Metadata with { OwnerReferences = [] } };
    }

    private static ReplicaSet WithImage(ReplicaSet replicaSet, string image) =>
        replicaSet with { Spec = replicaSet.Spec with { Template = Make.WithImage(replicaSet.Spec.Template, image) } };

    private static TestWorld Stored(ReplicaSet replicaSet, params Pod[] pods)
    {
        TestWorld world = new();
        world.Store(replicaSet);
        foreach (Pod pod in pods)
        {
            world.Store(pod);
        }

        return world;
    }
}
