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
    public void At_most_2000_pods_are_made_in_a_pass_and_the_next_follows_at_once()
    {
        TestWorld world = Stored(Make.ReplicaSet(replicas: 4500));

        Plan plan = world.Pass();
        Assert.Equal(ReplicaSetPlanner.PodBatchMax, world.Pods.Count);
        Assert.Equal(TimeSpan.Zero, plan.RecheckAfter);

        world.PassUntilQuiet();
        Assert.Equal(4500, world.Pods.Count);
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

    [Fact]
    public void The_pass_after_comes_when_the_first_pod_gets_available()
    {
        ReplicaSet replicaSet = Make.ReplicaSet(replicas: 3, minReadySeconds: 10);
        DateTimeOffset now = new TestWorld().Now;
        Pod ReadyFor(int seconds) => Make.Ready(Make.Pod(replicaSet, $"p{seconds}"), now.AddSeconds(-seconds));

        Assert.Equal(TimeSpan.FromSeconds(3), Stored(replicaSet, ReadyFor(4), ReadyFor(7), ReadyFor(2)).Pass().RecheckAfter);
    }

    [Fact]
    public void A_pod_without_all_labels_of_the_template_counts_and_is_not_fully_labelled()
    {
        ReplicaSet replicaSet = Make.ReplicaSet(replicas: 2);
        PodTemplateSpec template = replicaSet.Spec.Template;
        Pod old = Make.Pod(replicaSet, "old");
        replicaSet = replicaSet with { Spec = replicaSet.Spec with { Template = template with { Metadata = template.Metadata with { Labels = Make.Labels.SetItem("tier", "web") } } } };
        TestWorld world = Stored(replicaSet, old, Make.Pod(replicaSet, "new"));

        world.Pass();

        Assert.Equal((2, 1), (world.ReplicaSets[0].Status!.Replicas, world.ReplicaSets[0].Status!.FullyLabeledReplicas));
    }

    [Fact]
    public void An_orphan_that_two_match_goes_to_the_first_of_them()
    {
        ReplicaSet first = Make.ReplicaSet("first", replicas: 1);
        ReplicaSet second = Make.ReplicaSet("second", replicas: 1);

        IReadOnlyList<PodClaims> claims = PodClaims.Of([first, second], [Orphan(first, "orphan")]);

        Assert.Equal([1, 0], claims.Select(claim => claim.Active.Count));
        Assert.Equal(first.Uid, Assert.Single(claims[0].Adopted).Metadata.Controller!.Uid);
    }

    [Fact]
    public void What_ends_or_has_ended_is_neither_adopted_nor_released()
    {
        ReplicaSet replicaSet = Make.ReplicaSet(replicas: 0);
        DateTimeOffset now = new TestWorld().Now;
        Pod debugged = Make.Pod(replicaSet, "debugged");
        debugged = Make.Terminating(debugged with { Metadata = debugged.Metadata with { Labels = ValueMap.Of(("app", "debug")) } }, now);
        TestWorld world = Stored(
            replicaSet, Make.Terminating(Orphan(replicaSet, "going"), now), Orphan(replicaSet, "done") with { Status = new PodStatus { Phase = "Failed" } }, debugged);

        Plan plan = world.Pass();

        Assert.DoesNotContain(plan.Writes, write => write.Kind == ResourceKinds.Pod);
    }

    [Fact]
    public void An_orphan_that_is_one_too_many_is_ended_and_not_adopted()
    {
        ReplicaSet replicaSet = Make.ReplicaSet(replicas: 0);

        Plan plan = Stored(replicaSet, Orphan(replicaSet, "orphan")).Pass();

        Assert.True(Assert.IsType<Write.Update>(Assert.Single(plan.Writes, write => write.Kind == ResourceKinds.Pod)).Object.Metadata.IsDeleting);
    }

    [Theory]
    [InlineData("node-1", null, 30L)]
    [InlineData("node-1", 5L, 5L)]
    [InlineData("node-1", 0L, 1L)]
    [InlineData("node-1", -5L, 1L)]
    [InlineData(null, 5L, 0L)]
    public void A_pod_that_is_marked_has_its_nodes_time_to_stop_in(string? node, long? grace, long seconds)
    {
        ReplicaSet replicaSet = Make.ReplicaSet(replicas: 0);
        Pod pod = Make.Pod(replicaSet, "held", node);
        TestWorld world = Stored(replicaSet, pod with { Metadata = pod.Metadata with { Finalizers = ["team.example/keep"] }, Spec = pod.Spec with { TerminationGracePeriodSeconds = grace } });

        world.Pass();

        ObjectMeta marked = Assert.Single(world.Pods).Metadata;
        Assert.Equal((world.Now.AddSeconds(seconds), seconds), (marked.DeletionTimestamp, marked.DeletionGracePeriodSeconds));
    }

    /// <summary>In a pass over a Deployment those are its ReplicaSets; pods that end, have ended or belong to nobody make a node no fuller.</summary>
    [Fact]
    public void The_node_with_more_active_pods_of_the_ReplicaSets_at_hand_loses_one_first()
    {
        ReplicaSet replicaSet = Make.ReplicaSet(replicas: 1);
        ReplicaSet other = Make.ReplicaSet("other", replicas: 2);
        DateTimeOffset now = new TestWorld().Now;
        Pod onCrowded = Make.Ready(Make.Pod(replicaSet, "z", "node-2"), now.AddMinutes(-10));
        Pod alone = Make.Ready(Make.Pod(replicaSet, "a", "node-1"), now.AddMinutes(-10));
        Pod[] others = [Make.Ready(Make.Pod(other, "x", "node-2"), now), Make.Ready(Make.Pod(other, "y", "node-2"), now)];
        Pod[] notCounted =
        [
            Make.Terminating(Make.Pod(other, "t", "node-1"), now),
            Make.Pod(other, "f", "node-1") with { Status = new PodStatus { Phase = "Failed" } },
            Make.Pod(other, "o1", "node-1") with { Metadata = new ObjectMeta { Name = "o1", Namespace = TestWorld.Namespace, Uid = "o1" } },
        ];
        TestWorld world = Stored(replicaSet, [onCrowded, alone, .. others, .. notCounted]);
        world.Store(other);

        world.Pass();

        Assert.Equal("SuccessfulDelete: Deleted pod: z", Assert.Single(world.Messages, message => message.StartsWith("SuccessfulDelete", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_ReplicaSet_that_says_nothing_has_one_pod()
    {
        ReplicaSet replicaSet = Make.ReplicaSet();
        TestWorld world = Stored(replicaSet with { Spec = replicaSet.Spec with { Replicas = null } });

        world.Pass();

        Assert.Single(world.Pods);
    }

    [Fact]
    [Trait(RunLength.Trait, RunLength.Long)]
    public void At_most_2000_pods_are_ended_in_a_pass_and_the_next_follows_at_once()
    {
        ReplicaSet replicaSet = Make.ReplicaSet(replicas: 0);
        TestWorld world = Stored(replicaSet, [.. Enumerable.Range(0, ReplicaSetPlanner.PodBatchMax + 1).Select(i => Make.Pod(replicaSet, $"p{i}", node: null))]);

        Assert.Equal(TimeSpan.Zero, world.Pass().RecheckAfter);
        Assert.Single(world.Pods);
        Assert.Null(Stored(replicaSet, [.. Enumerable.Range(0, ReplicaSetPlanner.PodBatchMax).Select(i => Make.Pod(replicaSet, $"p{i}", node: null))]).Pass().RecheckAfter);
    }

    [Theory]
    [InlineData(0, true, true)]
    [InlineData(0, false, true)]
    [InlineData(10, true, true)]
    [InlineData(11, true, false)]
    [InlineData(1, false, false)]
    public void A_pod_is_available_when_it_is_known_to_have_been_ready_for_long_enough(int minReadySeconds, bool isTimeKnown, bool isAvailable)
    {
        DateTimeOffset now = new TestWorld().Now;
        Pod pod = Make.Pod(Make.ReplicaSet(), "p") with
        {
            Status = new PodStatus { Conditions = [new Condition { Type = "Ready", Status = "True", LastTransitionTime = isTimeKnown ? now.AddSeconds(-10) : null }] },
        };

        Assert.Equal(isAvailable, pod.IsAvailable(minReadySeconds, now));
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
