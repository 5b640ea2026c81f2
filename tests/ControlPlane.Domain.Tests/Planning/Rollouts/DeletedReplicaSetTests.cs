using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>What becomes of a revision whose ReplicaSet a user deletes.</summary>
public sealed class DeletedReplicaSetTests
{
    private static readonly Author Ann = new("ann", "kubectl/v1.36.0");

    /// <summary>It is made anew and stays complete, so that a registry that is away just then does not bring the revision before it back.</summary>
    [Theory]
    [InlineData("RollingUpdate")]
    [InlineData("Recreate")]
    public void One_that_was_complete_is_not_rolled_back(string strategy)
    {
        TestWorld world = Complete(strategy);
        ReplicaSet deleted = world.ByImage("hello:2");
        world.RemoveReplicaSet(deleted);

        world.PassUntilQuiet();
        Assert.Equal((deleted.Name, RevisionOutcome.Complete), (world.ByImage("hello:2").Name, Outcomes.Of(world.ByImage("hello:2"))));
        Assert.Equal(4, world.ActivePodsOf(world.ByImage("hello:2")).Count());
        world.Now = world.Now.AddSeconds(600);
        world.PassUntilQuiet();

        Assert.Equal(Progress.TimedOut, world.Condition("Progressing").Reason);
        Assert.DoesNotContain(world.Status.Conditions, condition => condition.Type == "RolledBack");
        Assert.Equal((0, 4), (world.ByImage("hello:1").Spec.Replicas, world.ByImage("hello:2").Spec.Replicas));

        world.Settle();
        Assert.Equal((4, "Complete"), (world.Status.AvailableReplicas, world.Records[^1].Status!.Outcome));
    }

    /// <summary>The steps are for what is new: the version before it is not the stable one again, with all requests.</summary>
    [Fact]
    public void One_that_was_complete_takes_no_steps_of_a_policy()
    {
        TestWorld world = Complete("RollingUpdate");
        world.Policies.Add(Make.Policy(strategy: Make.Canary(Make.Weight(10), Make.Pause())));
        world.PassUntilQuiet();
        world.RemoveReplicaSet(world.ByImage("hello:2"));

        world.Settle();

        Assert.Null(world.State);
        Assert.Equal((0, 4), (world.ByImage("hello:1").Spec.Replicas, world.ActivePodsOf(world.ByImage("hello:2")).Count()));
    }

    /// <summary>Kubernetes makes no ReplicaSet while a Deployment is paused; a conflict of policies is no other case.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_of_a_Deployment_that_is_held_is_made_afterwards(bool isInConflict)
    {
        TestWorld world = Complete("RollingUpdate");
        world.SetPaused(!isInConflict);
        world.Policies.AddRange(isInConflict ? [Make.Policy("one"), Make.Policy("other")] : []);
        world.PassUntilQuiet();
        ReplicaSet deleted = world.ByImage("hello:2");
        world.RemoveReplicaSet(deleted);

        world.PassUntilQuiet();
        Assert.DoesNotContain(world.ReplicaSets, replicaSet => replicaSet.Name == deleted.Name);
        world.SetPaused(false);
        world.Policies.Clear();
        world.PassUntilQuiet();

        Assert.Equal(RevisionOutcome.Complete, Outcomes.Of(world.ByImage("hello:2")));
    }

    /// <summary>Its record may be read a moment later than the Deployment: until then the one before is the newest that there is.</summary>
    [Fact]
    public void A_new_template_whose_record_is_yet_to_come_is_on_trial()
    {
        TestWorld world = Complete("RollingUpdate");

        world.SetImage("hello:3");
        world.PassUntilQuiet();

        Assert.Equal(RevisionOutcome.OnTrial, Outcomes.Of(world.ByImage("hello:3")));
    }

    /// <summary>What was not complete is on trial as before.</summary>
    [Fact]
    public void One_that_was_on_trial_is_on_trial()
    {
        TestWorld world = Complete("RollingUpdate");
        world.Declare(WithImage("hello:3"), Ann);
        world.PassUntilQuiet();
        world.RemoveReplicaSet(world.ByImage("hello:3"));

        world.PassUntilQuiet();
        Assert.Equal(RevisionOutcome.OnTrial, Outcomes.Of(world.ByImage("hello:3")));
        world.Now = world.Now.AddSeconds(600);
        world.PassUntilQuiet();

        Assert.Equal(RevisionOutcome.Failed, Outcomes.Of(world.ByImage("hello:3")));
    }

    /// <summary>The name tells that it is the one that was complete. Where somebody else has that by now, its record moves to the one that is made, and is as open as that one's trial.</summary>
    [Fact]
    public void One_that_is_made_under_another_name_is_on_trial_and_on_record_so()
    {
        TestWorld world = Complete("RollingUpdate");
        ReplicaSet deleted = world.ByImage("hello:2");
        world.TakenNames.Add(deleted.Name);
        world.RemoveReplicaSet(deleted);

        world.PassUntilQuiet();
        ReplicaSet made = world.ByImage("hello:2");
        Assert.NotEqual(deleted.Name, made.Name);
        Assert.Equal(RevisionOutcome.OnTrial, Outcomes.Of(made));
        DeploymentRevisionStatus record = world.Records[^1].Status!;
        Assert.Equal((made.Name, "Progressing", null), (record.ReplicaSet, record.Outcome, record.EndedAt));

        world.Now = world.Now.AddSeconds(600);
        world.PassUntilQuiet();
        Assert.Equal(("Failed", "ProgressDeadlineExceeded"), (world.Records[^1].Status!.Outcome, world.Records[^1].Status!.Reason));
    }

    /// <summary>A user has made another of the same template, and has it adopted; it was complete as well.</summary>
    [Fact]
    public void One_that_leaves_a_complete_twin_stays_complete_on_record_since_then()
    {
        TestWorld world = Complete("RollingUpdate");
        ReplicaSet deleted = world.ByImage("hello:2");
        DateTimeOffset? endedAt = world.Records[^1].Status!.EndedAt;
        world.RemoveReplicaSet(deleted);
        world.Store(deleted with { Metadata = deleted.Metadata with { Name = "twin", Uid = "twin-uid", CreationTimestamp = world.Now } });
        world.Now = world.Now.AddSeconds(60);

        world.PassUntilQuiet();

        DeploymentRevisionStatus record = world.Records[^1].Status!;
        Assert.Equal(("twin", "Complete", endedAt), (record.ReplicaSet, record.Outcome, record.EndedAt));
    }

    /// <summary>A template that is declared again when its ReplicaSet has been pruned is a new declaration, and on trial.</summary>
    [Fact]
    public void One_that_was_pruned_and_is_declared_again_is_on_trial()
    {
        TestWorld world = Complete("RollingUpdate", historyLimit: 0);

        world.Declare(WithImage("hello:1"), Ann);
        world.PassUntilQuiet();

        Assert.Equal(RevisionOutcome.OnTrial, Outcomes.Of(world.ByImage("hello:1")));
    }

    /// <summary>Two revisions on record, both of them complete, of 4 replicas.</summary>
    private static TestWorld Complete(string strategy, int historyLimit = 10)
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 4, strategy: strategy, revisionHistoryLimit: historyLimit));
        world.Record(before: null, Ann);
        world.Settle();
        world.Declare(WithImage("hello:2"), Ann);
        world.Settle();
        Assert.Equal("Complete", world.Records[^1].Status!.Outcome);
        return world;
    }

    private static Func<Deployment, Deployment> WithImage(string image) =>
        deployment => deployment with { Spec = deployment.Spec with { Template = Make.WithImage(deployment.Spec.Template, image) } };
}
