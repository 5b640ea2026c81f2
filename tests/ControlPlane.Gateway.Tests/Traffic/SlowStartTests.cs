using System.Globalization;
using System.Net;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Traffic;
using Xunit.Abstractions;

namespace ControlPlane.Gateway.Tests.Traffic;

/// <summary>What a pod gets that has just become ready.</summary>
public sealed class SlowStartTests(ITestOutputHelper output)
{
    private const string Web = "web";
    private const string Canary = "canary";

    private static readonly RouteEndpoint[] Warm = [.. Enumerable.Range(1, 4).Select(i => RoutedPort.Pod(Web, i))];
    private static readonly RouteEndpoint New = RoutedPort.Pod(Web, 5);

    private readonly SteppedTime time = new();

    /// <summary>Four warm pods and one at half its capacity are 0.5 / 4.5 of the requests for that one.</summary>
    [Theory]
    [InlineData(0, 24)]
    [InlineData(3, 24)]
    [InlineData(6, 48)]
    [InlineData(15, 111)]
    [InlineData(27, 184)]
    public void Requests_OneAfterTheOther_AreDividedByCapacity(int seconds, int ofAThousand)
    {
        RoutedPort port = Started(SlowService());
        time.Advance(TimeSpan.FromSeconds(seconds));

        Assert.InRange(CountOfNew(port, 1_000), ofAThousand - 1, ofAThousand + 1);
    }

    [Fact]
    public void Requests_WindowIsOver_AreDividedAlike()
    {
        RoutedPort port = Started(SlowService());
        time.Advance(TimeSpan.FromSeconds(30));

        Assert.InRange(CountOfNew(port, 10_000), 1_800, 2_200);
    }

    [Fact]
    public void Requests_WithoutASlowStart_AreDividedAlike() => Assert.InRange(CountOfNew(Started(SlowService() with { SlowStartMs = null }), 10_000), 1_800, 2_200);

    [Fact]
    public void Requests_SlowStartIsTakenAway_AreDividedAlikeAtOnce()
    {
        RoutedPort port = Started(SlowService());
        port.Apply(SlowService() with { SlowStartMs = null }, [.. Warm, New]);

        Assert.InRange(CountOfNew(port, 10_000), 1_800, 2_200);
    }

    /// <summary>By what is in flight: of 20 to each warm pod, one at a tenth of its capacity holds 2.</summary>
    [Fact]
    public void InFlight_ManyAtOnce_IsDividedByCapacity()
    {
        RoutedPort port = Started(SlowService());

        Endpoint[] held = [.. Enumerable.Range(0, 82).Select(_ => Enter(port))];

        Assert.Equal(2, held.Count(endpoint => endpoint.Route.Pod == New.Pod));
        Assert.All(held.GroupBy(endpoint => endpoint.Route.Pod).Where(pod => pod.Key != New.Pod), pod => Assert.InRange(pod.Count(), 19, 21));
    }

    /// <summary>Its turn does not make up for being slow: least requests come first.</summary>
    [Fact]
    public void Requests_TheNewOneHangs_GoToTheOthers()
    {
        RoutedPort port = Started(SlowService());
        time.Advance(TimeSpan.FromSeconds(15));
        int toNew = 0;
        for (int i = 0; i < 200; i++)
        {
            Endpoint endpoint = Enter(port);
            if (endpoint.Route.Pod == New.Pod)
            {
                toNew++;
            }
            else
            {
                endpoint.Leave();
            }
        }

        Assert.Equal(1, toNew);
    }

    /// <summary>Nor may a slow start hold requests at pods that hang.</summary>
    [Fact]
    public void Requests_WarmOnesHang_GoToTheNewOneByWhatIsInFlight()
    {
        RoutedPort port = Started(SlowService());
        Endpoint[] hanging = [.. Enumerable.Range(0, 400).Select(_ => Enter(port))];
        Array.ForEach(hanging, endpoint =>
        {
            if (endpoint.Route.Pod == New.Pod)
            {
                endpoint.Leave();
            }
        });

        Assert.Equal(20, CountOfNew(port, 20));
    }

    [Fact]
    public void Shares_PodOfACanaryIsNew_HoldExactly()
    {
        RoutedPort port = new(time);
        TrafficShare[] shares = [new(Web, 900), new(Canary, 100)];
        RouteEndpoint[] canaries = [RoutedPort.Pod(Canary, 6), RoutedPort.Pod(Canary, 7)];
        port.Apply(SlowService() with { Shares = [.. shares] }, [.. Warm, canaries[0]]);
        port.Apply(SlowService() with { Shares = [.. shares] }, [.. Warm, New, .. canaries]);

        RouteEndpoint[] went = [.. Enumerable.Range(0, 1_000).Select(_ => port.Request()!)];

        Assert.Equal(100, went.Count(pod => pod.ReplicaSet == Canary));
        Assert.InRange(went.Count(pod => pod.Pod == canaries[1].Pod), 8, 10);
        Assert.InRange(went.Count(pod => pod.Pod == New.Pod), 21, 23);
    }

    [Fact]
    public void Requests_ReplicaSetHasOnlyThePodThatStarts_AllGoThere()
    {
        RoutedPort port = new(time);
        port.Apply(SlowService() with { Shares = [new(Web, 1_000), new(Canary, 0)] }, Warm);
        port.Apply(SlowService() with { Shares = [new(Web, 0), new(Canary, 1_000)] }, [.. Warm, RoutedPort.Pod(Canary, 6)]);

        Assert.All(port.Requests(100), replicaSet => Assert.Equal(Canary, replicaSet));
    }

    /// <summary>A gateway that starts finds pods that have long been ready.</summary>
    [Fact]
    public void Requests_PodsOfThePortsFirstTable_AreWarm()
    {
        RoutedPort port = new(time);
        port.Apply(SlowService(), Warm);
        time.Advance(TimeSpan.FromMilliseconds(1));
        port.Apply(SlowService(), [.. Warm, New]);
        port.Apply(SlowService(), [.. Warm, New]);

        Assert.InRange(CountOfNew(port, 1_000), 23, 25);
    }

    [Fact]
    public void Requests_PodsThatAllStartAtOnce_AreAlike()
    {
        RoutedPort port = new(time);
        port.Apply(SlowService(), []);
        port.Apply(SlowService(), [.. Warm, New]);
        time.Advance(TimeSpan.FromSeconds(10));

        Assert.InRange(CountOfNew(port, 10_000), 1_800, 2_200);
    }

    /// <summary>Relative to the one that has been ready for longest: 20 s and 10 s of 30 s make two thirds and one third.</summary>
    [Fact]
    public void Requests_PodsThatStartOneAfterTheOther_AreDividedByTheirAges()
    {
        RoutedPort port = new(time);
        port.Apply(SlowService(), []);
        port.Apply(SlowService(), [Warm[0]]);
        time.Advance(TimeSpan.FromSeconds(10));
        port.Apply(SlowService(), [Warm[0], New]);
        time.Advance(TimeSpan.FromSeconds(10));

        Assert.InRange(CountOfNew(port, 900), 299, 301);
    }

    [Fact]
    public void Requests_PodBecomesReadyAgain_StartsAnew()
    {
        RoutedPort port = Started(SlowService());
        time.Advance(TimeSpan.FromMinutes(1));
        port.Apply(SlowService(), [.. Warm, New with { Ready = false, Serving = false }]);
        port.Apply(SlowService(), [.. Warm, New]);

        Assert.InRange(CountOfNew(port, 1_000), 23, 25);
    }

    [Fact]
    public void Requests_ThatCannotBeConnectedTo_AreTriedElsewhere()
    {
        RoutedPort port = new(time);
        port.Apply(SlowService(), [Warm[0]]);
        port.Apply(SlowService(), [Warm[0], New]);
        Endpoint first = Enter(port);

        Endpoint? second = port.Port.Enter(new RequestTraits(IPAddress.Loopback), [first]);

        Assert.Equal((Warm[0].Pod, New.Pod), (first.Route.Pod, second!.Route.Pod));
        Assert.Null(port.Port.Enter(new RequestTraits(IPAddress.Loopback), [first, second]));
    }

    /// <summary>A hundred requests a second of 200 ms each, so 4 in flight to each of 5 pods: what the new one gets in each second of 30.</summary>
    [Fact]
    public void Measure_ShareOverTheWindow_Grows()
    {
        RoutedPort port = Started(SlowService());
        Queue<Endpoint> inFlight = [];
        int[] perFiveSeconds = new int[7];
        for (int i = 0; i < 3_500; i++)
        {
            while (inFlight.Count >= 20)
            {
                inFlight.Dequeue().Leave();
            }

            Endpoint endpoint = Enter(port);
            perFiveSeconds[i / 500] += endpoint.Route.Pod == New.Pod ? 1 : 0;
            inFlight.Enqueue(endpoint);
            time.Advance(TimeSpan.FromMilliseconds(10));
        }

        output.WriteLine($"of 500 requests in each 5 s: {string.Join(", ", perFiveSeconds.Select(count => count.ToString(CultureInfo.InvariantCulture)))}");
        Assert.All(perFiveSeconds.Zip(perFiveSeconds.Skip(1)).Take(5), pair => Assert.True(pair.First < pair.Second, $"{pair.First} then {pair.Second}"));
        Assert.InRange(perFiveSeconds[0], 10, 20);
        Assert.InRange(perFiveSeconds[6], 95, 105);
    }

    private static ServiceRoute SlowService() =>
        new() { Namespace = "default", Name = "hello", Uid = new Guid(1, 2, 3, new byte[8]), SlowStartMs = 30_000 };

    /// <summary>Four warm pods, and a fifth that has just become ready.</summary>
    private RoutedPort Started(ServiceRoute service)
    {
        RoutedPort port = new(time);
        port.Apply(service, Warm);
        port.Apply(service, [.. Warm, New]);
        return port;
    }

    private static int CountOfNew(RoutedPort port, int requests) => Enumerable.Range(0, requests).Count(_ => port.Request()!.Pod == New.Pod);

    private static Endpoint Enter(RoutedPort port) => port.Port.Enter(new RequestTraits(IPAddress.Loopback), [])!;
}
