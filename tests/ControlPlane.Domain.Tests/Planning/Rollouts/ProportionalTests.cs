using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>Scaling in mid-rollout, with the worked numbers.</summary>
public sealed class ProportionalTests
{
    [Fact]
    public void Scale_from_10_to_15_gives_old_three_and_new_two() => Assert.Equal([7, 11], Sizes(15, surge: 3, sizedFor: 13, newest: 5, old: 8));

    [Fact]
    public void Scale_from_10_to_5_takes_three_from_old_and_two_from_new() => Assert.Equal([3, 5], Sizes(5, surge: 3, sizedFor: 13, newest: 5, old: 8));

    [Fact]
    public void Scale_to_zero_takes_everything() => Assert.Equal([0, 0], Sizes(0, surge: 3, sizedFor: 13, newest: 5, old: 8));

    [Fact]
    public void Scale_gives_what_rounding_leaves_to_the_largest()
    {
        // 7 → 10 of three equal sizes: each share rounds to round(2 × 10 ÷ 6) = 3 (+1), 3 of 4 given; the fourth goes to the youngest.
        Assert.Equal([4, 3, 3], Sizes(10, surge: 0, sizedFor: 6, newest: 2, 2, 2));
    }

    [Fact]
    public void Scale_down_of_equals_takes_what_rounding_leaves_from_the_oldest() =>
        Assert.Equal([1, 0, 1], Sizes(2, surge: 0, sizedFor: 6, newest: 2, 2, 2));

    /// <summary>8 and 5 are the 13 that are allowed, whatever they were sized for: nobody gains what another would have to lose.</summary>
    [Theory]
    [InlineData(7)]
    [InlineData(13)]
    [InlineData(20)]
    public void Scale_with_nothing_to_share_changes_nothing(int sizedFor) => Assert.Equal([5, 8], Sizes(10, surge: 3, sizedFor, newest: 5, old: 8));

    /// <summary>
    /// Sized by different maxSurges, for this was changed between two steps of a rollout, so that one's share is more than it has while pods are to go, or less while pods are to come. 16 allowed: 10 × 16 ÷ 20 = 8 takes
    /// both that are too many. 18 allowed: 8 × 18 ÷ 10 = 14.4 → 14, of which the 5 that are allowed come.
    /// </summary>
    [Theory]
    [InlineData(13, 10, 20, 8, 13, new[] { 8, 8 })]
    [InlineData(15, 5, 30, 8, 10, new[] { 5, 13 })]
    public void Scale_leaves_the_others_alone_once_nothing_is_left_to_share(int replicas, int newest, int newestMax, int old, int oldMax, int[] sizes)
    {
        Deployment deployment = Make.Deployment(replicas, maxSurge: 3, maxUnavailable: 1);

        Rollout scaled = Proportional.Scale(new Rollout
        {
            Deployment = deployment,
            New = RollingUpdateTests.Member(deployment, 9, (newest, 0), newestMax),
            Old = [RollingUpdateTests.Member(deployment, 1, (old, old), oldMax)],
        });

        Assert.Equal(sizes, (int[])[scaled.New!.Replicas, scaled.Old[0].Replicas]);
    }

    /// <summary>Nobody but a user writes such a record: the pods that are there stand in for it, of which the status of this Deployment tells none.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(-13)]
    public void A_record_of_no_pods_is_none(int max) => Assert.Equal([5, 13], Sizes(15, surge: 3, sizedFor: max, newest: 5, old: 8));

    [Fact]
    public void A_ReplicaSet_sized_for_other_replicas_is_a_scaling_a_template_change_is_not()
    {
        Rollout rollout = RollingUpdateTests.World(10, 3, 2, (0, 0), (10, 10));
        Assert.False(Proportional.IsScaling(rollout));
        Deployment more = rollout.Deployment with { Spec = rollout.Deployment.Spec with { Replicas = 11 } };
        Assert.True(Proportional.IsScaling(rollout with { Deployment = more }));
    }

    [Fact]
    public void Scaling_a_finished_rollout_changes_the_only_ReplicaSet_and_starts_no_rollout()
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 3));
        world.Settle();
        string name = world.ReplicaSets[0].Name;

        world.SetReplicas(5);
        world.Settle();

        ReplicaSet only = Assert.Single(world.ReplicaSets);
        Assert.Equal((name, 5), (only.Name, only.Spec.Replicas));
        Assert.Equal("1", world.Deployment!.Metadata.Annotations[Revisions.Revision]);
        Assert.Equal("5", only.Metadata.Annotations[Revisions.DesiredReplicasAnnotation]);
    }

    [Fact]
    public void A_paused_Deployment_scales_and_does_not_roll()
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 3));
        world.Settle();
        world.SetPaused(true);
        world.SetImage("hello:2");
        world.SetReplicas(6);

        world.Settle();

        Assert.Equal(6, world.ActivePodsOf(world.ByImage("hello:1")).Count());
        Assert.Single(world.ReplicaSets);
    }

    [Fact]
    public void Old_pods_of_an_adopted_ReplicaSet_go_when_the_new_one_has_all_it_should_have()
    {
        Rollout rollout = RollingUpdateTests.World(3, 1, 0, (3, 3), (2, 2));

        Rollout scaled = Proportional.Scale(rollout);

        Assert.Equal((3, 0), (scaled.New!.Replicas, scaled.Old[0].Replicas));
    }

    [Fact]
    public void A_ReplicaSet_that_has_its_size_already_still_records_what_it_was_sized_for()
    {
        TestWorld world = new();
        Deployment deployment = Make.Deployment(replicas: 5, image: "hello:1");
        world.Store(deployment);
        world.Store(Make.Revision(deployment, 1, replicas: 5, sizedFor: 3));

        world.Settle();
        world.SetImage("hello:2");
        world.Settle();

        Assert.Equal(5, world.ActivePodsOf(world.ByImage("hello:2")).Count());
    }

    /// <summary>The new ReplicaSet's size, then the old ones', oldest first.</summary>
    private static int[] Sizes(int replicas, int surge, int sizedFor, int newest, params int[] old)
    {
        Deployment deployment = Make.Deployment(replicas, surge, maxUnavailable: 1);
        Rollout scaled = Proportional.Scale(new Rollout
        {
            Deployment = deployment,
            New = RollingUpdateTests.Member(deployment, 9, (newest, 0), sizedFor),
            Old = [.. old.Select((count, i) => RollingUpdateTests.Member(deployment, i + 1, (count, count), sizedFor))],
        });
        return [scaled.New!.Replicas, .. scaled.Old.Select(member => member.Replicas)];
    }
}
