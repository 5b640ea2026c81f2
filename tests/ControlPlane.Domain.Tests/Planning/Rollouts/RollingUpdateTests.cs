using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>The worked examples of the rolling update, one a test.</summary>
public sealed class RollingUpdateTests
{
    [Theory]
    [InlineData("25% of 10 is a surge of 3 and 2 unavailable", 10, "25%", "25%", 3, 2)]
    [InlineData("25% of 3 is a surge of 1 and none unavailable", 3, "25%", "25%", 1, 0)]
    [InlineData("both zero means one unavailable", 3, "0", "25%", 0, 1)]
    [InlineData("unavailable is at most the replicas", 3, "0", "5", 0, 3)]
    [InlineData("no replicas, no unavailable", 0, "0", "0", 0, 0)]
    [InlineData("integers stay", 10, "2", "1", 2, 1)]
    [InlineData("a huge percentage does not overflow", 1_000_000, "100000%", "0", 1_000_000_000, 0)]
    public void Fenceposts_Of_rounds_surge_up_and_unavailable_down(string why, int replicas, string surge, string unavailable, int maxSurge, int maxUnavailable) =>
        Assert.True(new Fenceposts(maxSurge, maxUnavailable) == Fenceposts.Of(Make.Deployment(replicas, Value(surge), Value(unavailable)).Spec), why);

    [Fact]
    public void Recreate_has_neither_surge_nor_unavailability() =>
        Assert.Equal(new Fenceposts(0, 0), Fenceposts.Of(Make.Deployment(10, strategy: "Recreate").Spec));

    [Theory]
    [InlineData("ten old: three new", 0, 10, 3)]
    [InlineData("eight old and three new: five new", 3, 8, 5)]
    [InlineData("no room: none", 5, 8, 5)]
    [InlineData("over the bound already: none", 5, 12, 5)]
    [InlineData("never more than the replicas", 9, 0, 10)]
    [InlineData("more than the replicas: down at once", 12, 0, 10)]
    public void ScaleNew_fills_up_to_replicas_plus_surge(string why, int newest, int old, int expected) =>
        Assert.True(expected == RollingUpdate.ScaleNew(World(10, 3, 2, (newest, newest), (old, old))).New!.Replicas, why);

    [Fact]
    public void ScaleNew_counts_old_pods_that_are_not_marked_yet()
    {
        Rollout rollout = World(10, 3, 2, (0, 0), (0, 0));
        RolloutMember lagging = rollout.Old[0] with { Counts = new PodCounts { Active = 11, Available = 11 } };

        Assert.Equal(2, RollingUpdate.ScaleNew(rollout with { Old = [lagging] }).New!.Replicas);
    }

    [Fact]
    public void ScaleDownOld_keeps_every_old_pod_while_new_ones_crash()
    {
        Assert.Equal(8, OldAfter(World(10, 3, 2, (5, 0), (8, 8))));
        Assert.Equal(8, OldAfter(World(10, 3, 2, (5, 0), (8, 7))));
    }

    [Fact]
    public void ScaleDownOld_removes_the_crashing_pods_when_the_old_template_is_declared_again() =>
        Assert.Equal(0, OldAfter(World(10, 3, 2, (8, 8), (5, 0))));

    [Fact]
    public void ScaleDownOld_in_a_rollover_takes_the_oldest_available_last_only_as_far_as_minAvailable()
    {
        Rollout rollout = RollingUpdate.ScaleDownOld(World(10, 3, 2, (0, 0), (8, 8), (5, 0)));

        Assert.Equal([8, 0], rollout.Old.Select(member => member.Replicas));
    }

    [Fact]
    public void CleanUpUnhealthy_leaves_two_of_four_when_two_are_unavailable_and_three_removable() =>
        Assert.Equal(2, RollingUpdate.CleanUpUnhealthy(World(10, 3, 2, (0, 0), (4, 2)), removable: 3).Old[0].Replicas);

    [Fact]
    public void CleanUpUnhealthy_takes_no_more_than_is_removable_oldest_ReplicaSet_first() =>
        Assert.Equal([2, 3], RollingUpdate.CleanUpUnhealthy(World(10, 3, 2, (0, 0), (4, 2), (4, 0)), removable: 3).Old.Select(member => member.Replicas));

    [Fact]
    public void ScaleDownAvailable_takes_two_of_ten_with_two_unavailable_allowed() =>
        Assert.Equal(8, RollingUpdate.ScaleDownAvailable(World(10, 3, 2, (3, 0), (10, 10))).Old[0].Replicas);

    [Fact]
    public void Step_goes_up_and_down_in_one_pass()
    {
        Rollout rollout = RollingUpdate.Step(World(10, 3, 2, (0, 0), (10, 10)));

        Assert.Equal(3, rollout.New!.Replicas);
        Assert.Equal(8, rollout.Old[0].Replicas);
    }

    private static int OldAfter(Rollout rollout) => RollingUpdate.ScaleDownOld(rollout).Old[0].Replicas;

    internal static Rollout World(int replicas, int surge, int unavailable, (int Replicas, int Available) newest, params (int Replicas, int Available)[] old)
    {
        Deployment deployment = Make.Deployment(replicas, surge, unavailable);
        return new Rollout
        {
            Deployment = deployment,
            New = Member(deployment, revision: 9, newest),
            Old = old.Select((counts, i) => Member(deployment, i + 1, counts)).ToValueList(),
        };
    }

    internal static RolloutMember Member(Deployment deployment, int revision, (int Replicas, int Available) counts, int? maxReplicas = null)
    {
        ReplicaSet replicaSet = Make.Revision(deployment, revision, counts.Replicas, maxReplicas: maxReplicas);
        return new RolloutMember
        {
            Stored = replicaSet,
            ReplicaSet = replicaSet,
            Pods = PodClaims.None,
            Counts = new PodCounts { Active = counts.Replicas, Ready = counts.Available, Available = counts.Available },
        };
    }

    private static IntOrString Value(string text) => int.TryParse(text, out int number) ? number : text;
}
