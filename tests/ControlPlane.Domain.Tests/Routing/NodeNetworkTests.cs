using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Tests.Routing;

public class NodeNetworkTests
{
    private static readonly NodeNetwork Network = new() { Bridge = "cp-1", Address = "10.64.0.1", Services = "10.65.0.0" };

    [Theory]
    [InlineData("127.96.3.9", "10.65.3.9")]
    [InlineData("127.96.255.254", "10.65.255.254")]
    [InlineData("10.96.0.7", "10.65.0.7")]
    [InlineData(null, null)]
    [InlineData("None", null)]
    public void AddressOf_AClusterAddress_KeepsItsLastSixteenBits(string? clusterIP, string? address) => Assert.Equal(address, Network.AddressOf(clusterIP));

    [Fact]
    public void ServicesRange_IsACidr() => Assert.Equal("10.65.0.0/16", Network.ServicesRange());
}
