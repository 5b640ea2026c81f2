using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Traffic;
using Microsoft.AspNetCore.Http;

namespace ControlPlane.Gateway.Tests.Traffic;

public sealed class HeaderRuleTests
{
    [Theory]
    [InlineData("exact, the same", "canary", true)]
    [InlineData("exact, longer", "canary2", false)]
    [InlineData("exact, other case", "Canary", false)]
    [InlineData("exact, absent", null, false)]
    [InlineData("prefix, begins so", "canary-7", true)]
    [InlineData("prefix, has it inside", "a canary", false)]
    [InlineData("regex, whole", "v17", true)]
    [InlineData("regex, more behind", "v17x", false)]
    [InlineData("regex, more before", "xv17", false)]
    [InlineData("regex, a line more", "v17\n", false)]
    [InlineData("alternative, the first with more behind", "ab", false)]
    [InlineData("alternative, the second", "b", true)]
    public void Holds_AHeader_IsCompared(string name, string? value, bool holds)
    {
        HeaderMatch match = name.Split(',')[0] switch
        {
            "exact" => new HeaderMatch { Header = "X-Track", Exact = "canary" },
            "prefix" => new HeaderMatch { Header = "X-Track", Prefix = "canary" },
            "regex" => new HeaderMatch { Header = "X-Track", Regex = "v[0-9]+" },
            _ => new HeaderMatch { Header = "X-Track", Regex = "a|b" },
        };
        DefaultHttpContext context = new();
        if (value is not null)
        {
            context.Request.Headers["x-track"] = value;
        }

        Assert.Equal(holds, Rule(match).Holds(context.Request));
    }

    [Fact]
    public void Holds_ACookieAndAHeader_BothMust()
    {
        HeaderRule rule = Rule(new HeaderMatch { Cookie = "beta", Exact = "yes" }, new HeaderMatch { Header = "X-Team", Prefix = "a" });
        DefaultHttpContext context = new();
        context.Request.Headers.Cookie = "other=1; beta=yes";
        Assert.False(rule.Holds(context.Request));

        context.Request.Headers["X-Team"] = "apples";
        Assert.True(rule.Holds(context.Request));

        context.Request.Headers.Cookie = "beta=no";
        Assert.False(rule.Holds(context.Request));
    }

    [Fact]
    public void Holds_WithoutAMatch_Nothing() => Assert.False(Rule().Holds(new DefaultHttpContext().Request));

    public static TheoryData<HeaderMatch, string> Unusable => new()
    {
        { new HeaderMatch { Exact = "x" }, "either a header or a cookie" },
        { new HeaderMatch { Header = "a", Cookie = "b", Exact = "x" }, "either a header or a cookie" },
        { new HeaderMatch { Header = "a" }, "exactly one of" },
        { new HeaderMatch { Header = "a", Exact = "x", Regex = "x" }, "exactly one of" },
        { new HeaderMatch { Header = "a", Regex = "(" }, "Invalid pattern" },
        { new HeaderMatch { Header = "a", Regex = @"(a)\1" }, "NonBacktracking" },
        { new HeaderMatch { Header = "a", Regex = new string('a', 257) }, "257 characters" },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public void Compile_AMatchThatCannotBeUsed_SaysWhy(HeaderMatch match, string why)
    {
        ArgumentException refused = Assert.ThrowsAny<ArgumentException>(() => Rule(match));
        Assert.Contains(why, refused.Message);
    }

    private static HeaderRule Rule(params HeaderMatch[] matches) => HeaderRule.Compile(new HeaderRoute { ReplicaSet = "canary", Match = [.. matches] });
}
