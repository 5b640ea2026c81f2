using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>Who started each revision and how it ended, and the change cause that is filled in.</summary>
public sealed class RevisionRecordTests
{
    private const string ChangeCause = "kubernetes.io/change-cause";

    private static readonly Author Ann = new("ann", "kubectl/v1.36.0 (linux/amd64) kubernetes/a1b2c3d");

    [Fact]
    public void A_declaration_is_on_record_with_who_made_it_and_how_it_ended()
    {
        TestWorld world = Started();
        DateTimeOffset declaredAt = world.Now;
        SetImage(world, "hello:2");
        world.Settle();

        DeploymentRevision record = world.Records[^1];
        Assert.Equal(("ann", "kubectl/v1.36.0", declaredAt), (record.Spec.StartedBy, record.Spec.UserAgent, record.Spec.StartedAt));
        Assert.Equal("image of main from hello:1 to hello:2", record.Spec.Change);
        Assert.Equal((2L, world.ByImage("hello:2").Name, "Complete"), (record.Status!.Revision, record.Status.ReplicaSet, record.Status.Outcome));
        Assert.InRange(record.Status.EndedAt!.Value, declaredAt.AddSeconds(1), world.Now);
        Assert.Equal(["Complete", "Complete"], world.Records.Select(item => item.Status!.Outcome));
        Assert.Equal("deployment-uid", record.Metadata.Controller!.Uid);
    }

    [Fact]
    public void A_revision_without_pods_has_proven_nothing()
    {
        TestWorld world = Started();
        world.SetReplicas(0);
        world.Settle();
        SetImage(world, "hello:2");
        world.Settle();
        Assert.Equal("Progressing", world.Records[^1].Status!.Outcome);

        world.SetReplicas(3);
        world.PassUntilQuiet();
        Assert.Equal("Progressing", world.Records[^1].Status!.Outcome);

        world.Settle();
        Assert.Equal("Complete", world.Records[^1].Status!.Outcome);
    }

    [Fact]
    public void Scaling_pausing_and_labels_are_no_declaration()
    {
        TestWorld world = Started();

        world.Declare(deployment => deployment with { Spec = deployment.Spec with { Replicas = 5, Paused = true } }, Ann);

        Assert.Single(world.Records);
    }

    [Fact]
    public void A_failed_revision_is_on_record_with_its_cause_and_a_retry_opens_it_again()
    {
        TestWorld world = Started();
        SetImage(world, "hello:2");
        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(601);
        world.PassUntilQuiet();

        DeploymentRevisionStatus failed = world.Records[^1].Status!;
        Assert.Equal(("Failed", "ProgressDeadlineExceeded"), (failed.Outcome, failed.Reason));
        Assert.Contains("timed out progressing", failed.Message, StringComparison.Ordinal);
        Assert.Equal(world.Condition("Progressing").LastTransitionTime, failed.EndedAt);

        world.Now = world.Now.AddSeconds(1);
        world.Change(deployment => deployment with
        {
            Metadata = deployment.Metadata with
            {
                Annotations = deployment.Metadata.Annotations.SetItem(RolloutRequests.Retry, RolloutRequests.Format(2, world.Now)),
            },
        });
        world.Pass();
        Assert.Equal(("Progressing", null, null), (world.Records[^1].Status!.Outcome, world.Records[^1].Status!.Reason, world.Records[^1].Status!.EndedAt));
    }

    [Fact]
    public void A_revision_that_is_overtaken_ends_as_superseded_and_one_that_never_came_to_be_is_forgotten()
    {
        TestWorld world = Started();
        SetImage(world, "hello:2");
        world.Pass();
        SetImage(world, "hello:3");
        SetImage(world, "hello:4");
        world.Settle();

        Assert.Equal(
            [(1L, "Complete"), (2L, "Superseded"), (3L, "Complete")],
            world.Records.Select(record => (record.Status!.Revision!.Value, record.Status.Outcome!)));
        Assert.Equal("image of main from hello:3 to hello:4", world.Records[^1].Spec.Change);
    }

    [Fact]
    [Trait(RunLength.Trait, RunLength.Long)]
    public void Records_outlive_their_ReplicaSets_and_the_last_fifty_are_kept()
    {
        TestWorld world = Started(revisionHistoryLimit: 0);
        for (int i = 2; i <= 60; i++)
        {
            SetImage(world, $"hello:{i}");
            world.Settle();
        }

        Assert.Single(world.ReplicaSets);
        Assert.Equal(Enumerable.Range(11, 50).Select(revision => (long?)revision), world.Records.Select(record => record.Status!.Revision));
        DeploymentHistory history = DeploymentHistories.Of(world.Deployment!, world.ReplicaSets, world.Records);
        Assert.Equal((60L, "Complete"), (history.Items[0].Revision, history.Items[0].Outcome));
        Assert.NotNull(history.Items[0].ReplicaSet);
        Assert.Null(history.Items[1].ReplicaSet);
        Assert.Equal(history.Items[0].EndedAt - history.Items[0].StartedAt, TimeSpan.FromSeconds(history.Items[0].DurationSeconds!.Value));
    }

    [Fact]
    public void The_history_says_how_long_a_revision_took()
    {
        DateTimeOffset noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
        DeploymentRevision record = RevisionRecords.Declared(stored: null, Make.Deployment(), Ann, noon, new IdSource(1))!;
        record = record with { Status = new DeploymentRevisionStatus { Outcome = RevisionRecords.Complete, EndedAt = noon.AddSeconds(42) } };

        Assert.Equal(42, Assert.Single(DeploymentHistories.Of(Make.Deployment(), [], [record]).Items).DurationSeconds);
    }

    [Fact]
    public void What_the_images_ran_as_is_on_record_outlives_the_ReplicaSet_and_holds_after_a_rollback()
    {
        string digest = $"hello@sha256:{new string('1', 64)}";
        TestWorld world = Started(revisionHistoryLimit: 1);
        world.Store(ResolvedImages.With(world.ByImage("hello:1"), "hello:1", digest)!);
        world.Settle();
        SetImage(world, "hello:2");
        world.Settle();
        SetImage(world, "hello:1");
        world.Settle();

        Assert.Equal(digest, ResolvedImages.Of(world.ByImage("hello:1"))["hello:1"]);
        Assert.Equal([ValueMap.Of(("hello:1", digest)), default, ValueMap.Of(("hello:1", digest))], History(world).Select(item => item.ResolvedImages));

        SetImage(world, "hello:3");
        world.Settle();
        SetImage(world, "hello:4");
        world.Settle();

        Assert.DoesNotContain(world.ReplicaSets, replicaSet => replicaSet.Spec.Template.Spec.Containers[0].Image == "hello:1");
        Assert.Equal(ValueMap.Of(("hello:1", digest)), History(world).Single(item => item.Revision == 3).ResolvedImages);
    }

    [Fact]
    public void A_change_cause_is_filled_in_when_the_user_gave_none()
    {
        TestWorld world = Started();
        Assert.Equal("created with hello:1, by ann with kubectl/v1.36.0", CauseOf(world, "hello:1"));

        SetImage(world, "hello:2");
        world.Settle();

        Assert.Equal("image of main from hello:1 to hello:2, by ann with kubectl/v1.36.0", CauseOf(world, "hello:2"));
        Assert.Equal(CauseOf(world, "hello:2"), world.Records[^1].Status!.ChangeCause);
        Assert.Null(world.Deployment!.Metadata.Annotations[ChangeCause]);
    }

    [Fact]
    public void A_change_cause_of_the_users_own_is_kept()
    {
        TestWorld world = Started();
        world.Declare(deployment => Annotated(WithImage(deployment, "hello:2"), (ChangeCause, "ticket 7")), Ann);
        world.Settle();

        Assert.Equal("ticket 7", CauseOf(world, "hello:2"));
        Assert.Equal("ticket 7", world.Records[^1].Status!.ChangeCause);
    }

    /// <summary>kubectl's undo replaces the Deployment's annotations by the ReplicaSet's, but for a few of the server's own.</summary>
    [Fact]
    public void A_filled_change_cause_that_kubectl_copied_to_the_Deployment_does_not_stick_to_later_revisions()
    {
        TestWorld world = Started();
        SetImage(world, "hello:2");
        world.Settle();
        ValueMap<string> copied = world.ByImage("hello:1").Metadata.Annotations
            .Where(annotation => !annotation.Key.StartsWith("deployment.kubernetes.io/", StringComparison.Ordinal))
            .ToValueMap();
        Assert.NotNull(copied[ChangeCause]);

        world.Declare(deployment => Annotated(WithImage(deployment, "hello:1"), [.. copied.Select(pair => (pair.Key, pair.Value))]), Ann);
        world.Settle();
        Assert.Equal("back to revision 1: image of main from hello:2 to hello:1, by ann with kubectl/v1.36.0", CauseOf(world, "hello:1"));

        SetImage(world, "hello:3");
        world.Settle();
        Assert.Equal("image of main from hello:1 to hello:3, by ann with kubectl/v1.36.0", CauseOf(world, "hello:3"));
    }

    [Fact]
    public void The_legacy_rollback_is_on_record_too()
    {
        TestWorld world = Started();
        SetImage(world, "hello:2");
        world.Settle();
        world.Change(deployment => Annotated(deployment, ("deprecated.deployment.rollback.to", "1")));
        world.Settle();

        DeploymentRevision record = world.Records[^1];
        Assert.Equal(("system:reconciler", 3L, "Complete"), (record.Spec.StartedBy, record.Status!.Revision, record.Status.Outcome));
        Assert.Null(world.Deployment!.Metadata.Annotations[ChangeCause]);
    }

    [Fact]
    public void The_legacy_rollback_is_its_askers()
    {
        TestWorld world = Started();
        SetImage(world, "hello:2");
        world.Settle();
        world.Change(deployment => RollbackAuthor.Signed(deployment, Annotated(deployment, ("deprecated.deployment.rollback.to", "1")), Ann));
        Assert.Equal("ann with kubectl/v1.36.0", world.Deployment!.Metadata.Annotations[RollbackAuthor.Annotation]);
        world.Settle();

        DeploymentRevision record = world.Records[^1];
        Assert.Equal(("ann", "kubectl/v1.36.0", 3L), (record.Spec.StartedBy, record.Spec.UserAgent, record.Status!.Revision));
        Assert.Null(world.Deployment!.Metadata.Annotations[RollbackAuthor.Annotation]);
        Assert.DoesNotContain(world.ReplicaSets, replicaSet => replicaSet.Metadata.Annotations[RollbackAuthor.Annotation] is not null);
    }

    /// <summary>Who asked first, who asks for something else, and who only says who asked.</summary>
    [Theory]
    [InlineData("1", "ann with kubectl/v1.36.0", "1", "ann with kubectl/v1.36.0")]
    [InlineData("1", "ann with kubectl/v1.36.0", "2", "bob with ")]
    [InlineData(null, null, "1", "bob with ")]
    [InlineData("1", "ann with kubectl/v1.36.0", null, null)]
    [InlineData(null, null, null, null)]
    public void A_legacy_rollback_is_signed_by_who_asks_for_it_whatever_they_write(string? before, string? beforeBy, string? asked, string? askedBy)
    {
        Deployment stored = Requested(before, beforeBy);

        Deployment signed = RollbackAuthor.Signed(stored, Requested(asked, "eve with a-lie"), new Author("bob", ""));

        Assert.Equal(askedBy, signed.Metadata.Annotations[RollbackAuthor.Annotation]);
        Assert.Equal(asked, signed.Metadata.Annotations["deprecated.deployment.rollback.to"]);
    }

    private static Deployment Requested(string? asked, string? askedBy)
    {
        Deployment deployment = Make.Deployment();
        deployment = asked is null ? deployment : Annotated(deployment, ("deprecated.deployment.rollback.to", asked));
        return askedBy is null ? deployment : Annotated(deployment, (RollbackAuthor.Annotation, askedBy));
    }

    [Fact]
    public void A_revision_from_before_records_were_kept_is_told_by_its_ReplicaSet()
    {
        TestWorld world = new();
        world.Store(Make.Deployment());
        world.Settle();

        DeploymentHistoryItem item = Assert.Single(DeploymentHistories.Of(world.Deployment!, world.ReplicaSets, []).Items);

        Assert.Equal((1L, "Complete", null), (item.Revision, item.Outcome, item.StartedBy));
        Assert.Equal(["hello:1"], item.Images);
    }

    [Theory]
    [InlineData("restart", "restart")]
    [InlineData("env", "container main")]
    [InlineData("sidecar", "container log added")]
    [InlineData("grace", "pod template")]
    [InlineData("image+restart", "image of main from hello:1 to hello:2, restart")]
    public void A_change_is_told_in_a_few_words(string change, string words)
    {
        PodTemplateSpec before = Make.Template("hello:1");
        PodTemplateSpec after = change == "image+restart" ? Make.Template("hello:2") : before;
        after = change switch
        {
            "env" => after with { Spec = after.Spec with { Containers = [after.Spec.Containers[0] with { Env = [new EnvVar { Name = "A", Value = "b" }] }] } },
            "sidecar" => after with { Spec = after.Spec with { Containers = [.. after.Spec.Containers, new Container { Name = "log", Image = "log:1" }] } },
            "grace" => after with { Spec = after.Spec with { TerminationGracePeriodSeconds = 5 } },
            _ => after with { Metadata = after.Metadata with { Annotations = ValueMap.Of(("kubectl.kubernetes.io/restartedAt", "now")) } },
        };

        Assert.Equal(words, TemplateChange.Describe(before, after));
        if (change == "sidecar")
        {
            Assert.Equal("container log removed", TemplateChange.Describe(after, before));
        }
    }

    private static ValueList<DeploymentHistoryItem> History(TestWorld world) => DeploymentHistories.Of(world.Deployment!, world.ReplicaSets, world.Records).Items;

    private static TestWorld Started(int revisionHistoryLimit = 10)
    {
        TestWorld world = new();
        world.Store(Make.Deployment(revisionHistoryLimit: revisionHistoryLimit));
        world.Record(null, Ann);
        world.Settle();
        return world;
    }

    private static void SetImage(TestWorld world, string image) => world.Declare(deployment => WithImage(deployment, image), Ann);

    private static Deployment WithImage(Deployment deployment, string image) =>
        deployment with { Spec = deployment.Spec with { Template = Make.WithImage(deployment.Spec.Template, image) } };

    private static Deployment Annotated(Deployment deployment, params ReadOnlySpan<(string Key, string Value)> annotations)
    {
        ValueMap<string> all = deployment.Metadata.Annotations;
        foreach ((string key, string value) in annotations)
        {
            all = all.SetItem(key, value);
        }

        return deployment with { Metadata = deployment.Metadata with { Annotations = all } };
    }

    private static string? CauseOf(TestWorld world, string image) => world.ByImage(image).Metadata.Annotations[ChangeCause];
}
