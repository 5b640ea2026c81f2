using ControlPlane.Domain.Planning.Rollouts;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Traffic;

namespace ControlPlane.Gateway.Tests.Traffic;

/// <summary>What is told of pods' traffic, for as long as a window may be.</summary>
public sealed class TrafficMeterTests
{
    private static readonly ServiceRoute Service = new() { Namespace = "default", Name = "hello", Uid = new Guid("11111111-2222-3333-4444-555555555555"), Ports = [] };

    private readonly SteppedTime time = new();
    private readonly TrafficMeter meter;

    public TrafficMeterTests() => meter = new TrafficMeter(time);

    /// <summary>Ten minutes, in which the pod of the beginning is replaced after one.</summary>
    [Fact]
    public void A_long_window_counts_pods_that_have_gone_meanwhile()
    {
        Count(Pod("rs", 1), requests: 7, failures: 1);
        IReadOnlyList<GatewayState> before = Reported();
        Count(Pod("rs", 1), requests: 100, failures: 3);
        SetListed("rs", 2);
        Count(Pod("rs", 2), requests: 10, failures: 0);
        time.Advance(TimeSpan.FromMinutes(10));

        VersionFigures figures = Between(before, Reported()).Of("hello", "rs");

        Assert.Equal((110, 3, 110), (figures.Requests, figures.Failures, figures.Latency.Sum()));
        Assert.DoesNotContain(meter.Read(), told => told.Pod == Pod("rs", 1).Pod);
    }

    [Fact]
    public void More_pods_than_a_report_may_tell_of_are_told_as_the_sums_of_their_ReplicaSets()
    {
        const int pods = TrafficFigures.FiguresMax + 1;
        SetListed("rs", [.. Enumerable.Range(1, pods)]);
        foreach (int i in Enumerable.Range(1, pods - 1))
        {
            Count(Pod("rs", i), requests: 1, failures: 0);
        }

        IReadOnlyList<GatewayState> before = Reported();
        Assert.Equal(pods - 1, before[0].Traffic.Count);
        Count(Pod("rs", pods), requests: 1, failures: 1);
        foreach (int i in Enumerable.Range(1, 10))
        {
            time.Advance(TimeSpan.FromSeconds(1));
            Count(Pod("rs", i), requests: 2, failures: 0);
        }

        TrafficFigures sum = Assert.Single(meter.Read());
        Assert.Equal((Guid.Empty, "rs", pods + 20, 1), (sum.Pod, sum.ReplicaSet, sum.Requests, sum.Failures));
        VersionFigures figures = Between(before, Reported()).Of("hello", "rs");
        Assert.Equal((21, 1), (figures.Requests, figures.Failures));
    }

    [Fact]
    public void What_is_kept_of_ReplicaSets_without_pods_has_bounds()
    {
        foreach (int i in Enumerable.Range(1, FormerPods.OrphansMax + 5))
        {
            Count(Pod($"rs-{i}", i), requests: 1, failures: 0);
            time.Advance(TimeSpan.FromMilliseconds(1));
        }

        SetListed("rs");
        time.Advance(TrafficMeter.KeptFor);
        Assert.Empty(meter.Pods());
        Assert.Equal(FormerPods.OrphansMax, meter.Read().Count);

        time.Advance(FormerPods.OrphansKeptFor);
        Assert.Empty(meter.Read());
    }

    private static RouteEndpoint Pod(string replicaSet, int number) => RoutedPort.Pod(replicaSet, number);

    private void Count(RouteEndpoint endpoint, int requests, int failures)
    {
        PodTraffic pod = meter.Of(Service, endpoint);
        foreach (int i in Enumerable.Range(0, requests))
        {
            pod.Answered(TimeSpan.FromMilliseconds(1));
            pod.Ended(hasFailed: i < failures);
        }
    }

    private void SetListed(string replicaSet, params int[] numbers) => meter.SetListed([.. numbers.Select(number => new PodTrafficKey(Service.Uid, Pod(replicaSet, number).Pod))]);

    private IReadOnlyList<GatewayState> Reported() =>
        [new GatewayState { Node = "node-1", Instance = "i", Store = "s", Acknowledged = 1, Traffic = meter.Read(), Age = TimeSpan.Zero }];

    private static TrafficWindow Between(IReadOnlyList<GatewayState> before, IReadOnlyList<GatewayState> after) => TrafficWindows.Between(
        before, after, [new Service { Metadata = new ObjectMeta { Name = Service.Name, Uid = Service.Uid.ToString() } }], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddMinutes(10));
}
