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
        former.Left("a", 7, Draining.Timeout);

        clock.Seconds = 29;
        Assert.Equal(7, former.LeftAt("a"));
        Assert.Null(former.LeftAt("b"));

        clock.Seconds = 30;
        Assert.Null(former.LeftAt("a"));
    }

    [Fact]
    public void APodThatLeavesAgain_IsKnownSinceThen()
    {
        former.Left("a", 7, Draining.Timeout);
        clock.Seconds = 20;
        former.Left("a", 9, Draining.Timeout);
        clock.Seconds = 40;
        former.Left("b", 10, Draining.Timeout);

        Assert.Equal(9, former.LeftAt("a"));
    }

    [Fact]
    public void WhatIsForgotten_IsNotKnown()
    {
        former.Left("a", 7, Draining.Timeout);
        former.Left("b", 7, Draining.Timeout);
        former.Forget("a");
        Assert.Equal((null, 7), (former.LeftAt("a"), former.LeftAt("b")));

        former.Clear();
        Assert.Null(former.LeftAt("b"));
    }

    [Fact]
    public void APodOfAMorePatientService_IsKnownForAsLongAsThatWaits()
    {
        former.Left("patient", 7, TimeSpan.FromMinutes(10));
        former.Left("usual", 8, Draining.Timeout);

        clock.Seconds = 31;
        former.Left("later", 9, TimeSpan.FromSeconds(5));
        Assert.Equal((7, null, 9), (former.LeftAt("patient"), former.LeftAt("usual"), former.LeftAt("later")));
        Assert.Equal((TimeSpan.FromMinutes(10), null), (former.TimeoutOf("patient"), former.TimeoutOf("usual")));

        clock.Seconds = 599;
        former.Left("again", 10, Draining.Timeout);
        Assert.Equal((7, null), (former.LeftAt("patient"), former.LeftAt("later")));

        clock.Seconds = 600;
        Assert.Null(former.LeftAt("patient"));
        Assert.Null(former.TimeoutOf("patient"));
    }

    /// <summary>The impatient of two Services is the last to go; then the patient one's requests are still in flight.</summary>
    [Fact]
    public void OfSeveralServicesThatLeaveAPod_TheMostPatientDecides()
    {
        former.Left("a", 7, TimeSpan.FromMinutes(10));
        clock.Seconds = 120;
        former.Left("a", 9, TimeSpan.FromSeconds(5));
        former.Left("b", 9, TimeSpan.FromSeconds(5));
        former.Left("b", 10, TimeSpan.FromMinutes(10));

        clock.Seconds = 599;
        Assert.Equal((9, 10), (former.LeftAt("a"), former.LeftAt("b")));
        Assert.Equal((TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(10)), (former.TimeoutOf("a"), former.TimeoutOf("b")));

        clock.Seconds = 600;
        Assert.Equal((null, 10), (former.LeftAt("a"), former.LeftAt("b")));
    }

    private sealed class Clock : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
