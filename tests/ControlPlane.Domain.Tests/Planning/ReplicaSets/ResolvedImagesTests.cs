using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.ReplicaSets;

/// <summary>What the image names of a revision's template stand for.</summary>
public sealed class ResolvedImagesTests
{
    private static readonly string First = $"hello@sha256:{new string('1', 64)}";
    private static readonly string Second = $"hello@sha256:{new string('2', 64)}";
    private static readonly string Local = $"sha256:{new string('3', 64)}";

    [Fact]
    public void The_first_word_about_a_name_holds_and_the_template_stays_as_it_is()
    {
        ReplicaSet replicaSet = Make.ReplicaSet(image: "hello:1");

        ReplicaSet told = ResolvedImages.With(replicaSet, "hello:1", First)!;

        Assert.Equal(ValueMap.Of(("hello:1", First)), ResolvedImages.Of(told));
        Assert.Null(ResolvedImages.With(told, "hello:1", Second));
        Assert.Equal(replicaSet.Spec, told.Spec);
    }

    [Fact]
    public void Init_containers_images_are_kept_beside_the_others()
    {
        ReplicaSet replicaSet = Make.ReplicaSet(image: "hello:1");
        PodTemplateSpec template = replicaSet.Spec.Template;
        replicaSet = replicaSet with
        {
            Spec = replicaSet.Spec with { Template = template with { Spec = template.Spec with { InitContainers = [new Container { Name = "init", Image = "setup:1" }] } } },
        };

        ReplicaSet told = ResolvedImages.With(ResolvedImages.With(replicaSet, "hello:1", First)!, "setup:1", Local)!;

        Assert.Equal(ValueMap.Of(("hello:1", First), ("setup:1", Local)), ResolvedImages.Of(told));
    }

    [Theory]
    [InlineData("hello:2", "a name that somebody gave the pod, and not the template")]
    [InlineData("hello@sha256:1111111111111111111111111111111111111111111111111111111111111111", "a name that is a digest already")]
    public void A_name_that_is_not_the_templates_to_resolve_is_not_kept(string image, string because)
    {
        ReplicaSet replicaSet = Make.ReplicaSet(image: image.Contains('@', StringComparison.Ordinal) ? image : "hello:1");

        Assert.True(ResolvedImages.With(replicaSet, image, First) is null, because);
    }

    [Theory]
    [InlineData("not JSON")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("""{"hello:1":null}""")]
    [InlineData("""{"hello:1":"hello:latest"}""")]
    [InlineData("""{"hello:1":"other@sha256:1111111111111111111111111111111111111111111111111111111111111111"}""")]
    public void An_annotation_that_somebody_wrote_over_says_nothing_and_is_found_out_anew(string annotation)
    {
        ReplicaSet replicaSet = Make.ReplicaSet(image: "hello:1");
        replicaSet = replicaSet with { Metadata = replicaSet.Metadata with { Annotations = ValueMap.Of((ResolvedImages.Annotation, annotation)) } };

        Assert.Empty(ResolvedImages.Of(replicaSet));
        Assert.Equal(First, ResolvedImages.Of(ResolvedImages.With(replicaSet, "hello:1", First)!)["hello:1"]);
    }

    [Theory]
    [InlineData("hello:1", "hello@sha256:1111111111111111111111111111111111111111111111111111111111111111", true)]
    [InlineData("host:5000/team/hello:1", "host:5000/team/hello@sha256:1111111111111111111111111111111111111111111111111111111111111111", true)]
    [InlineData("hello:1", "sha256:1111111111111111111111111111111111111111111111111111111111111111", true)]
    [InlineData("hello:1", "other@sha256:1111111111111111111111111111111111111111111111111111111111111111", false)]
    [InlineData("hello:1", "hello:1", false)]
    [InlineData("hello:1", "sha256:11", false)]
    [InlineData("hello:1", "", false)]
    public void Only_the_same_repository_with_a_digest_or_an_id_is_taken(string image, string resolved, bool isTaken) =>
        Assert.Equal(isTaken, ResolvedImages.IsResolutionOf(image, resolved));

    [Fact]
    public void A_registrys_digest_is_run_by_it_and_a_local_images_id_is_not()
    {
        Assert.True(ResolvedImages.IsOfRegistry(First));
        Assert.False(ResolvedImages.IsOfRegistry(Local));
    }

    /// <summary>kubectl's undo copies a ReplicaSet's annotations to the Deployment: from there they must not get to another revision.</summary>
    [Fact]
    public void What_one_revision_ran_is_not_copied_to_another() => Assert.False(Revisions.IsCopied(ResolvedImages.Annotation));
}
