using ControlPlane.Api.Wire.Tables;

namespace ControlPlane.Api.Tests.Tables;

public class AgesTests
{
    [Theory]
    [InlineData(-5, "<invalid>")]
    [InlineData(-1, "0s")]
    [InlineData(0, "0s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(200, "3m20s")]
    [InlineData(599, "9m59s")]
    [InlineData(600, "10m")]
    [InlineData((3 * 3600) - 1, "179m")]
    [InlineData(3 * 3600, "3h")]
    [InlineData((7 * 3600) + (30 * 60), "7h30m")]
    [InlineData(8 * 3600, "8h")]
    [InlineData((48 * 3600) - 1, "47h")]
    [InlineData(48 * 3600, "2d")]
    [InlineData(51 * 3600, "2d3h")]
    [InlineData(8 * 86400, "8d")]
    [InlineData(729 * 86400, "729d")]
    [InlineData(((2 * 365) + 3) * 86400, "2y3d")]
    [InlineData(8 * 365 * 86400, "8y")]
    public void Human_ASpan_ReadsAsInKubectl(int seconds, string expected) => Assert.Equal(expected, Ages.Human(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Since_NoStart_IsUnknown() => Assert.Equal("<unknown>", Ages.Since(null, DateTimeOffset.UnixEpoch));
}
