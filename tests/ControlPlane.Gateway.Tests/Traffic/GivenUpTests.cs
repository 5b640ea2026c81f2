using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Traffic;

namespace ControlPlane.Gateway.Tests.Traffic;

/// <summary>What clients that give up say of a pod.</summary>
public sealed class GivenUpTests
{
    private readonly PodTraffic pod = new(default, "default/hello", RoutedPort.Pod("rs", 1), new SteppedTime());

    [Theory]
    [InlineData(4_999, 0)]
    [InlineData(5_000, 1)]
    [InlineData(10_000, 1)]
    public void A_client_that_has_waited_long_enough_was_failed_and_any_tells_its_time(int milliseconds, int requests)
    {
        pod.GivenUp(TimeSpan.FromMilliseconds(milliseconds), waitedForThePod: true);

        TrafficFigures figures = pod.Read();
        Assert.Equal((requests, requests, 1), (figures.Requests, figures.Failures, figures.Latency.Sum()));
        Assert.Equal(1, figures.Latency[TrafficFigures.LatencyBounds.Count(bound => bound < milliseconds)]);
    }

    [Fact]
    public void One_that_had_not_sent_all_of_its_request_says_nothing()
    {
        pod.GivenUp(TimeSpan.FromMinutes(1), waitedForThePod: false);

        TrafficFigures figures = pod.Read();
        Assert.Equal((0, 0, true), (figures.Requests, figures.Failures, figures.Latency.IsEmpty));
    }
}
