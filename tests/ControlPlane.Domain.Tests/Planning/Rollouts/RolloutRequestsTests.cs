using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

/// <summary>How requests are written down, and about which revision and from when on they count.</summary>
public sealed class RolloutRequestsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Format_ATimeOfAnotherOffset_IsInUtcToTheMicrosecond()
    {
        DateTimeOffset at = new DateTimeOffset(2026, 1, 1, 14, 0, 0, TimeSpan.FromHours(2)).AddMilliseconds(500);

        Assert.Equal("3@2026-01-01T12:00:00.5Z", RolloutRequests.Format(3, at));
        Assert.Equal("3/2@2026-01-01T12:00:00.5Z", RolloutRequests.FormatPromotion(3, 2, at));
        Assert.Equal("3/full@2026-01-01T12:00:00.5Z", RolloutRequests.FormatPromotion(3, null, at));
    }

    [Theory]
    [InlineData("3@2026-01-01T12:00:00Z", true)]
    [InlineData("3@2026-01-01T14:00:00+02:00", true)]
    [InlineData("3@2026-01-01T12:00:00", true)]
    [InlineData("4@2026-01-01T12:00:00Z", false)]
    [InlineData("+3@2026-01-01T12:00:00Z", false)]
    [InlineData("3@2026-01-01T12:00:00Z@", false)]
    [InlineData("3", false)]
    [InlineData("@2026-01-01T12:00:00Z", false)]
    [InlineData("3@noon", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void At_ARequest_CountsForItsRevisionAlone(string? text, bool isThere) =>
        Assert.Equal(isThere ? Noon : null, RolloutRequests.At(With((RolloutRequests.Retry, text)), RolloutRequests.Retry, 3));

    [Theory]
    [InlineData("3/2@2026-01-01T12:00:00Z", true)]
    [InlineData("3/2@2026-01-01T11:59:59Z", false)]
    [InlineData("3/1@2026-01-01T12:00:00Z", false)]
    [InlineData("4/2@2026-01-01T12:00:00Z", false)]
    [InlineData("3/2@soon", false)]
    [InlineData("3/full@2026-01-01T12:00:00Z", false)]
    public void IsPromoted_ByARequestSinceTheStepBegan(string text, bool isPromoted) =>
        Assert.Equal(isPromoted, RolloutRequests.IsPromoted(With((RolloutRequests.Promote, text)), 3, 2, Noon));

    [Fact]
    public void IsPromoted_AStepThatBeganNobodyKnowsWhen_ByAnyRequest() =>
        Assert.True(RolloutRequests.IsPromoted(With((RolloutRequests.Promote, "3/2@2026-01-01T11:59:59Z")), 3, 2, null));

    [Theory]
    [InlineData("3/full@2026-01-01T12:00:00Z", null, true)]
    [InlineData("3/full@2026-01-01T12:00:00Z", "3@2026-01-01T11:59:59Z", true)]
    [InlineData("3/full@2026-01-01T12:00:00Z", "3@2026-01-01T12:00:00Z", false)]
    [InlineData("3/full@2026-01-01T12:00:00Z", "2@2026-01-01T12:00:00Z", true)]
    [InlineData("3/2@2026-01-01T12:00:00Z", null, false)]
    [InlineData(null, null, false)]
    public void IsPromotedInFull_ByARequestAfterTheLastRetry(string? promote, string? retry, bool isPromoted) =>
        Assert.Equal(isPromoted, RolloutRequests.IsPromotedInFull(With((RolloutRequests.Promote, promote), (RolloutRequests.Retry, retry)), 3));

    private static Deployment With(params (string Key, string? Value)[] annotations)
    {
        ValueMap<string> all = default;
        foreach ((string key, string? value) in annotations)
        {
            all = value is null ? all : all.SetItem(key, value);
        }

        return new Deployment { Metadata = new ObjectMeta { Name = "hello", Annotations = all } };
    }
}
