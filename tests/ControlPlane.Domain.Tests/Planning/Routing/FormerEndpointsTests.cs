using ControlPlane.Domain.Planning.Routing;

namespace ControlPlane.Domain.Tests.Planning.Routing;

public sealed class FormerEndpointsTests
{
    private readonly Clock clock = new();
    private readonly FormerEndpoints former;

    public FormerEndpointsTests() => former = new FormerEndpoints(clock);

    [Fact]
    public void APodThatLeft_IsKnownAsLongAsItsRequestsAreWaitedFor()
    {
        former.Left("a", 7);

        clock.Seconds = 29;
        Assert.Equal(7, former.LeftAt("a"));
        Assert.Null(former.LeftAt("b"));

        clock.Seconds = 30;
        Assert.Null(former.LeftAt("a"));
    }

    [Fact]
    public void APodThatLeavesAgain_IsKnownSinceThen()
    {
        former.Left("a", 7);
        clock.Seconds = 20;
        former.Left("a", 9);
        clock.Seconds = 40;
        former.Left("b", 10);

        Assert.Equal(9, former.LeftAt("a"));
    }

    [Fact]
    public void WhatIsForgotten_IsNotKnown()
    {
        former.Left("a", 7);
        former.Left("b", 7);
        former.Forget("a");
        Assert.Equal((null, 7), (former.LeftAt("a"), former.LeftAt("b")));

        former.Clear();
        Assert.Null(former.LeftAt("b"));
    }

    private sealed class Clock : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
