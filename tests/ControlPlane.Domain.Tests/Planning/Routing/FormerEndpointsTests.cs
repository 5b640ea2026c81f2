using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Routing;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Routing;

public sealed class FormerEndpointsTests
{
    private readonly Clock clock = new();
    private readonly FormerEndpoints former;

    public FormerEndpointsTests() => former = new FormerEndpoints(clock);

    [Fact]
    public void APodThatLeft_IsKnownAsLongAsItsRequestsAreWaitedFor()
    {
        Leave("a", 7);

        clock.Seconds = 29;
        Assert.Equal(7, LeftAt("a"));
        Assert.Null(LeftAt("b"));

        clock.Seconds = 30;
        Assert.Null(LeftAt("a"));
    }

    [Fact]
    public void APodThatLeavesAgain_IsKnownSinceThen()
    {
        Leave("a", 7);
        clock.Seconds = 20;
        Leave("a", 9);
        clock.Seconds = 40;
        Leave("b", 10);

        Assert.Equal(9, LeftAt("a"));
    }

    [Fact]
    public void WhatIsForgotten_IsNotKnown()
    {
        Leave("a", 7);
        Leave("b", 7);
        former.Forget("a");
        Assert.Equal((null, 7), (LeftAt("a"), LeftAt("b")));

        former.Clear();
        Assert.Null(LeftAt("b"));
    }

    [Fact]
    public void APodOfAMorePatientService_IsKnownForAsLongAsThatWaits()
    {
        Leave("patient", 7, "10m");
        Leave("usual", 8);

        clock.Seconds = 31;
        Leave("later", 9, "5s");
        Assert.Equal((7, null, 9), (LeftAt("patient"), LeftAt("usual"), LeftAt("later")));
        Assert.Equal((TimeSpan.FromMinutes(10), null), (TimeoutOf("patient"), TimeoutOf("usual")));

        clock.Seconds = 599;
        Leave("again", 10);
        Assert.Equal((7, null), (LeftAt("patient"), LeftAt("later")));

        clock.Seconds = 600;
        Assert.Null(LeftAt("patient"));
        Assert.Null(TimeoutOf("patient"));
    }

    /// <summary>The impatient of two Services is the last to go; then the patient one's requests are still in flight.</summary>
    [Fact]
    public void OfSeveralServicesThatLeaveAPod_TheMostPatientDecides()
    {
        Leave("a", 7, "10m");
        clock.Seconds = 120;
        Leave("a", 9, "5s");
        Leave("b", 9, "5s");
        Leave("b", 10, "10m");

        clock.Seconds = 124;
        Assert.Equal((9, 10), (LeftAt("a"), LeftAt("b")));
        clock.Seconds = 599;
        Assert.Equal((9, 10), (LeftAt("a"), LeftAt("b")));
        Assert.Equal((TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(10)), (TimeoutOf("a"), TimeoutOf("b")));

        clock.Seconds = 600;
        Assert.Equal((null, 10), (LeftAt("a"), LeftAt("b")));
    }

    /// <summary>Left at second 0 and to stop at second 25, it is waited for until second 55; its time counts from when it is to stop, and so must the memory. One that is to stop at second 30 is not waited for at all.</summary>
    [Theory]
    [InlineData(25, 7)]
    [InlineData(29, 7)]
    [InlineData(30, null)]
    public void APodThatIsToStopLater_IsKnownForItsWholeTime(int stopsAt, int? revision)
    {
        Leave("a", 7);
        Leave("other", 8);
        foreach (int later in new[] { 0, 1, 15, 29 })
        {
            clock.Seconds = stopsAt + later;
            Leave("other", 9);
            Assert.Equal(revision, former.Of(Terminating("a", stopsAt), isListed: false)?.Revision);
            Assert.Equal(revision is not null, former.Holds(Terminating("a", stopsAt)));
        }
    }

    /// <summary>The leader judges whatever a replica keeps back, though that saw the slice's change a moment later.</summary>
    [Fact]
    public void TheLeader_CountsAPodALittleLonger()
    {
        FormerEndpoints leaders = new(clock, FormerEndpoints.SlackOfLeader);
        leaders.Left("a", SliceOf("web"), 7);
        clock.Seconds = 1;
        Leave("a", 7);

        clock.Seconds = 31;
        Pod late = Terminating("a", stopsAt: 30);
        Assert.True(former.Holds(late));
        Assert.Equal(7, leaders.Of(late, isListed: false)?.Revision);
    }

    /// <summary>Nobody answers: the node is told when the time is over, and not when the memory is.</summary>
    [Fact]
    public void APodThatNoLeaderAnswersFor_IsHeldNoLongerThanItsTime()
    {
        Leave("a", 7, "10m");
        Pod pod = Terminating("a", stopsAt: 60);

        clock.Seconds = 60 + 604;
        Assert.True(former.Holds(pod));
        clock.Seconds = 60 + 605;
        Assert.False(former.Holds(pod));
    }

    /// <summary>As when a pod has changed slices, or its Service's selector was edited, before the Service is told to wait for less.</summary>
    [Fact]
    public void ATimeThatIsLoweredLater_HoldsForFormerEndpointsToo()
    {
        Leave("a", 7, "10m");
        Assert.Equal(TimeSpan.FromMinutes(10), TimeoutOf("a"));

        former.Times.Put(ServiceOf("10m", "5s"));
        Assert.Equal(TimeSpan.FromSeconds(5), TimeoutOf("a"));
        clock.Seconds = 5;
        Assert.Null(LeftAt("a"));
    }

    /// <summary>Raised, it is remembered for as long as it now says, too.</summary>
    [Fact]
    public void ATimeThatIsRaisedLater_HoldsForFormerEndpointsToo()
    {
        Leave("a", 7, "5s");
        former.Times.Put(ServiceOf("5s", "10m"));

        clock.Seconds = 599;
        Leave("other", 8);
        Assert.Equal(7, LeftAt("a"));
    }

    /// <summary>
    /// Who begins anew knows nothing of what was before. A pod that was there then, and that a replica may keep back, is judged when it lingers, whenever in the next hour it is to stop, and when gateways have had their lease to act on what was before; one that a slice lists, or that came later, is judged by what is known.
    /// </summary>
    [Theory]
    [InlineData(0, 100, 102, false, true)]
    [InlineData(0, 100, 101, false, false)]
    [InlineData(0, 100, 102, true, false)]
    [InlineData(11, 100, 102, false, false)]
    [InlineData(0, 15, 22, false, true)]
    [InlineData(0, 15, 21, false, false)]
    [InlineData(0, 10 + 3599, 10 + 3602, false, true)]
    [InlineData(0, 10 + 3600, 10 + 3603, false, false)]
    [InlineData(-4000, 10 - 3604, 22, false, true)]
    [InlineData(-4000, 10 - 3605, 22, false, false)]
    public void APodFromBeforeTheBeginning_IsJudgedWhenItLingers(int createdAt, int stopsAt, int second, bool isListed, bool isJudged)
    {
        clock.Seconds = 10;
        former.Begin(revision: 5);
        Pod pod = Terminating("a", stopsAt);
        pod = pod with { Metadata = pod.Metadata with { CreationTimestamp = Make.Start.AddSeconds(createdAt) } };

        clock.Seconds = second;
        Assert.Equal(isJudged ? new FormerEndpoint(5, TimeSpan.FromHours(1)) : null, former.Of(pod, isListed));
    }

    /// <summary>It is a replica's, which keeps nothing back that it does not know of.</summary>
    [Fact]
    public void WhoDidNotBeginAnew_JudgesNothingThatItDoesNotKnow()
    {
        clock.Seconds = 100;

        Assert.Null(former.Of(Since(Terminating("a", stopsAt: 50), createdAt: 0), isListed: false));
    }

    /// <summary>A pod without a node has no requests, and one that is not on its way out is not to be judged; one that was made as all began was there.</summary>
    [Theory]
    [InlineData(10, true, true, true)]
    [InlineData(11, true, true, false)]
    [InlineData(10, false, true, false)]
    [InlineData(10, true, false, false)]
    public void APodThatMayBeUnknown_WasThereAtTheBeginning_OnANode_AndIsOnItsWayOut(int createdAt, bool hasNode, bool isEnding, bool mayBe)
    {
        clock.Seconds = 10;
        former.Begin(revision: 5);
        Pod pod = Since(isEnding ? Terminating("a", stopsAt: 50) : Running("a"), createdAt);
        pod = pod with { Spec = pod.Spec with { NodeName = hasNode ? "node-1" : null } };

        clock.Seconds = 100;
        Assert.Equal(mayBe, former.MayBeUnknown(pod));
        Assert.Equal(mayBe, former.Of(pod, isListed: false) is not null);
    }

    /// <summary>What is known of a pod decides, for as long as it says anything; after that an earlier Service may have left it as well, of which nothing is known.</summary>
    [Fact]
    public void APodFromBeforeTheBeginningThatLeavesAServiceSince_IsJudgedByThat()
    {
        clock.Seconds = 10;
        former.Begin(revision: 5);
        clock.Seconds = 20;
        Leave("a", 7);

        clock.Seconds = 100;
        Assert.Equal(new FormerEndpoint(7, TimeSpan.FromSeconds(30)), former.Of(Since(Terminating("a", stopsAt: 49), createdAt: 0), isListed: false));
        Assert.Equal(new FormerEndpoint(5, TimeSpan.FromHours(1)), former.Of(Since(Terminating("a", stopsAt: 50), createdAt: 0), isListed: false));
    }

    /// <summary>A leave is forgotten after twice its Service's time and 10 s more, which is 20 s for 5 s, each by itself: then no later word of its Service brings it back, while the other one counts on.</summary>
    [Fact]
    public void ALeaveOfLongAgo_IsForgotten()
    {
        Leave("a", 7, "5s");
        Leave("b", 8, "5s");
        Leave("b", 9, "10m");

        clock.Seconds = 19;
        Leave("other", 10);
        former.Times.Put(ServiceOf("5s", "1h"));
        Assert.Equal((7, 9), (LeftAt("a"), LeftAt("b")));

        former.Times.Put(ServiceOf("5s", "5s"));
        clock.Seconds = 20;
        Leave("other", 11);
        former.Times.Put(ServiceOf("5s", "1h"));
        Assert.Equal((null, 9), (LeftAt("a"), LeftAt("b")));
        Assert.Equal(TimeSpan.FromMinutes(10), TimeoutOf("b"));
    }

    private void Leave(string pod, long revision, string? timeout = null)
    {
        former.Times.Put(ServiceOf(timeout, timeout));
        former.Left(pod, SliceOf(timeout ?? "web"), revision);
    }

    private long? LeftAt(string pod) => former.Of(Running(pod), isListed: false)?.Revision;

    private TimeSpan? TimeoutOf(string pod) => former.Of(Running(pod), isListed: false)?.Timeout;

    private static Pod Running(string uid) => Make.Pod(Make.ReplicaSet(), uid) with { Metadata = new ObjectMeta { Name = uid, Namespace = TestWorld.Namespace, Uid = uid } };

    private static Pod Terminating(string uid, int stopsAt)
    {
        Pod pod = Running(uid);
        return pod with
        {
            Metadata = pod.Metadata with { DeletionTimestamp = Make.Start.AddSeconds(stopsAt + 30), DeletionGracePeriodSeconds = 30 },
            Spec = pod.Spec with { NodeName = "node-1" },
        };
    }

    private static Pod Since(Pod pod, int createdAt) => pod with { Metadata = pod.Metadata with { CreationTimestamp = Make.Start.AddSeconds(createdAt) } };

    private static Service ServiceOf(string? uid, string? timeout) => new()
    {
        Metadata = new ObjectMeta { Name = "web", Namespace = TestWorld.Namespace, Uid = uid ?? "web", Annotations = timeout is null ? default : ValueMap.Of((Draining.TimeoutAnnotation, timeout)) },
        Spec = new ServiceSpec(),
    };

    private static EndpointSlice SliceOf(string service) => new()
    {
        Metadata = new ObjectMeta { Name = "slice", Namespace = TestWorld.Namespace }.WithController(ServiceOf(service, null) with { ApiVersion = "v1", Kind = "Service" }),
        AddressType = "IPv4",
    };

    private sealed class Clock : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;

        public override DateTimeOffset GetUtcNow() => Make.Start.AddSeconds(Seconds);
    }
}
