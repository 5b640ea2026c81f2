using ControlPlane.Agent.Runtimes.Docker;

namespace ControlPlane.Agent.Tests.Deciding;

public class NetworkBlockTests
{
    [Fact]
    public void Free_WithNothingTaken_HasEachBlockOnceAndInTheNodesOwnOrder()
    {
        NetworkBlock[] blocks = [.. NetworkBlock.Free("node-1", [])];

        Assert.Equal(32, blocks.Distinct().Count());
        Assert.Equal(blocks, NetworkBlock.Free("node-1", []));
        Assert.NotEqual(blocks[0], NetworkBlock.Free("node-2", []).First());
        Assert.All(blocks, block => Assert.True(block.Subnet.Overlaps(Range("10.64.0.0/10"))));
    }

    [Theory]
    [InlineData("10.64.0.0/10", 0)]
    [InlineData("10.0.0.0/8", 0)]
    [InlineData("10.96.0.0/11", 16)]
    [InlineData("10.65.255.255/32", 31)]
    [InlineData("192.168.0.0/16", 32)]
    public void Free_WithARangeTaken_HasThoseThatDoNotTouchIt(string taken, int count) => Assert.Equal(count, NetworkBlock.Free("node-1", [Range(taken)]).Count());

    [Fact]
    public void Block_IsHalvedBetweenContainersAndServices()
    {
        NetworkBlock block = new(Range("10.70.0.0/15").First);

        Assert.Equal(
            ("10.70.0.0/15", "10.70.0.0/16", "10.70.0.1", "10.71.0.0"), (block.Subnet.ToString(), block.Containers.ToString(), block.Bridge.ToString(), block.Services.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.0")]
    [InlineData("10.0.0.0/33")]
    [InlineData("fe80::/64")]
    public void TryParse_WhatIsNoRange_IsFalse(string text) => Assert.False(AddressRange.TryParse(text, out _));

    [Fact]
    public void Ranges_OfThisHost_HaveItsLoopbackAddressesButNotThoseOfTheExceptedBridge()
    {
        Assert.Contains(HostNetwork.Ranges(exceptBridge: "none"), range => range.Overlaps(Range("127.0.0.1/32")));
        Assert.DoesNotContain(HostNetwork.Ranges(exceptBridge: "lo"), range => range.Overlaps(Range("127.0.0.1/32")));
    }

    [Fact]
    public void ResolversIn_AFile_AreThoseThatAContainerCanAsk()
    {
        (IReadOnlyList<string> servers, IReadOnlyList<string> search) = HostNetwork.ResolversIn(
            ["# made by hand", "nameserver 127.0.0.53", "nameserver 10.0.0.2", "nameserver fe80::1%eth0", "nameserver\t10.0.0.3 ", "search old", "search example.org .", "options ndots:1"]);

        Assert.Equal(["10.0.0.2", "10.0.0.3"], servers);
        Assert.Equal(["example.org"], search);
    }

    private static AddressRange Range(string text) => AddressRange.TryParse(text, out AddressRange range) ? range : throw new ArgumentException(text);
}
