using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Scheduling;

/// <summary>How the pods of a ReplicaSet spread over zones where their template says nothing of it.</summary>
public sealed class ZoneSpreadTests
{
    /// <summary>Nodes with their zones; where the pods of one ReplicaSet go, one after the other.</summary>
    [Theory]
    [InlineData("a1:a a2:a b1:b", "a1 b1 a2 b1 a1 a2 b1")]
    [InlineData("a1:a a2:a b1:a", "a1 a2 b1 a1 a2 b1 a1")]
    [InlineData("a1: a2: b1:", "a1 a2 b1 a1 a2 b1 a1")]
    [InlineData("a1: a2: b1:b", "a1 b1 a2 b1 a1 a2 b1")]
    [InlineData("a1:a a2:a a3:a b1:b c1:c", "a1 b1 c1 a2 a3 b1 c1")]
    public void Place_PodsOfOneReplicaSet_SpreadOverZonesAndNodes(string nodes, string expected)
    {
        ClusterState cluster = Cluster(nodes);

        Assert.Equal(expected, Placed(cluster, 7, i => SchedulerTests.MakePod($"p{i}", owner: "rs")));
    }

    /// <summary>One node of its zone alone takes less than half of the pods: nine nodes beside it are more of a difference than one zone.</summary>
    [Fact]
    public void Place_AZoneOfOneNodeBesideOneOfNine_GetsMoreThanANodeAndLessThanAZonesShare()
    {
        ClusterState cluster = Cluster("a1:a b1:b b2:b b3:b b4:b b5:b b6:b b7:b b8:b b9:b");

        int alone = Placed(cluster, 40, i => SchedulerTests.MakePod($"p{i}", owner: "rs")).Split(' ').Count(node => node == "a1");

        Assert.Equal(12, alone);
    }

    /// <summary>The pods of others in a zone are nothing to a ReplicaSet; neither are its own that end.</summary>
    [Fact]
    public void Place_OthersPodsAndTerminatingOnes_DoNotCountInAZone()
    {
        ClusterState cluster = Cluster("a1:a a2:a b1:b");
        cluster.Find("a2")!.Add(SchedulerTests.MakePod("other", owner: "other"));
        Pod ending = SchedulerTests.MakePod("ending", owner: "rs");
        cluster.Find("a2")!.Add(ending with { Metadata = ending.Metadata with { DeletionTimestamp = DateTimeOffset.UnixEpoch } });
        cluster.Find("b1")!.Add(SchedulerTests.MakePod("big", cpu: "3", owner: "other"));
        Scheduler scheduler = new(cluster);
        Enter(scheduler, SchedulerTests.MakePod("another", owner: "other"), "a1");

        Assert.Equal("a1", scheduler.Place(SchedulerTests.MakePod("p", owner: "rs")).Node);
    }

    [Fact]
    public void Place_APodWithoutAnOwner_IsNotSpreadOverZones()
    {
        ClusterState cluster = Cluster("a1:a a2:a b1:b");
        cluster.Find("b1")!.Add(SchedulerTests.MakePod("big", cpu: "3"));

        Assert.Equal("a1 a2 a1 a2", Placed(cluster, 4, i => SchedulerTests.MakePod($"p{i}")));
    }

    /// <summary>As in Kubernetes, a template's own constraints stand in the place of these: by node here, so that zones do not matter.</summary>
    [Fact]
    public void Place_APodWithConstraintsOfItsOwn_FollowsThoseAlone()
    {
        ClusterState cluster = Cluster("a1:a a2:a b1:b");
        TopologySpreadConstraint byNode = new() { MaxSkew = 1, TopologyKey = "node", WhenUnsatisfiable = "ScheduleAnyway", LabelSelector = new LabelSelector { MatchLabels = ValueMap.Of(("no", "such")) } };

        Assert.Equal("a1 a2 b1 a1 a2 b1", Placed(cluster, 6, i => SchedulerTests.MakePod($"p{i}", owner: "rs") is var pod
            ? pod with { Spec = pod.Spec with { TopologySpreadConstraints = [byNode] } }
            : pod));
    }

    /// <summary>A zone whose only node is full is left out, and the rest goes on.</summary>
    [Fact]
    public void Place_AFullZone_LeavesTheOthers()
    {
        ClusterState cluster = SchedulerTests.Cluster(InZone(SchedulerTests.MakeNode("a1"), "a"), InZone(SchedulerTests.MakeNode("b1", pods: 2), "b"));

        Assert.Equal("a1 b1 a1 b1 a1 a1 a1 a1 a1 a1", Placed(cluster, 10, i => SchedulerTests.MakePod($"p{i}", owner: "rs")));
    }

    internal static Node InZone(Node node, string? zone) => string.IsNullOrEmpty(zone)
        ? node
        : node with { Metadata = node.Metadata with { Labels = node.Metadata.Labels.SetItem("topology.kubernetes.io/zone", zone) } };

    private static ClusterState Cluster(string nodes) =>
        SchedulerTests.Cluster([.. nodes.Split(' ').Select(node => node.Split(':')).Select(parts => InZone(SchedulerTests.MakeNode(parts[0]), parts[1]))]);

    private static string Placed(ClusterState cluster, int count, Func<int, Pod> make)
    {
        Scheduler scheduler = new(cluster);
        List<string?> nodes = [];
        for (int i = 0; i < count; i++)
        {
            Pod pod = make(i);
            nodes.Add(scheduler.Place(pod).Node);
            Enter(scheduler, pod, nodes[^1]);
        }

        return string.Join(' ', nodes);
    }

    private static void Enter(Scheduler scheduler, Pod pod, string? node) => scheduler.Enter(pod with { Spec = pod.Spec with { NodeName = node } });
}
