using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>Revisions, their annotations, how they are named, kept and gone back to.</summary>
public sealed class RevisionTests
{
    private const string ChangeCause = "kubernetes.io/change-cause";

    [Fact]
    public void Declaring_an_old_template_again_reuses_its_ReplicaSet_under_a_new_revision()
    {
        TestWorld world = Rolled("hello:1", "hello:2");
        world.SetImage("hello:1");
        world.Settle();

        ReplicaSet first = world.ByImage("hello:1");
        Assert.Equal(2, world.ReplicaSets.Count);
        Assert.Equal("3", first.Metadata.Annotations[Revisions.Revision]);
        Assert.Equal("1", first.Metadata.Annotations[Revisions.RevisionHistory]);
        Assert.Equal("3", world.Deployment!.Metadata.Annotations[Revisions.Revision]);
    }

    [Fact]
    public void Revisions_are_64_bit()
    {
        TestWorld world = Rolled("hello:1");
        ReplicaSet first = world.ByImage("hello:1");
        world.Store(first with { Metadata = first.Metadata with { Annotations = first.Metadata.Annotations.SetItem(Revisions.Revision, "4294967296") } });
        world.SetImage("hello:2");
        world.Settle();

        Assert.Equal("4294967297", world.Deployment!.Metadata.Annotations[Revisions.Revision]);
    }

    /// <summary>Requests, records and outcomes name a revision by its number, so there has to be one.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("first")]
    [InlineData("9223372036854775808")]
    public void A_revision_that_cannot_be_read_is_replaced_and_is_not_in_the_history(string text)
    {
        TestWorld world = Rolled("hello:1", "hello:2");
        ReplicaSet first = world.ByImage("hello:1");
        world.Store(first with { Metadata = first.Metadata with { Annotations = first.Metadata.Annotations.SetItem(Revisions.Revision, text) } });
        world.SetImage("hello:1");
        world.Settle();

        ValueMap<string> annotations = world.ByImage("hello:1").Metadata.Annotations;
        Assert.Equal(("3", null), (annotations[Revisions.Revision], annotations[Revisions.RevisionHistory]));
        Assert.Equal("3", world.Deployment!.Metadata.Annotations[Revisions.Revision]);
    }

    [Fact]
    public void The_change_cause_is_copied_the_last_applied_configuration_is_not()
    {
        TestWorld world = new();
        Deployment deployment = Make.Deployment();
        world.Store(deployment with { Metadata = deployment.Metadata with { Annotations = ValueMap.Of((ChangeCause, "first"), (Revisions.LastApplied, "{}")) } });
        world.Pass();

        Assert.Equal("first", world.ReplicaSets[0].Metadata.Annotations[ChangeCause]);
        Assert.Null(world.ReplicaSets[0].Metadata.Annotations[Revisions.LastApplied]);
    }

    [Theory]
    [InlineData(10, 4)]
    [InlineData(2, 3)]
    [InlineData(0, 1)]
    public void The_history_keeps_as_many_old_ReplicaSets_as_its_limit(int limit, int kept)
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 1, revisionHistoryLimit: limit));
        world.Settle();
        foreach (string image in new[] { "hello:2", "hello:3", "hello:4" })
        {
            world.SetImage(image);
            world.Settle();
        }

        Assert.Equal(kept, world.ReplicaSets.Count);
        Assert.NotNull(world.ByImage("hello:4"));
    }

    /// <summary>Revisions 1, 2, 3 and 5 are old and two are kept: 1 and 2 go, or 2 alone while 1 has a pod.</summary>
    [Theory]
    [InlineData(0, new[] { 1, 2 })]
    [InlineData(1, new[] { 2 })]
    public void Beyond_the_limit_the_lowest_revisions_go_as_far_as_they_have_no_pods(int podsOfTheFirst, int[] gone)
    {
        Deployment deployment = Make.Deployment(revisionHistoryLimit: 2);
        Rollout rollout = new()
        {
            Deployment = deployment,
            New = RollingUpdateTests.Member(deployment, 6, (3, 3)),
            Old =
            [
                RollingUpdateTests.Member(deployment, 1, (podsOfTheFirst, 0)), RollingUpdateTests.Member(deployment, 2, (0, 0)), RollingUpdateTests.Member(deployment, 3, (0, 0)),
                RollingUpdateTests.Member(deployment, 5, (0, 0)),
            ],
        };

        Assert.Equal(gone, History.Surplus(rollout).Select(member => (int)Revisions.Of(member.ReplicaSet)));
    }

    [Fact]
    public void An_old_ReplicaSet_is_kept_while_it_has_a_terminating_pod()
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 1, maxSurge: 1, revisionHistoryLimit: 0));
        world.Settle();
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        Assert.Equal(2, world.ReplicaSets.Count);

        world.EndTerminating();
        world.PassUntilQuiet();

        Assert.Single(world.ReplicaSets);
    }

    [Fact]
    public void A_ReplicaSet_that_a_finalizer_holds_is_marked_not_removed()
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 1, revisionHistoryLimit: 0));
        world.Settle();
        ReplicaSet first = world.ByImage("hello:1");
        world.Store(first with { Metadata = first.Metadata with { Finalizers = ["foregroundDeletion"] } });
        world.SetImage("hello:2");
        world.Settle();

        Assert.True(world.ByImage("hello:1").Metadata.IsDeleting);
    }

    [Fact]
    public void A_hash_that_another_ReplicaSet_has_moves_the_collision_count_on()
    {
        Deployment deployment = Make.Deployment();
        string taken = $"hello-{Templates.Hash(deployment.Spec.Template, null)}";
        TestWorld world = new();
        world.Store(deployment);

        Plan plan = WorkloadPlanner.Plan(world.Snapshot() with { IsReplicaSetNameTaken = name => name == taken });
        world.Apply(plan);

        Assert.Equal(1, world.Status.CollisionCount);
        Assert.Equal($"hello-{Templates.Hash(deployment.Spec.Template, 1)}", Assert.Single(world.ReplicaSets).Name);
        world.Settle();
        Assert.Equal(1, world.Status.CollisionCount);
    }

    [Fact]
    public void The_hash_is_in_name_labels_selector_and_template()
    {
        TestWorld world = Rolled("hello:1");
        ReplicaSet made = world.ByImage("hello:1");
        string hash = made.Metadata.Labels[Templates.HashLabel]!;

        Assert.Equal($"hello-{hash}", made.Name);
        Assert.Equal(hash, made.Spec.Selector!.MatchLabels[Templates.HashLabel]);
        Assert.Equal(hash, made.Spec.Template.Metadata.Labels[Templates.HashLabel]);
        Assert.All(hash, letter => Assert.Contains(letter, IdSource.NameAlphabet));
        Assert.All(world.Pods, pod => Assert.Equal(hash, pod.Metadata.Labels[Templates.HashLabel]));
    }

    [Fact]
    public void Of_two_ReplicaSets_with_the_template_the_oldest_is_the_new_one()
    {
        TestWorld world = new();
        Deployment deployment = Make.Deployment(replicas: 2, image: "hello:1");
        world.Store(deployment);
        world.Store(Make.Revision(deployment, 1, replicas: 0, image: "hello:1"));
        world.Store(Make.Revision(deployment, 2, replicas: 2, image: "hello:1"));
        world.Settle();

        Assert.Equal([2, 0], world.ReplicaSets.Select(replicaSet => replicaSet.Spec.Replicas));
    }

    [Theory]
    [InlineData("0", "hello:1", "DeploymentRollback: Rolled back deployment \"hello\" to revision 1")]
    [InlineData("1", "hello:1", "DeploymentRollback: Rolled back deployment \"hello\" to revision 1")]
    [InlineData("2", "hello:2", "DeploymentRollbackTemplateUnchanged: The rollback revision contains the same template as current deployment \"hello\"")]
    [InlineData("7", "hello:2", "DeploymentRollbackRevisionNotFound: Unable to find the revision to rollback to.")]
    public void The_legacy_rollback_annotation_is_acted_on_once(string revision, string image, string message)
    {
        TestWorld world = Rolled("hello:1", "hello:2");
        world.Change(deployment => deployment with
        {
            Metadata = deployment.Metadata with { Annotations = deployment.Metadata.Annotations.SetItem(Rollback.Annotation, revision) },
        });
        world.Settle();

        Assert.Equal(image, world.Deployment!.Spec.Template.Spec.Containers[0].Image);
        Assert.Null(world.Deployment.Metadata.Annotations[Rollback.Annotation]);
        Assert.Single(world.Messages, message);
        Assert.Equal(world.Deployment.Metadata.Generation, world.Status.ObservedGeneration);
    }

    /// <summary>
    /// The template of revision 1 is declared again, with a request to go back that means nothing: the pass that refuses it is the only one that sees revision 1 become 3, so it starts the clock. With
    /// Recreate nothing else would, for as long as the last old pod takes.
    /// </summary>
    [Fact]
    public void A_rollback_that_is_refused_leaves_the_clock_to_the_template_that_is_declared_again()
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 2, strategy: "Recreate"));
        world.Settle();
        world.SetImage("hello:2");
        world.Settle();
        world.Now = world.Now.AddSeconds(60);
        world.Change(deployment => deployment with
        {
            Metadata = deployment.Metadata with { Annotations = deployment.Metadata.Annotations.SetItem(Rollback.Annotation, "9") },
            Spec = deployment.Spec with { Template = Make.WithImage(deployment.Spec.Template, "hello:1") },
        });

        world.PassUntilQuiet();

        Condition progress = world.Condition("Progressing");
        Assert.Equal(("True", "ReplicaSetUpdated", world.Now), (progress.Status, progress.Reason, progress.LastUpdateTime));
        Assert.Contains("DeploymentRollbackRevisionNotFound: Unable to find the revision to rollback to.", world.Messages);
    }

    /// <summary>While paused, surplus history goes, but not what a rollback waits for.</summary>
    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public void A_rollback_that_waits_for_the_end_of_a_pause_keeps_its_revision(bool isAsked, int kept)
    {
        TestWorld world = Rolled("hello:1", "hello:2");
        world.Change(deployment => deployment with
        {
            Metadata = isAsked ? deployment.Metadata with { Annotations = deployment.Metadata.Annotations.SetItem(Rollback.Annotation, "1") } : deployment.Metadata,
            Spec = deployment.Spec with { Paused = true, RevisionHistoryLimit = 0 },
        });
        world.PassUntilQuiet();
        Assert.Equal(kept, world.ReplicaSets.Count);

        world.SetPaused(false);
        world.Settle();
        Assert.Equal(isAsked ? "hello:1" : "hello:2", world.Deployment!.Spec.Template.Spec.Containers[0].Image);
    }

    [Fact]
    public void A_rollback_brings_the_revisions_own_annotations_back()
    {
        TestWorld world = new();
        Deployment deployment = Make.Deployment();
        world.Store(deployment with { Metadata = deployment.Metadata with { Annotations = ValueMap.Of((ChangeCause, "first")) } });
        world.Settle();
        world.Change(current => current with { Metadata = current.Metadata with { Annotations = current.Metadata.Annotations.SetItem(ChangeCause, "second") } });
        world.SetImage("hello:2");
        world.Change(current => current with { Metadata = current.Metadata with { Annotations = current.Metadata.Annotations.SetItem(ChangeCause, "second") } });
        world.Settle();

        world.Change(current => current with { Metadata = current.Metadata with { Annotations = current.Metadata.Annotations.SetItem(Rollback.Annotation, "0") } });
        world.Settle();

        Assert.Equal("second", world.ByImage("hello:2").Metadata.Annotations[ChangeCause]);
        Assert.Equal(world.ByImage("hello:1").Metadata.Annotations[ChangeCause], world.Deployment!.Metadata.Annotations[ChangeCause]);
    }

    [Fact]
    public void A_Deployment_that_is_being_deleted_gets_its_status_and_nothing_else()
    {
        TestWorld world = Rolled("hello:1");
        world.SetImage("hello:2");
        world.Change(deployment => deployment with { Metadata = deployment.Metadata with { DeletionTimestamp = world.Now } });

        Plan plan = world.Pass();

        Write write = Assert.Single(plan.Writes);
        Assert.Equal(ResourceParts.Status, Assert.IsType<Write.Update>(write).Parts);
        Assert.Equal(plan.Preconditions, [Precondition.DesiredUnchanged.Of(world.Deployment!)]);
    }

    private static TestWorld Rolled(params string[] images)
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 2, image: images[0]));
        world.Settle();
        foreach (string image in images[1..])
        {
            world.SetImage(image);
            world.Settle();
        }

        return world;
    }
}
