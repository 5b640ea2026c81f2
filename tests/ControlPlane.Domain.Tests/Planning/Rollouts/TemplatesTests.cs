using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>When two templates are one revision.</summary>
public sealed class TemplatesTests
{
    private static readonly PodTemplateSpec Declared = Make.Deployment(image: "hello:1").Spec.Template;

    /// <summary>By name: a template, and whether it is the declared one's revision.</summary>
    private static readonly Dictionary<string, (PodTemplateSpec Template, bool IsSame)> Others = new(StringComparer.Ordinal)
    {
        ["itself"] = (Declared, true),
        ["with a hash"] = (Templates.WithHash(Declared, "abc"), true),
        ["a copy of all its parts"] = (ResourceJson.Deserialize<PodTemplateSpec>(ResourceJson.Serialize(Templates.WithHash(Declared, "abc"))), true),
        ["another image"] = (Make.WithImage(Declared, "hello:2"), false),
        ["another image and a hash"] = (Templates.WithHash(Make.WithImage(Declared, "hello:2"), "abc"), false),
        ["one more label"] = (Labelled("tier", "web"), false),
        ["one more label and a hash"] = (Templates.WithHash(Labelled("tier", "web"), "abc"), false),
        ["another value of a label"] = (Labelled(Declared.Metadata.Labels.First().Key, "other"), false),
        ["an annotation"] = (Declared with { Metadata = Declared.Metadata with { Annotations = Declared.Metadata.Annotations.SetItem("note", "x") } }, false),
    };

    public static TheoryData<string> Names => new(Others.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void Templates_are_one_revision_when_they_differ_in_nothing_but_the_hash(string name)
    {
        (PodTemplateSpec other, bool isSame) = Others[name];

        Assert.Equal((isSame, isSame), (Templates.AreEqual(Declared, other), Templates.AreEqual(other, Declared)));
        Assert.Equal(isSame, Templates.AreEqual(Templates.WithHash(Declared, "xyz"), other));
        Assert.Equal(isSame, Templates.Hash(Declared, null) == Templates.Hash(other, null));
    }

    private static PodTemplateSpec Labelled(string key, string value) =>
        Declared with { Metadata = Declared.Metadata with { Labels = Declared.Metadata.Labels.SetItem(key, value) } };
}
