using ControlPlane.Api.Wire.Options;

namespace ControlPlane.Api.Tests.Wire;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("120s", 120)]
    [InlineData("1m30s", 90)]
    [InlineData("1.5h", 5400)]
    [InlineData("250ms", 0.25)]
    [InlineData("0s", 0)]
    public void TryParse_GoDuration_IsRead(string text, double seconds)
    {
        Assert.True(Durations.TryParse(text, out TimeSpan duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("120")]
    [InlineData("-1s")]
    [InlineData("1 s")]
    [InlineData("s")]
    [InlineData("1e3s")]
    [InlineData("99999999999999999999h")]
    [InlineData("1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s")]
    public void TryParse_AnythingElse_IsNot(string text) => Assert.False(Durations.TryParse(text, out _));
}
