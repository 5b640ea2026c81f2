using ControlPlane.Domain.Planning.Explaining;
using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Domain.Tests.Planning.Rollouts;

public sealed class AnalysisTests
{
    private static readonly AnalysisStep Step = new() { Interval = 10, Count = 2, MinRequests = 100, SuccessRate = 99, LatencyP95 = "200ms" };

    private static readonly Guid Service = new("11111111-2222-3333-4444-555555555555");

    [Fact]
    public void PercentileMs_IsTheBoundOfItsBucket()
    {
        VersionFigures figures = new() { Service = "s", ReplicaSet = "r", Latency = Buckets((50, 95), (300, 5)) };

        Assert.Equal((50, 50, 300), (figures.PercentileMs(50), figures.PercentileMs(95), figures.PercentileMs(99)));
        Assert.Null(new VersionFigures { Service = "s", ReplicaSet = "r" }.PercentileMs(50));
    }

    [Theory]
    [InlineData(1000, 11, 50, "98.9% of 1000 requests succeeded, less than 99%")]
    [InlineData(1000, 10, 50, null)]
    [InlineData(1000, 0, 300, "95% of the requests took up to 300ms, more than 200ms")]
    [InlineData(1000, 0, 200, null)]
    public void Misses_OfALimit_SayWhatWasMeasured(long requests, long failures, int tookMs, string? missed) =>
        Assert.Equal(missed, Analysis.Misses(Step, Seen("canary", requests, failures, tookMs), Seen("stable", 0, 0, 50)).FirstOrDefault());

    [Theory]
    [InlineData(985, 995, 50, 50, true)]
    [InlineData(984, 995, 50, 50, false)]
    [InlineData(1000, 1000, 75, 50, false)]
    [InlineData(1000, 1000, 50, 50, true)]
    public void Misses_AgainstTheStableOne_AllowTheMargin(long good, long stableGood, int tookMs, int stableMs, bool isGood)
    {
        AnalysisStep step = new() { AgainstStable = new AnalysisMargins { SuccessRate = 1, LatencyP95 = 20 } };

        Assert.Equal(isGood, !Analysis.Misses(step, Seen("canary", 1000, 1000 - good, tookMs), Seen("stable", 1000, 1000 - stableGood, stableMs)).Any());
    }

    public static TheoryData<AnalysisStep, string> LatencyLimits() => new()
    {
        { new AnalysisStep { LatencyP50 = "200ms" }, "50% of the requests took up to 300ms, more than 200ms" },
        { new AnalysisStep { LatencyP95 = "200ms" }, "95% of the requests took up to 300ms, more than 200ms" },
        { new AnalysisStep { LatencyP99 = "200ms" }, "99% of the requests took up to 300ms, more than 200ms" },
        { new AnalysisStep { AgainstStable = new AnalysisMargins { LatencyP50 = 49.5m } }, "50% of the requests took up to 300ms, more than 49.5% longer than the stable revision's 200ms" },
        { new AnalysisStep { AgainstStable = new AnalysisMargins { LatencyP95 = 49.5m } }, "95% of the requests took up to 300ms, more than 49.5% longer than the stable revision's 200ms" },
        { new AnalysisStep { AgainstStable = new AnalysisMargins { LatencyP99 = 49.5m } }, "99% of the requests took up to 300ms, more than 49.5% longer than the stable revision's 200ms" },
    };

    [Theory]
    [MemberData(nameof(LatencyLimits))]
    public void Misses_OfALatency_SayWhichAndByHowMuch(AnalysisStep step, string missed)
    {
        Assert.Equal([missed], Analysis.Misses(step, Seen("canary", 100, 0, 300), Seen("stable", 100, 0, 200)));
        Assert.Empty(Analysis.Misses(step, Seen("canary", 0, 0, 300), Seen("stable", 100, 0, 200)));
        Assert.Empty(Analysis.Misses(step, Seen("canary", 100, 0, 200), Seen("stable", 100, 0, 200)));
    }

    [Fact]
    public void Misses_OfALatencyMargin_NeedAStableOneToCompareWithAndBeginPastIt()
    {
        AnalysisStep step = new() { AgainstStable = new AnalysisMargins { LatencyP95 = 50 } };

        Assert.Empty(Analysis.Misses(step, Seen("canary", 100, 0, 300), Seen("stable", 0, 0, 200)));
        Assert.Empty(Analysis.Misses(step, Seen("canary", 100, 0, 300), Seen("stable", 100, 0, 200)));
    }

    [Fact]
    public void Misses_OfTheStableOnesRate_SayBoth() => Assert.Equal(
        ["98.4% of 1000 requests succeeded, more than 1 points below the stable revision's 99.5%"],
        Analysis.Misses(new AnalysisStep { AgainstStable = new AnalysisMargins { SuccessRate = 1 } }, Seen("canary", 1000, 16, 50), Seen("stable", 1000, 5, 50)));

    [Fact]
    public void Misses_SlowerThanEveryBound_AreMoreThanAMinute()
    {
        VersionFigures slow = new() { Service = "hello", ReplicaSet = "canary", Requests = 1, Latency = [.. TrafficFigures.LatencyBounds.Select(_ => 0L), 1] };

        Assert.Equal(long.MaxValue, slow.PercentileMs(50));
        Assert.Equal(["50% of the requests took up to more than a minute, more than 1m"], Analysis.Misses(new AnalysisStep { LatencyP50 = "1m" }, slow, slow));
    }

    [Theory]
    [InlineData(100, 50, 50)]
    [InlineData(101, 50, 50)]
    [InlineData(102, 50, 50)]
    [InlineData(103, 50, 300)]
    [InlineData(101, 49, 50)]
    [InlineData(100, 100, 300)]
    public void PercentileMs_IsOfTheRankRoundedUp(int all, int percent, long expected) =>
        Assert.Equal(expected, new VersionFigures { Service = "s", ReplicaSet = "r", Latency = Buckets((50, 51), (300, all - 51)) }.PercentileMs(percent));

    [Fact]
    public void SuccessRate_WithoutRequests_IsAHundred() => Assert.Equal(100, new VersionFigures { Service = "s", ReplicaSet = "r" }.SuccessRate);

    [Theory]
    [InlineData(null, null, false)]
    [InlineData(0, null, false)]
    [InlineData(1, null, true)]
    [InlineData(1, 2, false)]
    [InlineData(2, 2, true)]
    public void IsDone_AfterAsManyGoodWindowsAsAreAskedFor_OneWhereNothingIsSaid(int? good, int? count, bool isDone) =>
        Assert.Equal(isDone, Analysis.IsDone(good is { } windows ? new AnalysisState { Good = windows } : null, new AnalysisStep { Count = count }));

    [Theory]
    [InlineData(9, false)]
    [InlineData(10, true)]
    public void Plan_AStepThatSaysNothing_LooksAtOneRequestInTenSeconds(int seconds, bool isOver)
    {
        TestWorld world = Analyzed(new AnalysisStep());
        Window(world, requests: 1, failures: 0, seconds);

        Assert.Equal(isOver ? 2 : 1, world.State!.Spec.Step);
    }

    [Fact]
    public void Plan_NoRequestAtAll_IsInconclusiveAndSaysWhatIsNeeded()
    {
        TestWorld world = Analyzed(new AnalysisStep());
        world.Now = world.Now.AddSeconds(10);
        world.Traffic = new TrafficWindow { Since = world.Now.AddSeconds(-10), Until = world.Now, Figures = [] };

        Assert.Equal(TimeSpan.FromSeconds(10), world.Pass().RecheckAfter);

        AnalysisState state = world.State!.Spec.Analysis!;
        Assert.Equal("0 requests to the new revision and 0 to the stable one in 10s; 1 are needed", state.Last);
        Assert.Equal((true, world.Now), (state.IsInconclusive, state.WindowSince));
    }

    [Theory]
    [InlineData(99, false)]
    [InlineData(100, true)]
    public void Plan_AgainstTheStableOne_NeedsAsManyRequestsToIt(long stableRequests, bool isCounted)
    {
        TestWorld world = Analyzed(Step with { AgainstStable = new AnalysisMargins { SuccessRate = 1 } });
        world.Traffic = new TrafficWindow
        {
            Since = world.Now,
            Until = world.Now.AddSeconds(10),
            Figures = [Seen(world.ByImage("hello:2").Name, 100, 0, 50), Seen(world.ByImage("hello:1").Name, stableRequests, 0, 50)],
        };
        world.Now = world.Now.AddSeconds(10);
        world.Pass();

        Assert.Equal((isCounted ? 1 : 0, !isCounted), (world.State!.Spec.Analysis!.Good, world.State.Spec.Analysis.IsInconclusive));
    }

    public static TheoryData<AnalysisStep, bool, bool, string?> UnmeasuredLatencies() => new()
    {
        { new AnalysisStep { SuccessRate = 99 }, false, false, null },
        { new AnalysisStep { LatencyP50 = "1s" }, false, true, "new" },
        { new AnalysisStep { LatencyP95 = "1s" }, true, false, null },
        { new AnalysisStep { AgainstStable = new AnalysisMargins { SuccessRate = 1 } }, false, false, null },
        { new AnalysisStep { AgainstStable = new AnalysisMargins { LatencyP99 = 20 } }, false, true, "new" },
        { new AnalysisStep { AgainstStable = new AnalysisMargins { LatencyP99 = 20 } }, true, false, "stable" },
    };

    /// <summary>As on a TCP port, which tells no latencies.</summary>
    [Theory]
    [MemberData(nameof(UnmeasuredLatencies))]
    public void Plan_ALatencyThatNoRequestTells_IsInconclusiveWhereItIsAskedFor(AnalysisStep step, bool isNewTold, bool isStableTold, string? untold)
    {
        TestWorld world = Analyzed(step with { Count = 2 });
        VersionFigures Of(string image, bool isTold) => new()
        {
            Service = "hello",
            ReplicaSet = world.ByImage(image).Name,
            Requests = 100,
            Latency = isTold ? Buckets((50, 100)) : default,
        };
        world.Traffic = new TrafficWindow { Since = world.Now, Until = world.Now.AddSeconds(10), Figures = [Of("hello:2", isNewTold), Of("hello:1", isStableTold)] };
        world.Now = world.Now.AddSeconds(10);
        world.Pass();

        AnalysisState state = world.State!.Spec.Analysis!;
        Assert.Equal((untold is null ? 1 : 0, untold is not null), (state.Good, state.IsInconclusive));
        Assert.Equal(
            untold is null ? "100% of 100 requests succeeded" : $"none of the 100 requests to the new revision and 100 to the stable one in 10s says how long the {untold} one takes", state.Last);
    }

    [Fact]
    public void Plan_AWindowOfManyThatWasGood_SaysSoAndBeginsTheNext()
    {
        TestWorld world = Analyzed();
        Window(world, requests: 0, failures: 0);
        Assert.True(world.State!.Spec.Analysis!.IsInconclusive);
        Window(world, requests: 200, failures: 1);

        AnalysisState state = world.State!.Spec.Analysis!;
        Assert.Equal((1, world.Now, "99.5% of 200 requests succeeded", false), (state.Good, state.WindowSince, state.Last, state.IsInconclusive));
        world.Traffic = null;
        Assert.Equal(TimeSpan.FromSeconds(10), world.Plan().RecheckAfter);
    }

    [Fact]
    public void Plan_GoodWindows_AreCountedAndThenTheStepIsOver()
    {
        TestWorld world = Analyzed();
        Window(world, requests: 200, failures: 0);
        Assert.Equal((1, RolloutPhases.Analyzing), (world.State!.Spec.Analysis!.Good, world.State.Spec.Phase));

        Window(world, requests: 200, failures: 1);
        Assert.Equal(2, world.State!.Spec.Step);
        Assert.Null(world.State.Spec.Analysis);
    }

    [Fact]
    public void Plan_AWindowThatIsNotOver_SaysNothing()
    {
        TestWorld world = Analyzed();
        world.Traffic = new TrafficWindow { Since = world.Now, Until = world.Now.AddSeconds(4), Figures = [] };
        world.PassUntilQuiet();

        Assert.Equal(0, world.State!.Spec.Analysis!.Good);
        Assert.Equal(TimeSpan.FromSeconds(6), world.Plan().RecheckAfter);
    }

    [Fact]
    public void Plan_TooFewRequests_WaitsWithABlocker()
    {
        TestWorld world = Analyzed();
        Window(world, requests: 99, failures: 99);

        Assert.Equal((0, RolloutPhases.Analyzing), (world.State!.Spec.Analysis!.Good, world.State.Spec.Phase));
        Blocker blocker = Assert.Single(Blockers.Of(world.Snapshot()), blocker => blocker.Reason == "Inconclusive");
        Assert.Contains("99 requests to the new revision", blocker.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_AFailedWindow_AbortsEvenWhereRollbackIsOff()
    {
        TestWorld world = Analyzed();
        world.Policies[0] = world.Policies[0] with { Spec = world.Policies[0].Spec with { RollbackOnFailure = false } };
        Window(world, requests: 200, failures: 10);

        Assert.Equal([new TrafficShare(world.ByImage("hello:1").Name, 1000)], world.State!.Spec.Traffic.Single().Shares);
        world.Traffic = null;
        world.Settle();
        Assert.Equal("AnalysisFailed", world.Condition("RolledBack").Reason);
        Assert.Empty(world.ActivePodsOf(world.ByImage("hello:2")));
    }

    [Fact]
    public void Between_TwoReadings_TakesTheDifferenceOfEachInstance()
    {
        Guid pod = Guid.NewGuid();
        GatewayState[] before = [Gateway("a", Figures(pod, 100, 5)), Gateway("gone", Figures(pod, 50, 50))];
        GatewayState[] after = [Gateway("a", Figures(pod, 150, 6)), Gateway("b", Figures(pod, 7, 1)), Gateway("c", Figures(Guid.NewGuid(), 3, 0))];
        Service service = new() { Metadata = new ObjectMeta { Name = "hello", Uid = Service.ToString() } };

        VersionFigures figures = TrafficWindows.Between(before, after, [service], Make.Start, Make.Start.AddSeconds(10)).Of("hello", "rs");

        Assert.Equal((60, 2), (figures.Requests, figures.Failures));
        Assert.Equal(60, figures.Latency.Sum());
    }

    [Fact]
    public void Between_AnInstanceThatCountsLessThanBefore_CountsForNothing()
    {
        Guid pod = Guid.NewGuid();

        VersionFigures figures = Between([Gateway("a", Figures(pod, 100, 5))], [Gateway("a", Figures(pod, 40, 2))]).Of("hello", "rs");

        Assert.Equal((0, 0, 0), (figures.Requests, figures.Failures, figures.Latency.Sum()));
    }

    [Fact]
    public void Between_ReadingsOfDifferentLengths_AddUpByPosition()
    {
        (Guid one, Guid two) = (Guid.NewGuid(), Guid.NewGuid());
        TrafficFigures Of(Guid pod, params long[] latency) => Figures(pod, 1, 0) with { Latency = [.. latency] };

        Assert.Equal([11, 22, 3], Between([], [Gateway("a", Of(one, 1, 2, 3)), Gateway("b", Of(two, 10, 20))]).Of("hello", "rs").Latency);
        Assert.Equal([11, 22, 3], Between([], [Gateway("a", Of(one, 10, 20)), Gateway("b", Of(two, 1, 2, 3))]).Of("hello", "rs").Latency);
        Assert.Equal([4, 9], Between([Gateway("a", Of(one, 1))], [Gateway("a", Of(one, 5, 9))]).Of("hello", "rs").Latency);
    }

    [Fact]
    public void Between_EachServiceAndReplicaSetHasItsOwnAndUnknownServicesNone()
    {
        TrafficFigures known = Figures(Guid.NewGuid(), 5, 1);
        TrafficWindow window = Between([], [Gateway("a", known), Gateway("b", known with { ReplicaSet = "other", Requests = 7 }), Gateway("c", known with { Service = Guid.NewGuid() })]);

        Assert.Equal([("hello", "other", 7L), ("hello", "rs", 5L)], window.Figures.Select(figures => (figures.Service, figures.ReplicaSet, figures.Requests)));
        Assert.Equal((0, "nothing"), (window.Of("hello", "nothing").Requests, window.Of("hello", "nothing").ReplicaSet));
        Assert.Equal((0, "unknown"), (window.Of("unknown", "rs").Requests, window.Of("unknown", "rs").Service));
        Assert.Equal((Make.Start, Make.Start.AddSeconds(10)), (window.Since, window.Until));
    }

    private static TrafficWindow Between(GatewayState[] before, GatewayState[] after) => TrafficWindows.Between(
        before, after, [new Service { Metadata = new ObjectMeta { Name = "hello", Uid = Service.ToString() } }], Make.Start, Make.Start.AddSeconds(10));

    private static GatewayState Gateway(string instance, TrafficFigures figures) =>
        new() { Node = "n", Instance = instance, Store = "s", Acknowledged = 1, Age = TimeSpan.Zero, Traffic = [figures] };

    private static TrafficFigures Figures(Guid pod, long requests, long failures) =>
        new() { Service = Service, ReplicaSet = "rs", Pod = pod, Requests = requests, Failures = failures, Latency = Buckets((50, requests)) };

    private static VersionFigures Seen(string replicaSet, long requests, long failures, int tookMs) =>
        new() { Service = "hello", ReplicaSet = replicaSet, Requests = requests, Failures = failures, Latency = Buckets((tookMs, requests)) };

    private static ValueList<long> Buckets(params (int Bound, long Count)[] counts) =>
        [.. TrafficFigures.LatencyBounds.Select(bound => counts.Where(count => count.Bound == bound).Sum(count => count.Count)), 0];

    /// <summary>At a canary's analysis, with all its pods.</summary>
    private static TestWorld Analyzed(AnalysisStep? step = null)
    {
        TestWorld world = new() { StoresJson = true };
        world.Store(Make.Deployment(10));
        world.Policies.Add(Make.Policy(strategy: Make.Canary(Make.Weight(10), new CanaryStep { Analysis = step ?? Step }, Make.Pause())));
        world.Settle();
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        Assert.Equal((RolloutPhases.Analyzing, 1), (world.State!.Spec.Phase, world.State.Spec.Step));
        return world;
    }

    private static void Window(TestWorld world, long requests, long failures, int seconds = 10)
    {
        world.Traffic = new TrafficWindow
        {
            Since = world.Now,
            Until = world.Now.AddSeconds(seconds),
            Figures = [Seen(world.ByImage("hello:2").Name, requests, failures, 50)],
        };
        world.Now = world.Now.AddSeconds(seconds);
        world.Pass();
    }
}
