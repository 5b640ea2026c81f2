using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Tests.Planning;

/// <summary>Who holds, takes and lets go what.</summary>
public sealed class OwnershipTests
{
    private static readonly Deployment Owner = Make.Deployment();

    private static readonly LabelSelector Selector = new() { MatchLabels = Make.Labels };

    /// <summary>Whose the object is, whether the selector matches it, and whether the owner or the object is being deleted.</summary>
    [Theory]
    [InlineData("mine", true, false, false, "Hold")]
    [InlineData("mine", true, true, true, "Hold")]
    [InlineData("mine", false, false, false, "Release")]
    [InlineData("mine", false, true, false, "Leave")]
    [InlineData("another's", true, false, false, "Leave")]
    [InlineData("nobody's", true, false, false, "Adopt")]
    [InlineData("nobody's", true, true, false, "Leave")]
    [InlineData("nobody's", true, false, true, "Leave")]
    [InlineData("nobody's", false, false, false, "Leave")]
    public void Judge_ByControllerLabelsAndDeletion(string whose, bool matches, bool isOwnerEnding, bool isEnding, string claim)
    {
        Deployment owner = isOwnerEnding ? Owner with { Metadata = Owner.Metadata with { DeletionTimestamp = Make.Start } } : Owner;
        Pod candidate = new()
        {
            Metadata = new ObjectMeta
            {
                Name = "p",
                Labels = matches ? Make.Labels : default,
                DeletionTimestamp = isEnding ? Make.Start : null,
                OwnerReferences = whose == "nobody's" ? [] : [Make.Owner("Deployment", Owner) with { Uid = whose == "mine" ? Owner.Uid : "another" }],
            },
        };

        Assert.Equal(claim, Ownership.Judge(owner, Selector, candidate).ToString());
    }

    [Fact]
    public void Judge_WithoutASelectorOrWithOneThatSelectsAll_TakesNothing()
    {
        Pod candidate = new() { Metadata = new ObjectMeta { Name = "p", Labels = Make.Labels } };
        LabelSelector expression = new() { MatchExpressions = [new LabelSelectorRequirement { Key = "app", Operator = "Exists" }] };

        Assert.Equal(Claim.Leave, Ownership.Judge(Owner, null, candidate));
        Assert.Equal(Claim.Leave, Ownership.Judge(Owner, new LabelSelector(), candidate));
        Assert.Equal(Claim.Adopt, Ownership.Judge(Owner, expression, candidate));
    }

    [Fact]
    public void WithController_AReferenceThatIsThere_BecomesTheControllersAndOthersStay()
    {
        OwnerReference other = new() { Kind = "Team", Name = "web", Uid = "team" };
        ObjectMeta metadata = new() { OwnerReferences = [new OwnerReference { Uid = Owner.Uid }, other] };

        Assert.Equal([other, Make.Owner("Deployment", Owner)], metadata.WithController(Owner).OwnerReferences);
        Assert.Equal([other], metadata.WithController(Owner).WithoutOwner(Owner).OwnerReferences);
    }

    /// <summary>The reference sequence of SplitMix64 from the seed 1234567 begins with 6457827717110365317 and 3203168211198807973.</summary>
    [Fact]
    public void IdSource_DrawsTheSequenceOfItsSeed()
    {
        IdSource numbers = new(1234567);

        Assert.Equal([17, 73, 23, 31, 21], Enumerable.Range(0, 5).Select(_ => numbers.Below(100)));
        Assert.Equal("x8bnl", new IdSource(1234567).NameSuffix());
        Assert.Equal("599ed017-fb08-4c85-ac73-f08458540fa5", new IdSource(1234567).Uid());
    }

    [Fact]
    public void ReferenceTo_AnObject_SaysWhereAndWhichVersionOfIt()
    {
        Pod pod = new() { Metadata = new ObjectMeta { Name = "p", Namespace = "shop", Uid = "u", ResourceVersion = "7" } };
        Node node = new() { Metadata = new ObjectMeta { Name = "n", Uid = "v" } };

        Assert.Equal(
            new ObjectReference { Kind = "Pod", ApiVersion = "v1", Namespace = "shop", Name = "p", Uid = "u", ResourceVersion = "7" }, EventNote.ReferenceTo(pod));
        Assert.Null(EventNote.ReferenceTo(node).Namespace);
        Assert.Equal(("Normal", "Warning"), (EventNote.Normal(pod, "R", "m").Type, EventNote.Warning(pod, "R", "m").Type));
    }
}
