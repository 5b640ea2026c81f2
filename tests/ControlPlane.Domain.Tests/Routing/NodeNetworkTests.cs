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

    [Theory]
    [InlineData("127.0.1.1", "127.97.0.0/16")]
    [InlineData("127.0.1.2", "127.98.0.0/16")]
    [InlineData("127.0.1.150", "127.246.0.0/16")]
    [InlineData("127.0.1.151", "127.97.0.0/16")]
    [InlineData("127.0.1.0", "127.246.0.0/16")]
    [InlineData("192.168.7.20", "127.97.0.0/16")]
    public void OfProcesses_ANodesAddress_HasARangeOfItsOwn(string nodeAddress, string range) =>
        Assert.Equal((range, false), (NodeNetwork.OfProcesses(nodeAddress).ServicesRange(), NodeNetwork.OfProcesses(nodeAddress).HasBridge));

    [Fact]
    public void AllOfProcesses_BeginsWithTheNodesOwn_AndKeepsThreeControlPlanesApart()
    {
        string[] first = [.. NodeNetwork.AllOfProcesses("127.0.1.1").Select(network => network.Services)];

        Assert.Equal(["127.97.0.0", "127.147.0.0", "127.197.0.0", "127.98.0.0"], first[..4]);
        Assert.Equal(150, first.Distinct().Count());
        Assert.All(first, services => Assert.InRange(int.Parse(services.Split('.')[1], System.Globalization.CultureInfo.InvariantCulture), 97, 246));
        string[] eachOf50Nodes = [.. Enumerable.Range(1, 50).SelectMany(i => NodeNetwork.AllOfProcesses($"127.0.1.{i}").Take(3)).Select(network => network.Services)];
        Assert.Equal(150, eachOf50Nodes.Distinct().Count());
    }

    [Theory]
    [InlineData(777, "10.65.3.9")]
    [InlineData(65534, "10.65.255.254")]
    public void AddressAt_ANumber_IsOneOfTheServices(int number, string address) => Assert.Equal(address, Network.AddressAt((ushort)number));

    [Fact]
    public void ServicesRange_IsACidr() => Assert.Equal("10.65.0.0/16", Network.ServicesRange());
}
