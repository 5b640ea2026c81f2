using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>What single steps of a canary come to, in numbers.</summary>
public sealed class CanaryStepsTests
{
    [Theory]
    [InlineData(10, 10, 1)]
    [InlineData(10, 25, 3)]
    [InlineData(10, 50, 5)]
    [InlineData(3, 10, 1)]
    [InlineData(3, 33.3, 1)]
    [InlineData(3, 33.4, 2)]
    [InlineData(10, 0, 0)]
    [InlineData(10, 100, 10)]
    public void Size_OfAWeight_IsTheShareOfTheReplicasRoundedUp(int replicas, double weight, int size) =>
        Assert.Equal(size, CanarySteps.Size(new CanaryStrategy { Steps = [Make.Weight((decimal)weight)] }, 0, replicas));

    [Fact]
    public void Size_AfterSetCanaryScale_StaysUntilItMatchesTheWeightAgain()
    {
        CanaryStrategy canary = new()
        {
            Steps =
            [
                Scale(new CanaryScale { Replicas = 4 }), Make.Weight(10), Scale(new CanaryScale { Weight = 15 }), Scale(new CanaryScale { MatchTrafficWeight = true }),
            ],
        };

        Assert.Equal([4, 4, 2, 1], Enumerable.Range(0, 4).Select(step => CanarySteps.Size(canary, step, 10)));
        Assert.Equal([0, 100, 100, 100], Enumerable.Range(0, 4).Select(step => CanarySteps.WeightPerMille(canary, step)));
    }

    [Theory]
    [InlineData(0, 500, 4, 5, 0, "not there yet, nothing applied before")]
    [InlineData(100, 500, 4, 5, 100, "not there yet, the weight before stays")]
    [InlineData(100, 500, 5, 5, 500, "there")]
    [InlineData(0, 250, 2, 3, 0, "25% of 10, 2 of 3 there, nothing before")]
    [InlineData(100, 250, 2, 3, 100, "25% of 10 after 10%, 2 of 3 there")]
    [InlineData(200, 250, 2, 3, 166, "25% of 10 after 20%, 2 of 3 there")]
    [InlineData(250, 250, 2, 3, 166, "25% of 10, 2 of 3 left")]
    [InlineData(500, 500, 4, 5, 400, "one is gone")]
    [InlineData(400, 500, 4, 5, 400, "and stays gone")]
    [InlineData(500, 500, 0, 5, 0, "all are gone")]
    [InlineData(500, 100, 1, 1, 100, "a smaller step")]
    [InlineData(0, 500, 0, 0, 0, "a canary without pods")]
    public void Applied_RisesWithAllPodsAndFallsWithEach(int applied, int asked, int available, int size, int weight, string why) =>
        Assert.True(CanarySteps.Applied(applied, asked, available, size) == weight, why);

    [Fact]
    public void HeaderRoutes_OfOneName_ReplaceEachOtherAndGoWithoutAMatch()
    {
        CanaryStrategy canary = new()
        {
            Steps =
            [
                Route("a", new HeaderRouteMatch { HeaderName = "X-Try", HeaderValue = new StringMatch { Exact = "new" } }),
                Route("b", new HeaderRouteMatch { CookieName = "who", CookieValue = new StringMatch { Prefix = "a" } }),
                Route("a", new HeaderRouteMatch { HeaderName = "X-Try", HeaderValue = new StringMatch { Regex = "n.*" } }),
                Route("b"),
            ],
        };

        Assert.Equal([new HeaderMatch { Header = "X-Try", Exact = "new" }], CanarySteps.HeaderRoutes(canary, 0, "rs").Single().Match);
        Assert.Equal([new HeaderMatch { Cookie = "who", Prefix = "a" }], CanarySteps.HeaderRoutes(canary, 2, "rs")[0].Match);
        Assert.Equal([new HeaderMatch { Header = "X-Try", Regex = "n.*" }], CanarySteps.HeaderRoutes(canary, 3, "rs").Single().Match);
    }

    private static CanaryStep Scale(CanaryScale scale) => new() { SetCanaryScale = scale };

    private static CanaryStep Route(string name, params HeaderRouteMatch[] match) => new() { SetHeaderRoute = new HeaderRouteStep { Name = name, Match = [.. match] } };
}
