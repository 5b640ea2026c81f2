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

    private static GatewayState Gateway(string instance, TrafficFigures figures) =>
        new() { Node = "n", Instance = instance, Store = "s", Acknowledged = 1, Age = TimeSpan.Zero, Traffic = [figures] };

    private static TrafficFigures Figures(Guid pod, long requests, long failures) =>
        new() { Service = Service, ReplicaSet = "rs", Pod = pod, Requests = requests, Failures = failures, Latency = Buckets((50, requests)) };

    private static VersionFigures Seen(string replicaSet, long requests, long failures, int tookMs) =>
        new() { Service = "hello", ReplicaSet = replicaSet, Requests = requests, Failures = failures, Latency = Buckets((tookMs, requests)) };

    private static ValueList<long> Buckets(params (int Bound, long Count)[] counts) =>
        [.. TrafficFigures.LatencyBounds.Select(bound => counts.Where(count => count.Bound == bound).Sum(count => count.Count)), 0];

    /// <summary>At a canary's analysis, with all its pods.</summary>
    private static TestWorld Analyzed()
    {
        TestWorld world = new() { StoresJson = true };
        world.Store(Make.Deployment(10));
        world.Policies.Add(Make.Policy(strategy: Make.Canary(Make.Weight(10), new CanaryStep { Analysis = Step }, Make.Pause())));
        world.Settle();
        world.SetImage("hello:2");
        world.PassUntilQuiet();
        world.SetReady(_ => true);
        world.PassUntilQuiet();
        Assert.Equal((RolloutPhases.Analyzing, 1), (world.State!.Spec.Phase, world.State.Spec.Step));
        return world;
    }

    private static void Window(TestWorld world, long requests, long failures)
    {
        world.Traffic = new TrafficWindow
        {
            Since = world.Now,
            Until = world.Now.AddSeconds(10),
            Figures = [Seen(world.ByImage("hello:2").Name, requests, failures, 50)],
        };
        world.Now = world.Now.AddSeconds(10);
        world.Pass();
    }
}
