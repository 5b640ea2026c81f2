using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Resources;

public sealed class IPv4AddressTests
{
    [Theory]
    [InlineData("127.96.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("255.255.255.255")]
    public void ToString_OfAnAddressThatWasRead_IsTheSame(string text)
    {
        Assert.True(IPv4Address.TryParse(text, out IPv4Address address));
        Assert.Equal(text, address.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.256")]
    [InlineData("1.2.3.04")]
    [InlineData("1.2.3.+4")]
    [InlineData("1.2.3. 4")]
    [InlineData("::1")]
    public void TryParse_OfAnythingElse_IsFalse(string? text) => Assert.False(IPv4Address.TryParse(text, out _));
}
