using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using CsCheck;

namespace ControlPlane.Domain.Tests.Resources;

public sealed class ValuesTests
{
    /// <summary>What a key may stand for: nothing, or one of two values.</summary>
    private static readonly int?[] Held = [null, 1, 2];

    [Theory]
    [InlineData("100m", 100, 1)]
    [InlineData("1", 1000, 1)]
    [InlineData("0.5", 500, 1)]
    [InlineData("1500m", 1500, 2)]
    [InlineData("128Mi", 134_217_728_000, 134_217_728)]
    [InlineData("1G", 1_000_000_000_000, 1_000_000_000)]
    [InlineData("1e3", 1_000_000, 1000)]
    [InlineData("1E", 9_200_000_000_000_000_000, 9_200_000_000_000_000)]
    [InlineData("1n", 1, 1)]
    [InlineData("-1", -1000, -1)]
    public void QuantityParse_ReadsAmounts(string text, long milli, long value)
    {
        Quantity quantity = Quantity.Parse(text);

        Assert.Equal((milli, value), (quantity.Milli, quantity.Value));
    }

    /// <summary>The form that clients compare their own with; Kubernetes' but for a sign that says nothing and amounts beyond 2^63 − 1, which are cut.</summary>
    [Theory]
    [InlineData("0.5", "500m")]
    [InlineData(".25", "250m")]
    [InlineData("1.0", "1")]
    [InlineData("+1", "1")]
    [InlineData("1000m", "1")]
    [InlineData("1500m", "1500m")]
    [InlineData("0.1m", "1m")]
    [InlineData("100000u", "100m")]
    [InlineData("1000", "1k")]
    [InlineData("128974848", "128974848")]
    [InlineData("0.5G", "500M")]
    [InlineData("1000E", "9223372036854775807")]
    [InlineData("-2000", "-2k")]
    [InlineData("1024Mi", "1Gi")]
    [InlineData("1000Mi", "1000Mi")]
    [InlineData("0.5Gi", "512Mi")]
    [InlineData("1Ki", "1Ki")]
    [InlineData("1Ei", "1Ei")]
    [InlineData("0.5Ki", "512")]
    [InlineData("1.5Ki", "1536")]
    [InlineData("0.9Gi", "966367641600m")]
    [InlineData("1e3", "1e3")]
    [InlineData("1E4", "10e3")]
    [InlineData("1e+06", "1e6")]
    [InlineData("1e-1", "100e-3")]
    [InlineData("5e0", "5")]
    [InlineData("0Mi", "0")]
    [InlineData("-0.5m", "-1m")]
    [InlineData("-1.5", "-1500m")]
    public void Quantity_HasOneForm_WhicheverItIsReadIn(string text, string canonical)
    {
        Quantity quantity = Quantity.Parse(text);

        Assert.Equal(canonical, quantity.ToString());
        Assert.Equal((quantity, canonical), (Quantity.Parse(canonical), Quantity.Parse(canonical).ToString()));
    }

    [Theory]
    [InlineData(134_217_728, "128Mi")]
    [InlineData(1_000_000, "1000000")]
    [InlineData(1000, "1k")]
    [InlineData(0, "0")]
    public void QuantityFromBytes_IsWrittenInBinaryUnits(long bytes, string text)
    {
        Quantity quantity = Quantity.FromBytes(bytes);

        Assert.Equal((bytes, text), (quantity.Value, quantity.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("1 Gi")]
    [InlineData("1e3Mi")]
    [InlineData("1,5")]
    [InlineData("ten")]
    [InlineData(null)]
    public void QuantityParse_RefusesWhatIsNone(string? text) => Assert.False(Quantity.TryParse(text, out _));

    [Fact]
    public void Quantities_CompareByAmount()
    {
        Assert.Equal(Quantity.Parse("1000m"), Quantity.Parse("1"));
        Assert.True(Quantity.Parse("1Gi") > Quantity.Parse("1G"));
        Assert.Equal("1500m", Quantity.FromMilli(1500).ToString());
        Assert.Equal("2", Quantity.FromMilli(2000).ToString());
        Assert.Equal("3k", Quantity.FromValue(3000).ToString());
    }

    [Fact]
    [Trait(RunLength.Trait, RunLength.Long)]
    public void ValueMap_BehavesAsASortedDictionary() =>
        Gen.Select(Gen.Char['a', 'f'].Select(key => key.ToString()), Gen.Int[0, 3]).List[0, 30].Sample(operations =>
        {
            SortedDictionary<string, int> model = new(StringComparer.Ordinal);
            ValueMap<int> map = default;
            foreach ((string key, int value) in operations)
            {
                if (value == 0)
                {
                    model.Remove(key);
                    map = map.Remove(key);
                }
                else
                {
                    model[key] = value;
                    map = map.SetItem(key, value);
                }
            }

            return map.SequenceEqual(model)
                && map == model.Reverse().ToValueMap()
                && map.GetHashCode() == model.ToValueMap().GetHashCode()
                && model.All(entry => map.TryGetValue(entry.Key, out int value) && value == entry.Value);
        });

    [Fact]
    public void ValueMap_ComparedWithoutAKey_IsAsWithTheKeyRemoved()
    {
        ValueMap<int>[] maps = [.. from a in Held from b in Held from c in Held select Map(("a", a), ("b", b), ("c", c))];

        Assert.All(
            from left in maps from right in maps from key in "abcd" select (left, right, Key: key.ToString()),
            one => Assert.Equal(one.left.Remove(one.Key) == one.right.Remove(one.Key), one.left.EqualsWithout(one.Key, one.right)));
    }

    [Fact]
    public void ValueLists_CompareByContent()
    {
        ValueList<string> empty = [];

        ValueList<string> list = ["a", "b"];

        Assert.Equal(list, "ab".Select(letter => letter.ToString()).ToValueList());
        Assert.True(empty.Add("a") != empty);
        Assert.Equal<ValueList<string>>(["x", "b"], list.SetItem(0, "x"));
    }

    [Theory]
    [InlineData("25%", 25)]
    [InlineData("0%", 0)]
    [InlineData("%", null)]
    [InlineData("-5%", null)]
    [InlineData("2.5%", null)]
    [InlineData("25", null)]
    public void IntOrStringPercent_IsForWholePercentsOnly(string text, int? percent) => Assert.Equal(percent, new IntOrString(text).Percent);

    [Theory]
    [InlineData("In", "web", true)]
    [InlineData("In", "db", false)]
    [InlineData("NotIn", "db", true)]
    [InlineData("NotIn", "web", false)]
    [InlineData("Exists", null, true)]
    [InlineData("DoesNotExist", null, false)]
    [InlineData("Like", "web", false)]
    public void LabelSelectorRequirement_Matches(string op, string? value, bool expected)
    {
        LabelSelectorRequirement requirement = new() { Key = "tier", Operator = op, Values = value is null ? [] : [value] };

        Assert.Equal(expected, requirement.Matches(ValueMap.Of(("tier", "web"))));
    }

    [Fact]
    public void LabelSelector_NotInHoldsForAnAbsentLabel()
    {
        LabelSelector selector = new() { MatchExpressions = [new() { Key = "tier", Operator = "NotIn", Values = ["db"] }] };

        Assert.True(selector.Matches(default));
    }

    private static ValueMap<int> Map(params (string Key, int? Value)[] entries) =>
        entries.Where(entry => entry.Value is not null).ToDictionary(entry => entry.Key, entry => entry.Value!.Value, StringComparer.Ordinal).ToValueMap();
}
