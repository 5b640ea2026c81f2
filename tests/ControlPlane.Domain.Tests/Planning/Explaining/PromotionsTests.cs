using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules;
using ControlPlane.Domain.Rules.Validation;

namespace ControlPlane.Domain.Tests.Planning.Explaining;

/// <summary>From one environment to the next.</summary>
public sealed class PromotionsTests
{
    private const string Digest = "hello@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string LocalId = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    private static readonly PromotionOptions ToProduction = new() { ToNamespace = "production" };

    private readonly Deployment source = Make.Deployment(image: "hello:2");

    [Fact]
    public void Apply_ProvenRevision_CarriesItsImagesByDigestAndNothingElse()
    {
        Deployment target = Target();

        ActionOutcome.Done done = Done(target, Revision(2, "Complete", Digest));

        Deployment expected = target with { Spec = target.Spec with { Template = WithImage(target.Spec.Template, Digest) } };
        Assert.Equal(expected, done.Deployment);
        Assert.Equal(("revision 2 of default/hello is promoted to production/hello", 2), (done.Message, done.Revision));
        Assert.Equal(
            [new ImageChange { Container = Name(target), From = "hello:1", To = Digest }], Promotions.ChangesBetween(target.Spec.Template, done.Deployment.Spec.Template));
    }

    [Fact]
    public void Apply_Again_ChangesNothing()
    {
        Deployment promoted = Done(Target(), Revision(2, "Complete", Digest)).Deployment;

        Assert.Equal(
            new ActionOutcome.Done(promoted, "production/hello declares the images of revision 2 already", 2), Done(promoted, Revision(2, "Complete", Digest)));
    }

    [Fact]
    public void Apply_ContainersOfTheTargetAlone_AreLeftAsTheyAre()
    {
        Deployment target = Target();
        PodSpec spec = target.Spec.Template.Spec;
        Container sidecar = spec.Containers[0] with { Name = "sidecar", Image = "sidecar:1" };
        target = target with { Spec = target.Spec with { Template = target.Spec.Template with { Spec = spec with { Containers = [sidecar, .. spec.Containers] } } } };

        Deployment promoted = Done(target, Revision(2, "Complete", Digest)).Deployment;

        Assert.Equal(["sidecar:1", Digest], promoted.Spec.Template.Spec.Containers.Select(container => container.Image));
    }

    [Fact]
    public void Apply_InitContainers_AreCarriedToo()
    {
        ReplicaSet revision = WithInit(Revision(2, "Complete", Digest));
        Deployment target = Target();
        Deployment withInit = target with
        {
            Spec = target.Spec with
            {
                Template = target.Spec.Template with { Spec = target.Spec.Template.Spec with { InitContainers = [new Container { Name = "init", Image = "hello:0" }] } },
            },
        };

        PromotionOptions options = ToProduction with { Revision = 2 };

        ActionOutcome.Done done = Assert.IsType<ActionOutcome.Done>(Promotions.Apply(source, [revision], options, withInit));

        Assert.Equal(Digest, done.Deployment.Spec.Template.Spec.InitContainers[0].Image);
        Assert.Equal("production/hello has no container init, which revision 2 has: apply its manifests first", NotNow(target, options, revision));
    }

    [Theory]
    [InlineData("", "revision 2 has not proven itself: it has not been complete yet")]
    [InlineData("Failed", "revision 2 has failed: why")]
    public void Apply_RevisionThatIsNotProven_IsNotNow(string outcome, string because) => Assert.Equal(because, NotNow(Target(), ToProduction, Revision(2, outcome, Digest)));

    [Fact]
    public void Apply_OlderProvenRevision_IsPromotedWhileTheNextIsOnTrial()
    {
        ReplicaSet[] both = [Revision(1, "Complete", Digest), Revision(2, "", null)];

        Assert.IsType<ActionOutcome.NotNow>(Promotions.Apply(source, both, ToProduction, Target()));
        ActionOutcome.Done done = Assert.IsType<ActionOutcome.Done>(Promotions.Apply(source, both, ToProduction with { Revision = 1 }, Target()));
        Assert.Equal(1, done.Revision);
    }

    [Fact]
    public void Apply_RevisionThatIsNone_IsInvalid()
    {
        ActionOutcome.Invalid invalid = Assert.IsType<ActionOutcome.Invalid>(
            Promotions.Apply(source, [Revision(2, "Complete", Digest)], ToProduction with { Revision = 7 }, Target()));

        Assert.Equal(("revision", "Invalid value: 7: there is no such revision; there are 2"), (invalid.Field, invalid.Because));
        Assert.Equal("its rollout has not begun yet; try again", NotNow(Target(), ToProduction));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(LocalId)]
    public void Apply_ImageWithoutARegistrysDigest_IsNotNowUnlessTagsAreAllowed(string? resolved)
    {
        ReplicaSet revision = Revision(2, "Complete", resolved);

        Assert.Contains("runs hello:2, of which no registry's digest is known", NotNow(Target(), ToProduction, revision), StringComparison.Ordinal);
        ActionOutcome.Done done = Assert.IsType<ActionOutcome.Done>(Promotions.Apply(source, [revision], ToProduction with { AllowTags = true }, Target()));
        Assert.Equal("hello:2", done.Deployment.Spec.Template.Spec.Containers[0].Image);
    }

    [Fact]
    public void Apply_ImageThatIsDeclaredByDigest_IsCarriedAsItStands()
    {
        Deployment pinned = Make.Deployment(image: Digest);
        ReplicaSet revision = Make.Revision(pinned, 1, 0);
        revision = revision with { Spec = revision.Spec with { Template = WithImage(revision.Spec.Template, Digest) }, Status = StatusOf("Complete") };

        ActionOutcome.Done done = Assert.IsType<ActionOutcome.Done>(Promotions.Apply(pinned, [revision], ToProduction, Target()));

        Assert.Equal(Digest, done.Deployment.Spec.Template.Spec.Containers[0].Image);
    }

    [Fact]
    public void Apply_TargetIsItselfOrLeaving_IsRefused()
    {
        ReplicaSet revision = Revision(2, "Complete", Digest);
        Deployment leaving = Target() with { Metadata = Target().Metadata with { DeletionTimestamp = Make.Start } };

        ActionOutcome.Invalid itself = Assert.IsType<ActionOutcome.Invalid>(Promotions.Apply(source, [revision], new PromotionOptions { ToNamespace = "default" }, source));
        Assert.Equal("toNamespace", itself.Field);
        Assert.Equal("production/hello is being deleted", NotNow(leaving, ToProduction, revision));
    }

    /// <summary>Somebody's words for the images until now would be told of the new ones; where nobody gave any, the revision is given its own.</summary>
    [Theory]
    [InlineData(null, null, null)]
    [InlineData("my words", null, "promoted from default/hello, revision 2")]
    [InlineData("filled in", "filled in", "filled in")]
    public void Apply_ChangeCauseOfTheTarget_IsReplacedWhereAPersonGaveIt(string? cause, string? filled, string? expected)
    {
        Deployment target = Target();
        ValueMap<string> annotations = target.Metadata.Annotations;
        annotations = cause is null ? annotations : annotations.SetItem("kubernetes.io/change-cause", cause);
        annotations = filled is null ? annotations : annotations.SetItem("controlplane.dev/filled-change-cause", filled);
        target = target with { Metadata = target.Metadata with { Annotations = annotations } };

        Assert.Equal(expected, Done(target, Revision(2, "Complete", Digest)).Deployment.Metadata.Annotations["kubernetes.io/change-cause"]);
        Assert.Equal("promoted from default/hello, revision 2", Promotions.CauseOf(source, [Revision(2, "Complete", Digest)], ToProduction));
    }

    [Theory]
    [InlineData("", null, null, "toNamespace", "Required value")]
    [InlineData("Production", null, null, "toNamespace", "Invalid value")]
    [InlineData("production", "a b", null, "toName", "Invalid value")]
    [InlineData("production", null, 0L, "revision", "must be greater than or equal to 1")]
    public void Options_ThatAreWrong_AreRefusedAtTheirField(string space, string? name, long? revision, string field, string message)
    {
        FieldError error = Assert.Single(PromotionOptionsValidator.ErrorsOf(new PromotionOptions { ToNamespace = space, ToName = name, Revision = revision }));

        Assert.Equal(field, error.Field);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_ThatAreRight_AreTaken() => Assert.Empty(PromotionOptionsValidator.ErrorsOf(ToProduction with { ToName = "hello.2", Revision = 1 }));

    private ActionOutcome.Done Done(Deployment target, params ReplicaSet[] replicaSets) =>
        Assert.IsType<ActionOutcome.Done>(Promotions.Apply(source, replicaSets, ToProduction, target));

    private string NotNow(Deployment target, PromotionOptions options, params ReplicaSet[] replicaSets) =>
        Assert.IsType<ActionOutcome.NotNow>(Promotions.Apply(source, replicaSets, options, target)).Because;

    /// <summary>Another image, other replicas, another environment.</summary>
    private Deployment Target()
    {
        PodTemplateSpec template = WithImage(source.Spec.Template, "hello:1");
        Container container = template.Spec.Containers[0] with { Env = [new EnvVar { Name = "COLOUR", Value = "green" }] };
        return source with
        {
            Metadata = source.Metadata with { Namespace = "production", Uid = "another" },
            Spec = source.Spec with { Replicas = 20, Template = template with { Spec = template.Spec with { Containers = [container] } } },
        };
    }

    private ReplicaSet Revision(int revision, string outcome, string? resolved)
    {
        ReplicaSet made = Make.Revision(source, revision, 0);
        made = resolved is null ? made : ResolvedImages.With(made, made.Spec.Template.Spec.Containers[0].Image!, resolved)!;
        return made with { Status = StatusOf(outcome) };
    }

    private static ReplicaSetStatus StatusOf(string outcome) =>
        new() { Conditions = outcome.Length == 0 ? [] : [new Condition { Type = outcome, Status = "True", Message = "why" }] };

    private static ReplicaSet WithInit(ReplicaSet replicaSet)
    {
        PodTemplateSpec template = replicaSet.Spec.Template;
        return replicaSet with
        {
            Spec = replicaSet.Spec with { Template = template with { Spec = template.Spec with { InitContainers = [new Container { Name = "init", Image = Digest }] } } },
        };
    }

    private static PodTemplateSpec WithImage(PodTemplateSpec template, string image) =>
        template with { Spec = template.Spec with { Containers = [template.Spec.Containers[0] with { Image = image }] } };

    private static string Name(Deployment deployment) => deployment.Spec.Template.Spec.Containers[0].Name;
}
