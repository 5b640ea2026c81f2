using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>Whole rollouts, pass by pass, with a cluster that works.</summary>
public sealed class DeploymentPassTests
{
    [Fact]
    public void A_new_Deployment_makes_its_ReplicaSet_and_all_pods_in_one_pass()
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 3));

        Plan plan = world.Pass();

        ReplicaSet made = Assert.Single(world.ReplicaSets);
        Assert.Equal(3, made.Spec.Replicas);
        Assert.Equal(3, world.ActivePods);
        Assert.Equal("1", made.Metadata.Annotations["deployment.kubernetes.io/revision"]);
        Assert.Equal("3", made.Metadata.Annotations["deployment.kubernetes.io/desired-replicas"]);
        Assert.Equal("4", made.Metadata.Annotations["deployment.kubernetes.io/max-replicas"]);
        Assert.Equal("1", world.Deployment!.Metadata.Annotations["deployment.kubernetes.io/revision"]);
        Assert.Contains($"ScalingReplicaSet: Scaled up replica set {made.Name} from 0 to 3", world.Messages);
        Assert.Contains(plan.Preconditions, precondition => precondition is Precondition.NamespaceActive { Name: TestWorld.Namespace });
    }

    /// <summary>As in Kubernetes, the controller reference decides, however well the labels match.</summary>
    [Fact]
    public void Overlapping_selectors_never_fight()
    {
        TestWorld world = new();
        Deployment rival = Make.Deployment(replicas: 2) with { Metadata = new ObjectMeta { Name = "rival", Namespace = TestWorld.Namespace, Uid = "rival-uid" } };
        ReplicaSet foreign = Make.Revision(rival, revision: 1, replicas: 2);
        Pod[] foreignPods = [Make.Ready(Make.Pod(foreign, "rival-1"), Make.Start), Make.Ready(Make.Pod(foreign, "rival-2"), Make.Start)];
        world.Store(foreign);
        Array.ForEach(foreignPods, world.Store);
        world.Store(Make.Deployment(replicas: 3, image: "hello:1"));
        Assert.True(world.Deployment!.Spec.Selector!.Matches(foreign.Metadata.Labels));
        Assert.True(world.Deployment.Spec.Selector.Matches(foreignPods[0].Metadata.Labels));

        world.Settle();
        world.SetImage("hello:2");
        world.Settle();
        world.SetReplicas(1);
        world.Settle();

        Assert.Equal(foreign.Spec, world.ReplicaSets.Single(replicaSet => replicaSet.Name == foreign.Name).Spec);
        Assert.Equal(foreign.Metadata.OwnerReferences, world.ReplicaSets.Single(replicaSet => replicaSet.Name == foreign.Name).Metadata.OwnerReferences);
        Assert.Equal(foreignPods.Select(pod => pod.Name), world.Pods.Where(pod => pod.Metadata.Controller!.Uid == foreign.Uid && Make.IsActive(pod)).Select(pod => pod.Name));
        Assert.Equal(3, world.ActivePods);
        Assert.Equal((1, 1), (world.Status.Replicas, world.Status.AvailableReplicas));
    }

    [Fact]
    public void The_status_says_what_is_stored_never_what_the_plan_will_store()
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 3));

        world.Pass();

        Assert.Null(world.Status.Replicas);
        Assert.Equal(3, world.Status.UnavailableReplicas);
        Assert.Equal(0, world.ReplicaSets[0].Status!.Replicas);
        Assert.Equal(1, world.Status.ObservedGeneration);
        world.Pass();
        Assert.Equal(3, world.Status.Replicas);
        Assert.Equal(3, world.ReplicaSets[0].Status!.Replicas);
    }

    [Theory]
    [InlineData("25%", "25%")]
    [InlineData("0", "1")]
    [InlineData("1", "0")]
    [InlineData("100%", "100%")]
    public void A_new_template_replaces_every_pod_within_the_bounds(string surge, string unavailable)
    {
        TestWorld world = new() { StoresJson = true };
        world.Store(Make.Deployment(replicas: 8, maxSurge: Value(surge), maxUnavailable: Value(unavailable)));
        world.Settle();
        world.SetImage("hello:2");

        int lowest = int.MaxValue;
        int highest = 0;
        world.Settle(eachRound: () =>
        {
            lowest = Math.Min(lowest, world.AvailablePods);
            highest = Math.Max(highest, world.ActivePods);
        });

        Assert.Equal(0, world.ByImage("hello:1").Spec.Replicas);
        Assert.Equal(8, world.ActivePodsOf(world.ByImage("hello:2")).Count());
        Assert.True(lowest >= 8 - Bound(unavailable), $"only {lowest} available");
        Assert.True(highest <= 8 + Bound(surge), $"{highest} pods at once");
        Assert.Equal("NewReplicaSetAvailable", world.Condition("Progressing").Reason);
    }

    [Fact]
    public void Ten_replicas_with_surge_3_and_2_unavailable_roll_in_five_passes()
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 10, maxSurge: 3, maxUnavailable: 2));
        world.Settle();
        world.SetImage("hello:2");

        List<(int? Old, int? New)> trace = [];
        foreach (bool isReadyFirst in new[] { false, false, true, false, true })
        {
            world.SetReady(_ => isReadyFirst);
            world.Pass();
            trace.Add((world.ByImage("hello:1").Spec.Replicas, world.ByImage("hello:2").Spec.Replicas));
        }

        Assert.Equal([(8, 3), (8, 5), (3, 5), (3, 10), (0, 10)], trace);
    }

    /// <summary>Kubernetes' oldPodsRunning: one that may still run, its node silent, is waited for; one that has ended is not.</summary>
    [Theory]
    [InlineData("Unknown", true)]
    [InlineData("Running", true)]
    [InlineData("Pending", true)]
    [InlineData("Succeeded", false)]
    [InlineData("Failed", false)]
    public void Recreate_waits_for_a_terminating_old_pod_that_may_still_run(string phase, bool waits)
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 1, strategy: "Recreate"));
        world.Settle();
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        Pod old = Assert.Single(world.Pods);
        Assert.True(old.Metadata.IsDeleting);
        world.Store(old with { Status = old.Status! with { Phase = phase } });

        world.PassUntilQuiet();

        Assert.Equal(waits ? 0 : 1, world.ActivePods);
    }

    [Fact]
    public void Recreate_starts_no_new_pod_before_the_last_old_one_is_gone()
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 3, strategy: "Recreate"));
        world.Settle();
        world.SetImage("hello:2");

        world.PassUntilQuiet();
        Assert.Equal(0, world.ActivePods);
        Assert.Equal(3, world.Pods.Count(pod => pod.Metadata.IsDeleting));
        Assert.Single(world.ReplicaSets);

        world.EndTerminating();
        world.Pass();
        Assert.Equal(3, world.ActivePodsOf(world.ByImage("hello:2")).Count());
        world.Settle();
        Assert.Equal(3, world.Status.AvailableReplicas);
    }

    /// <summary>It is no part of the template: no rollout, but the pods that are there are judged by it.</summary>
    [Theory]
    [InlineData(0, 5)]
    [InlineData(5, 0)]
    [InlineData(5, 9)]
    public void Another_minReadySeconds_reaches_the_ReplicaSet_that_is_there(int before, int after)
    {
        TestWorld world = new();
        world.Store(Make.Deployment(minReadySeconds: before));
        world.Settle();
        string[] pods = [.. world.Pods.Select(pod => pod.Name)];
        world.Change(deployment => deployment with { Spec = deployment.Spec with { MinReadySeconds = after == 0 ? null : after } });
        world.PassUntilQuiet();

        Assert.Equal(after, Assert.Single(world.ReplicaSets).Spec.MinReadySeconds ?? 0);
        Assert.Equal(pods, world.Pods.Select(pod => pod.Name));
    }

    [Fact]
    public void The_status_adds_up_all_revisions_and_says_which_generation_it_is_of()
    {
        TestWorld world = Releases.Served();
        world.SetImage("hello:2");
        world.PassUntilQuiet();

        Assert.Equal((5, 2, 3L + 2), (world.Status.Replicas ?? 0, world.Status.UpdatedReplicas ?? 0, world.ReplicaSets.Sum(item => (long)(item.Spec.Replicas ?? 0))));
        Assert.Equal(world.Deployment!.Metadata.Generation, world.Status.ObservedGeneration);
    }

    [Fact]
    public void A_converged_world_gives_an_empty_plan()
    {
        TestWorld world = new() { StoresJson = true };
        world.Store(Make.Deployment(replicas: 3));
        world.Settle();

        Assert.Equal(Plan.Nothing, world.Plan());
    }

    private static IntOrString Value(string text) => int.TryParse(text, out int number) ? number : text;

    private static int Bound(string text) => int.TryParse(text, out int number) ? number : 8 * int.Parse(text.TrimEnd('%')) / 100;
}
