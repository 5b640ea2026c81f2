using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>What a rollout says of itself, word for word where clients show it, and what it is called.</summary>
public sealed class RolloutTextsTests
{
    [Fact]
    public void Progress_says_what_each_pass_found()
    {
        TestWorld world = Started();
        string name = world.ReplicaSets[0].Name;
        Assert.Equal($"Created new replica set \"{name}\"", world.Condition("Progressing").Message);
        Assert.Equal(("False", "Deployment does not have minimum availability."), (world.Condition("Available").Status, world.Condition("Available").Message));

        world.Pass();
        Assert.Equal($"ReplicaSet \"{name}\" is progressing.", world.Condition("Progressing").Message);

        world.SetReady(_ => true);
        world.Pass();
        Assert.Equal($"ReplicaSet \"{name}\" has successfully progressed.", world.Condition("Progressing").Message);
        Assert.Equal(("True", "Deployment has minimum availability."), (world.Condition("Available").Status, world.Condition("Available").Message));
    }

    [Fact]
    public void Progress_says_that_it_is_paused_resumed_and_out_of_time()
    {
        TestWorld world = Started();
        world.SetPaused(true);
        world.Pass();
        Assert.Equal("Deployment is paused", world.Condition("Progressing").Message);

        world.SetPaused(false);
        world.Pass();
        Assert.Equal("Deployment is resumed", world.Condition("Progressing").Message);

        world.PassUntilQuiet();
        world.Now = world.Now.AddSeconds(600);
        world.Pass();
        Assert.Equal($"ReplicaSet \"{world.ReplicaSets[0].Name}\" has timed out progressing.", world.Condition("Progressing").Message);
    }

    [Fact]
    public void A_ReplicaSet_that_was_found_is_named()
    {
        TestWorld world = new();
        Deployment deployment = Make.Deployment(replicas: 2);
        world.Store(deployment);
        world.Store(Make.Revision(deployment, 1, replicas: 2));

        world.Pass();

        Assert.Equal("Found new replica set \"hello-r1\"", world.Condition("Progressing").Message);
    }

    [Fact]
    public void Scaling_is_told_up_and_down_with_both_numbers()
    {
        TestWorld world = Started();
        string name = world.ReplicaSets[0].Name;
        world.Settle();
        world.SetReplicas(5);
        world.Pass();
        world.SetReplicas(2);
        world.Pass();

        Assert.Equal(
            [$"Scaled up replica set {name} from 0 to 3", $"Scaled up replica set {name} from 3 to 5", $"Scaled down replica set {name} from 5 to 2"],
            world.Messages.Where(message => message.StartsWith("ScalingReplicaSet: ", StringComparison.Ordinal)).Select(message => message["ScalingReplicaSet: ".Length..]));
    }

    [Fact]
    public void A_revision_that_is_given_up_is_told_with_where_it_goes_back_to()
    {
        TestWorld world = Releases.Served();
        Releases.Release(world, "hello:2");
        Releases.Annotate(world, RolloutRequests.Abort, RolloutRequests.Format(2, world.Now));
        world.Pass();

        Assert.Contains($"RolloutFailed: ReplicaSet \"{world.ByImage("hello:2").Name}\" was given up", world.Messages);
        Assert.Contains($"RollingBack: Going back to revision 1 (ReplicaSet \"{world.ByImage("hello:1").Name}\")", world.Messages);
        Assert.Equal("Aborted", Outcomes.FailureOf(world.ByImage("hello:2"))!.Reason);
        Condition complete = world.ByImage("hello:1").Status!.Conditions.Single(condition => condition.Type == "Complete");
        Assert.Equal(("True", "NewReplicaSetAvailable", "The revision has been complete."), (complete.Status, complete.Reason, complete.Message));
    }

    [Theory]
    [InlineData("7", "DeploymentRollbackRevisionNotFound: Unable to find the revision to rollback to.")]
    [InlineData("0", "DeploymentRollbackRevisionNotFound: Unable to find last revision.")]
    public void A_legacy_rollback_to_nothing_says_so(string revision, string message)
    {
        TestWorld world = Releases.Served();
        Releases.Annotate(world, Rollback.Annotation, revision);
        world.Pass();

        Assert.Contains(message, world.Messages);
    }

    /// <summary>A description is cut at 250 characters, its end said by an ellipsis.</summary>
    [Theory]
    [InlineData(237, 250, 'x')]
    [InlineData(238, 250, '…')]
    public void A_long_change_is_cut(int imageLength, int length, char last)
    {
        string text = TemplateChange.Describe(null, Make.Template(new string('x', imageLength)));

        Assert.Equal((length, last), (text.Length, text[^1]));
    }

    [Fact]
    public void Several_changes_are_told_in_the_order_of_the_containers_and_then_what_is_gone()
    {
        PodTemplateSpec before = With([new Container { Name = "init", Image = "i:1" }], [new Container { Name = "a", Image = "a:1" }, new Container { Name = "z", Image = "z:1" }, new Container { Name = "y", Image = "y:1" }]);
        PodTemplateSpec after = With([new Container { Name = "init", Image = "i:2" }], [new Container { Name = "a", Image = "a:1", WorkingDir = "/" }, new Container { Name = "b" }]);

        Assert.Equal("image of init from i:1 to i:2, container a, container b added, container y removed, container z removed", TemplateChange.Describe(before, after));
        Assert.Equal("created with i:2, a:1, ", TemplateChange.Describe(null, after));
        Assert.Equal(["i:2", "a:1", ""], TemplateChange.Images(after));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("kubectl/v1.36.0 (linux/amd64)", "kubectl/v1.36.0")]
    public void The_program_is_its_first_word(string userAgent, string? program) => Assert.Equal(program, Declared("hello", userAgent)!.Spec.UserAgent);

    [Fact]
    public void Long_names_and_programs_are_cut_where_they_would_not_fit()
    {
        DeploymentRevision record = Declared(new string('n', 253), new string('p', 129))!;

        Assert.Equal((253, 128), (record.Name.Length, record.Spec.UserAgent!.Length));
        Assert.Matches("^n{245}-1-[a-z0-9]{5}$", record.Name);
        Assert.Matches("^hello-1-[a-z0-9]{5}$", Declared("hello", "")!.Name);
        Assert.Equal(128, Declared("hello", new string('p', 128))!.Spec.UserAgent!.Length);
    }

    [Fact]
    public void A_record_is_the_Deployments_and_goes_with_it_without_holding_it()
    {
        DeploymentRevision record = Declared("hello", "")!;

        Assert.Equal((TestWorld.Namespace, "deployment-uid", null), (record.Namespace, record.Metadata.Controller!.Uid, record.Metadata.Controller.BlockOwnerDeletion));
        Assert.Equal((1L, "ann", Make.Start, Make.Start), (record.Spec.Generation, record.Spec.StartedBy, record.Spec.StartedAt, record.Metadata.CreationTimestamp));
        Assert.Equal("DeploymentRevision", record.Kind);
        Assert.Equal(["hello:1"], record.Spec.Images);
    }

    [Fact]
    public void A_change_cause_without_a_program_names_the_author_alone()
    {
        TestWorld world = new();
        world.Store(Make.Deployment());
        world.Record(null, new Author("ann", ""));
        world.Settle();

        Assert.Equal("created with hello:1, by ann", world.ReplicaSets[0].Metadata.Annotations["kubernetes.io/change-cause"]);
    }

    /// <summary>A revision's history keeps 2,000 characters: the oldest are forgotten, whole numbers at a time.</summary>
    [Fact]
    public void A_long_history_forgets_its_oldest_revisions()
    {
        Deployment deployment = Make.Deployment();
        ReplicaSet replicaSet = Make.Revision(deployment, 1, 3);
        for (int revision = 2; revision <= 1_000; revision++)
        {
            replicaSet = Revisions.OnNew(replicaSet, deployment, revision);
        }

        string history = replicaSet.Metadata.Annotations["deployment.kubernetes.io/revision-history"]!;
        Assert.InRange(history.Length, 1_996, 2_000);
        Assert.EndsWith(",998,999", history, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(999 - history.Split(',').Length + 1, history.Split(',').Length), history.Split(',').Select(int.Parse));
    }

    [Fact]
    public void A_long_Deployments_ReplicaSet_has_a_name_that_fits()
    {
        TestWorld world = new();
        Deployment deployment = Make.Deployment();
        world.Store(deployment with { Metadata = deployment.Metadata with { Name = new string('d', 253) } });
        world.Pass();

        ReplicaSet made = world.ReplicaSets[0];
        string hash = made.Metadata.Labels["pod-template-hash"]!;
        Assert.Equal($"{new string('d', 252 - hash.Length)}-{hash}", made.Name);
        Assert.Equal(("apps/v1", "ReplicaSet", 1L, world.Now), (made.ApiVersion, made.Kind, made.Metadata.Generation, made.Metadata.CreationTimestamp));
    }

    /// <summary>FNV-1a (32 bit) of nothing is 2166136261 and of "a" 3826002220; a digit is the letter at its character code's place, modulo 27.</summary>
    [Theory]
    [InlineData("", "65bb57b6b5")]
    [InlineData("a", "7d6b446664")]
    public void A_hash_is_FNV_1a_in_safe_letters(string text, string expected) => Assert.Equal(expected, Templates.HashOf(System.Text.Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void A_templates_hash_moves_with_the_collision_count_alone()
    {
        PodTemplateSpec template = Make.Template("hello:1");

        Assert.Distinct(new[] { Templates.Hash(template, null), Templates.Hash(template, 0), Templates.Hash(template, 1), Templates.Hash(template, 256) });
        Assert.Equal(Templates.Hash(template, 1), Templates.Hash(Templates.WithHash(template, "any"), 1));
        Assert.Same(template, Templates.WithoutHash(template));
    }

    private static PodTemplateSpec With(Container[] init, Container[] containers) =>
        Make.Template("") is var template ? template with { Spec = template.Spec with { InitContainers = [.. init], Containers = [.. containers] } } : template;

    private static DeploymentRevision? Declared(string name, string userAgent)
    {
        Deployment deployment = Make.Deployment();
        return RevisionRecords.Declared(null, deployment with { Metadata = deployment.Metadata with { Name = name } }, new Author("ann", userAgent), Make.Start, new IdSource(1));
    }

    private static TestWorld Started()
    {
        TestWorld world = new();
        world.Store(Make.Deployment(replicas: 3));
        world.Pass();
        return world;
    }
}
