using System.Net;
using ControlPlane.Domain.Routing;
using ControlPlane.Gateway.Traffic;

namespace ControlPlane.Gateway.Tests.Traffic;

/// <summary>How requests are divided among ReplicaSets.</summary>
public sealed class SharesTests
{
    private const string Stable = "stable";
    private const string Canary = "canary";

    private static readonly RouteEndpoint[] Pods =
        [RoutedPort.Pod(Stable, 1), RoutedPort.Pod(Stable, 2), RoutedPort.Pod(Stable, 3), RoutedPort.Pod(Canary, 4), RoutedPort.Pod(Canary, 5)];

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(333)]
    [InlineData(500)]
    [InlineData(999)]
    public void Requests_AShare_HoldsInEachThousandInARow(int perMille)
    {
        RoutedPort port = new();
        port.Apply(Pods, Shares(perMille));

        IReadOnlyList<string> went = port.Requests(4_000);

        for (int from = 0; from <= 3_000; from += 50)
        {
            Assert.Equal(perMille, went.Skip(from).Take(1_000).Count(replicaSet => replicaSet == Canary));
        }
    }

    [Fact]
    public void Requests_ATenth_IsEveryTenthAndNotAHundredAtOnce()
    {
        RoutedPort port = new();
        port.Apply(Pods, Shares(100));

        IReadOnlyList<string> went = port.Requests(100);

        Assert.All(went.Chunk(10), ten => Assert.Equal(1, ten.Count(replicaSet => replicaSet == Canary)));
    }

    [Fact]
    public void Requests_ThreeShares_EachHolds()
    {
        RoutedPort port = new();
        port.Apply([.. Pods, RoutedPort.Pod("third", 6)], new TrafficShare(Stable, 657), new TrafficShare(Canary, 333), new TrafficShare("third", 10));

        ILookup<string, string> went = port.Requests(1_000).ToLookup(replicaSet => replicaSet);

        Assert.Equal((657, 333, 10), (went[Stable].Count(), went[Canary].Count(), went["third"].Count()));
    }

    /// <summary>While a table is applied, requests to one port go by the new division and those to another still by the one before.</summary>
    [Fact]
    public void Turns_OfTwoTablesAtOnce_AreOneRotations()
    {
        ShareRotation before = new([new TrafficShare(Stable, 900), new TrafficShare(Canary, 100)], before: null);
        ShareRotation after = new([new TrafficShare(Stable, 900), new TrafficShare(Canary, 100)], before);

        int[] went = [.. Enumerable.Range(0, 10).Select(turn => (turn % 2 == 0 ? before : after).Next([true, true]))];

        Assert.Equal(1, went.Count(share => share == 1));
    }

    [Fact]
    public void Turns_WhereNoShareCanTakeOne_AreNobodys()
    {
        ShareRotation rotation = new([new TrafficShare(Stable, 1_000), new TrafficShare(Canary, 0)], before: null);

        Assert.Equal((-1, -1), (rotation.Next([false, true]), rotation.Next([false, false])));
        Assert.Equal(0, rotation.Next([true, true]));
    }

    /// <summary>Else all requests would go to pods that are just back, until they had made up for it.</summary>
    [Fact]
    public void Turns_AShareThatTookNoPart_HasNotSavedAnyUp()
    {
        ShareRotation rotation = new([new TrafficShare(Stable, 500), new TrafficShare(Canary, 500)], before: null);
        Assert.All(Enumerable.Range(0, 10), _ => Assert.Equal(0, rotation.Next([true, false])));

        Assert.Equal([0, 1, 0, 1], Enumerable.Range(0, 4).Select(_ => rotation.Next([true, true])));
    }

    /// <summary>What one ReplicaSet has saved up is none of the next one's, though it is in the same place.</summary>
    [Fact]
    public void Turns_OfOtherReplicaSets_BeginAnew()
    {
        ShareRotation before = new([new TrafficShare(Stable, 600), new TrafficShare(Canary, 400)], before: null);
        before.Next([true, true]);
        TrafficShare[] others = [new TrafficShare(Stable, 600), new TrafficShare("next", 400)];

        Assert.Equal(Turns(new ShareRotation([.. others], before: null)), Turns(new ShareRotation([.. others], before)));
        Assert.NotEqual(Turns(new ShareRotation([.. others], before: null)), Turns(before));
    }

    private static int[] Turns(ShareRotation rotation) => [.. Enumerable.Range(0, 5).Select(_ => rotation.Next([true, true]))];

    [Fact]
    public async Task Requests_FromManyThreads_TheShareHolds()
    {
        const int Threads = 8;
        RoutedPort port = new();
        port.Apply(Pods, Shares(333));
        using Barrier start = new(Threads);

        IReadOnlyList<string>[] went = await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                return port.Requests(1_000);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

        Assert.Equal(333 * Threads, went.Sum(mine => mine.Count(replicaSet => replicaSet == Canary)));
    }

    /// <summary>Else a hundredth would never have its turn while a rollout changes the table with each pod.</summary>
    [Fact]
    public void Requests_NewTableAfterEachFew_TheRotationGoesOn()
    {
        RoutedPort port = new();
        List<string> went = [];
        for (int table = 0; went.Count < 3_000; table++)
        {
            port.Apply(Pods.Where((_, i) => i != table % 3), Shares(10));
            went.AddRange(port.Requests(7));
        }

        Assert.All(went.Take(3_000).Chunk(1_000), thousand => Assert.Equal(10, thousand.Count(replicaSet => replicaSet == Canary)));
    }

    /// <summary>As many requests as it has ready pods for: the weights of a canary grow and fall with them.</summary>
    [Fact]
    public void Requests_WeightChangesAgainAndAgain_TheMeanHolds()
    {
        RoutedPort port = new();
        List<string> went = [];
        while (went.Count < 3_000)
        {
            port.Apply(Pods, Shares(went.Count % 6 == 0 ? 5 : 15));
            went.AddRange(port.Requests(3));
        }

        Assert.InRange(went.Count(replicaSet => replicaSet == Canary), 29, 31);
    }

    [Fact]
    public void Requests_AShareWithoutAReadyEndpoint_FallsToTheOthersInProportion()
    {
        RoutedPort port = new();
        port.Apply(
            [RoutedPort.Pod("a", 1) with { Ready = false }, RoutedPort.Pod("b", 2), RoutedPort.Pod("c", 3)],
            new TrafficShare("a", 500), new TrafficShare("b", 300), new TrafficShare("c", 200));

        ILookup<string, string> went = port.Requests(1_000).ToLookup(replicaSet => replicaSet);

        Assert.Equal((600, 400), (went["b"].Count(), went["c"].Count()));
    }

    [Fact]
    public void Requests_NoShareHasAReadyEndpoint_GoToAnyOther()
    {
        RoutedPort port = new();
        port.Apply(Pods.Take(3), new TrafficShare(Canary, 1_000));

        Assert.All(port.Requests(20), replicaSet => Assert.Equal(Stable, replicaSet));
    }

    [Fact]
    public void Requests_OnlyTheShareOf0HasAReadyEndpoint_GoThereRatherThanNowhere()
    {
        RoutedPort port = new();
        port.Apply(Pods.Skip(3), new TrafficShare(Stable, 1_000), new TrafficShare(Canary, 0));

        Assert.All(port.Requests(20), replicaSet => Assert.Equal(Canary, replicaSet));
    }

    [Fact]
    public void Requests_ReplicaSetThatIsNotNamed_GetsNothing()
    {
        RoutedPort port = new();
        port.Apply([.. Pods, RoutedPort.Pod("old", 6)], Shares(0));

        Assert.All(port.Requests(1_000), replicaSet => Assert.Equal(Stable, replicaSet));
    }

    [Fact]
    public void Requests_OnlyTerminatingEndpointsThatServe_GetThem()
    {
        RoutedPort port = new();
        port.Apply([RoutedPort.Pod("old", 1)], Shares(100));
        port.Apply([RoutedPort.Pod("old", 1) with { Ready = false, Terminating = true }], Shares(100));

        Assert.All(port.Requests(20), replicaSet => Assert.Equal("old", replicaSet));
    }

    [Fact]
    public void Retry_EndpointCannotBeConnectedTo_StaysInItsReplicaSetAndTakesNoTurn()
    {
        RoutedPort port = new();
        port.Apply(Pods, Shares(500));
        List<string> first = [];
        for (int i = 0; i < 100; i++)
        {
            RequestTraits request = new(IPAddress.Loopback);
            Endpoint tried = port.Port.Enter(request, [])!;
            tried.Leave();
            Endpoint then = port.Port.Enter(request, [tried])!;
            then.Leave();
            Assert.NotSame(tried, then);
            Assert.Equal(tried.Route.ReplicaSet, then.Route.ReplicaSet);
            first.Add(tried.Route.ReplicaSet!);
        }

        Assert.Equal(50, first.Count(replicaSet => replicaSet == Canary));
    }

    [Fact]
    public void Retry_NoOtherInItsReplicaSet_GoesToAnother()
    {
        RoutedPort port = new();
        port.Apply([RoutedPort.Pod(Stable, 1), RoutedPort.Pod(Canary, 2)], Shares(1_000));
        RequestTraits request = new(IPAddress.Loopback);
        Endpoint canary = port.Port.Enter(request, [])!;

        Endpoint? then = port.Port.Enter(request, [canary]);

        Assert.Equal((Canary, Stable), (canary.Route.ReplicaSet, then?.Route.ReplicaSet));
    }

    [Fact]
    public void Affinity_ManyClients_AreDividedByTheSharesAndThenStay()
    {
        RoutedPort port = new();
        port.Apply(Kept(Shares(100)), Pods);
        IPAddress[] clients = [.. Enumerable.Range(0, 1_000).Select(i => new IPAddress([10, 0, (byte)(i / 250), (byte)(i % 250)]))];

        Guid[] first = [.. clients.Select(client => port.Request(client)!.Pod)];
        Guid[] again = [.. clients.Select(client => port.Request(client)!.Pod)];

        Assert.Equal(first, again);
        Assert.Equal(100, first.Count(pod => Pods.Single(known => known.Pod == pod).ReplicaSet == Canary));
    }

    [Fact]
    public void Affinity_ItsReplicaSetHasNoShareAnyMore_TheClientMoves()
    {
        RoutedPort port = new();
        port.Apply(Kept(Shares(1_000)), Pods);
        Assert.Equal(Canary, port.Request()!.ReplicaSet);

        port.Apply(Kept(Shares(1)), Pods);
        Assert.Equal(Canary, port.Request()!.ReplicaSet);
        port.Apply(Kept(Shares(0)), Pods);

        Assert.Equal(Stable, port.Request()!.ReplicaSet);
    }

    [Fact]
    public void Affinity_WithoutShares_ClientStaysUntilItsEndpointLeaves()
    {
        RoutedPort port = new();
        port.Apply(Kept(), Pods);
        Guid own = port.Request()!.Pod;
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Equal(own, port.Request()!.Pod));

        port.Apply(Kept(), Pods.Where(pod => pod.Pod != own));

        Guid other = port.Request()!.Pod;
        Assert.NotEqual(own, other);
        port.Apply(Kept(), Pods);
        Assert.Equal(other, port.Request()!.Pod);
    }

    private static TrafficShare[] Shares(int canary) => [new(Stable, TrafficShare.Whole - canary), new(Canary, canary)];

    private static ServiceRoute Kept(params TrafficShare[] shares) => new()
    {
        Namespace = "default",
        Name = "hello",
        Uid = Guid.Empty,
        SessionAffinity = SessionAffinity.ClientIP,
        Shares = [.. shares],
    };
}
