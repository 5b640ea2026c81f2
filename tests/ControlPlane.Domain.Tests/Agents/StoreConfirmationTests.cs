using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules;

namespace ControlPlane.Domain.Tests.Agents;

public sealed class StoreConfirmationTests
{
    [Theory]
    [InlineData("b:a", "b:a")]
    [InlineData("b:z,a,z", "b:a,z")]
    [InlineData("b:b@17", "b:b@17")]
    [InlineData("", null)]
    [InlineData("b", null)]
    [InlineData("b:", null)]
    [InlineData(":a", null)]
    [InlineData("b:a,", null)]
    [InlineData("b:a:c", null)]
    [InlineData("b:b", null)]
    [InlineData("b: a", null)]
    public void TryParse_ByTheForm(string text, string? read)
    {
        Assert.Equal(read is not null, StoreConfirmation.TryParse(text, out StoreConfirmation? confirmation));
        Assert.Equal(read, confirmation?.ToString());
    }

    [Fact]
    public void TryParse_OfMoreStoresThanTheBound_IsRefused()
    {
        string Of(int count) => "b:" + string.Join(',', Enumerable.Range(0, count).Select(i => $"s{i}"));

        Assert.True(StoreConfirmation.TryParse(Of(StoreConfirmation.ReplacedMax), out _));
        Assert.False(StoreConfirmation.TryParse(Of(StoreConfirmation.ReplacedMax + 1), out _));
    }

    [Theory]
    [InlineData("b:a,c", "b", "a,c")]
    [InlineData("b:a,c", "d", "")]
    [InlineData("b:a,c", "a", "")]
    [InlineData("broken", "b", "")]
    public void ReplacedOn_HoldsForTheStoreThatItNamesOnly(string annotation, string store, string replaced) =>
        Assert.Equal(replaced, string.Join(',', StoreConfirmation.ReplacedOn(NodeWith(StoreConfirmation.Annotation, annotation), store)));

    [Fact]
    public void ReplacedOn_WithoutAWord_IsNone()
    {
        Assert.Empty(StoreConfirmation.ReplacedOn(new Node(), "b"));
        Assert.Empty(StoreConfirmation.ReplacedOn(null, "b"));
    }

    [Theory]
    [InlineData("controlplane.dev/confirmed-store", "b")]
    [InlineData("controlplane.dev/confirmed-lost", "yesterday")]
    public void ANodesConfirmationThatCannotBeRead_IsRefusedWithItsPath(string annotation, string value)
    {
        FieldError error = Assert.Single(ResourceRules.ValidateCreate(NodeWith(annotation, value)));

        Assert.Equal($"metadata.annotations[{annotation}]", error.Field);
        Assert.Contains(value, error.Message, StringComparison.Ordinal);
    }

    private static Node NodeWith(string annotation, string value) =>
        new() { Metadata = new ObjectMeta { Name = "n", Annotations = ValueMap.Of((annotation, value)) } };
}
