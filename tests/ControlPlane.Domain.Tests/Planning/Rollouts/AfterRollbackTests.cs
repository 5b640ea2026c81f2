using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using static ControlPlane.Domain.Tests.Planning.Rollouts.Releases;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>A Deployment of which a failed revision was rolled back: what its users do next.</summary>
public sealed class AfterRollbackTests
{
    [Fact]
    public void Scaling_while_rolled_back_scales_what_serves()
    {
        TestWorld world = RolledBack();

        world.SetReplicas(7);
        GoOn(world, "hello:1");
        Assert.Equal(7, world.ActivePodsOf(world.ByImage("hello:1")).Count());

        world.SetReplicas(0);
        GoOn(world, "hello:1");
        Assert.Equal(0, world.ActivePods);
        Assert.Equal(RevisionOutcome.Failed, Outcomes.Of(world.ByImage("hello:2")));

        world.SetReplicas(2);
        GoOn(world, "hello:1");
        Assert.Equal(2, world.ActivePodsOf(world.ByImage("hello:1")).Count());
        Assert.Equal("False", world.Condition("Progressing").Status);
    }

    [Fact]
    public void The_next_template_is_a_release_like_any_other()
    {
        TestWorld world = RolledBack();

        world.SetImage("hello:3");
        world.Pass();
        Assert.Equal(("True", "NewReplicaSetCreated"), (world.Condition("Progressing").Status, world.Condition("Progressing").Reason));
        Assert.DoesNotContain(world.Status.Conditions, condition => condition.Type == "RolledBack");

        world.Settle();
        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:3")).Count());
        Assert.Equal("3", RevisionOf(world, "hello:3"));
    }

    /// <summary>Whoever waits for a rollout would take what is told of the last one for the outcome of this.</summary>
    [Theory]
    [InlineData("scaled as well", "ReplicaSetUpdated")]
    [InlineData("Recreate", "ReplicaSetUpdated")]
    [InlineData("paused", "DeploymentPaused")]
    public void The_next_template_has_not_failed_before_it_has_a_ReplicaSet(string how, string reason)
    {
        TestWorld world = RolledBack();

        world.Change(deployment => deployment with
        {
            Spec = deployment.Spec with
            {
                Replicas = how == "scaled as well" ? 6 : deployment.Spec.Replicas,
                Strategy = how == "Recreate" ? new DeploymentStrategy { Type = "Recreate" } : deployment.Spec.Strategy,
                Paused = how == "paused" ? true : null,
                Template = Make.WithImage(deployment.Spec.Template, "hello:3"),
            },
        });
        world.Pass();

        Assert.DoesNotContain(world.ReplicaSets, replicaSet => replicaSet.Spec.Template.Spec.Containers[0].Image == "hello:3");
        Assert.Equal(reason, world.Condition("Progressing").Reason);
        Assert.DoesNotContain(world.Status.Conditions, condition => condition.Type == "RolledBack");
        Assert.Equal(world.Deployment!.Metadata.Generation, world.Status.ObservedGeneration);
    }

    [Fact]
    public void A_failed_release_after_a_failed_release_goes_back_to_the_same_good_one()
    {
        TestWorld world = RolledBack();

        Release(world, "hello:3");
        world.Now = world.Now.AddSeconds(600);
        GoOn(world, "hello:1");

        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:1")).Count());
        Assert.StartsWith("Revision 3 failed; revision 1 ", world.Condition("RolledBack").Message);
    }

    [Fact]
    public void A_failed_template_that_is_declared_again_is_on_trial_again()
    {
        TestWorld world = RolledBack();
        Roll(world, "hello:3");

        world.SetImage("hello:2");
        world.Pass();
        Assert.Equal(RevisionOutcome.OnTrial, Outcomes.Of(world.ByImage("hello:2")));
        Assert.Equal("True", world.Condition("Progressing").Status);

        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(600);
        GoOn(world, "hello:3");
        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:3")).Count());
    }

    [Fact]
    public void Undoing_a_failed_release_moves_no_pod()
    {
        TestWorld world = RolledBack();
        List<string> pods = [.. world.Pods.Select(pod => pod.Name)];

        world.SetImage("hello:1");
        world.PassUntilQuiet();

        Assert.Equal(pods, world.Pods.Select(pod => pod.Name));
        Assert.Equal("NewReplicaSetAvailable", world.Condition("Progressing").Reason);
        Assert.DoesNotContain(world.Status.Conditions, condition => condition.Type == "RolledBack");
    }
}
