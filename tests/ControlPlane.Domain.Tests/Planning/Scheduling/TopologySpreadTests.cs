using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Scheduling;

public class TopologySpreadTests
{
    private static readonly TopologySpreadConstraint ByZone = new()
    {
        MaxSkew = 1,
        TopologyKey = "zone",
        WhenUnsatisfiable = "DoNotSchedule",
        LabelSelector = new LabelSelector { MatchLabels = ValueMap.Of(("app", "web")) },
    };

    /// <summary>Pods in the zones a, b and c, each of one node; the zones that the next pod may go to.</summary>
    [Theory]
    [InlineData(1, "2 2 1", "c")]
    [InlineData(2, "2 2 1", "a b c")]
    [InlineData(1, "1 1 1", "a b c")]
    [InlineData(1, "3 0 0", "b c")]
    [InlineData(2, "3 1 2", "b c")]
    public void Place_MaxSkew_HoldsBetweenThePlacesAndTheEmptiest(int maxSkew, string counts, string allowed)
    {
        ClusterState cluster = Zones(counts);

        Assert.Equal(allowed.Split(' '), Allowed(cluster, ByZone with { MaxSkew = maxSkew }));
    }

    [Theory]
    [InlineData(3, "1 1 1", "a b c")]
    [InlineData(4, "1 1 1", "")]
    [InlineData(4, "2 2 1", "")]
    [InlineData(4, "1 0 1", "b")]
    public void Place_FewerPlacesThanMinDomains_TheEmptiestCountsAsHavingNone(int minDomains, string counts, string allowed) => Assert.Equal(
        allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries), Allowed(Zones(counts), ByZone with { MinDomains = minDomains }));

    /// <summary>As in Kubernetes it counts none of the pods that are there, so that the place does not matter.</summary>
    [Fact]
    public void Place_EmptySelector_CountsNoPod() =>
        Assert.Equal(["a", "b", "c"], Allowed(Zones("5 0 0"), ByZone with { LabelSelector = new LabelSelector() }));

    [Fact]
    public void Place_NodeWithoutTheLabel_IsNoPlace()
    {
        ClusterState cluster = Zones("1 0");
        cluster.SetNode(SchedulerTests.MakeNode("nowhere"));
        cluster.SetNode(Cordoned(cluster.Find("b")!.Node));

        Assert.Equal(
            "0/3 nodes are available: 1 node(s) didn't match pod topology spread constraints, "
            + "1 node(s) didn't match pod topology spread constraints (missing required label), 1 node(s) were unschedulable.",
            Scheduler.Place(With(ByZone), cluster).Why?.Message);
    }

    [Fact]
    public void Place_NodeTaintsPolicyHonor_ANodeThatTakesNoPodsIsNoPlace()
    {
        ClusterState cluster = Zones("1 0");
        cluster.SetNode(Cordoned(cluster.Find("b")!.Node));

        Assert.Null(Scheduler.Place(With(ByZone), cluster).Node);
        Assert.Equal("a", Scheduler.Place(With(ByZone with { NodeTaintsPolicy = "Honor" }), cluster).Node);
    }

    [Fact]
    public void Place_NodeAffinityPolicy_SaysWhetherNodesThatDoNotMatchArePlaces()
    {
        ClusterState cluster = Zones("1 0");
        Pod OnlyA(TopologySpreadConstraint constraint) => With(constraint) is var pod ? pod with { Spec = pod.Spec with { NodeSelector = ValueMap.Of(("zone", "a")) } } : pod;

        Assert.Equal("a", Scheduler.Place(OnlyA(ByZone), cluster).Node);
        Assert.Null(Scheduler.Place(OnlyA(ByZone with { NodeAffinityPolicy = "Ignore" }), cluster).Node);
    }

    [Fact]
    public void Place_TerminatingPodsAndOthersNamespaces_DoNotCount()
    {
        ClusterState cluster = Zones("0 0");
        Pod pod = MakePod("x");
        cluster.Find("a")!.Add(pod with { Metadata = pod.Metadata with { Uid = "1", DeletionTimestamp = DateTimeOffset.UnixEpoch } });
        cluster.Find("a")!.Add(pod with { Metadata = pod.Metadata with { Uid = "2", Namespace = "other" } });
        cluster.Find("a")!.Add(pod with { Metadata = pod.Metadata with { Uid = "3" }, Status = new PodStatus { Phase = "Failed" } });

        Assert.Equal(["a", "b"], Allowed(cluster, ByZone));
    }

    [Fact]
    public void Place_MatchLabelKeys_CountsPodsOfTheSameRevisionOnly()
    {
        ClusterState cluster = Zones("1 0");
        Pod pod = With(ByZone with { MatchLabelKeys = ["pod-template-hash"] });
        pod = pod with { Metadata = pod.Metadata with { Labels = pod.Metadata.Labels.SetItem("pod-template-hash", "new") } };
        cluster.Find("b")!.Add(SchedulerTests.MakePod("big", cpu: "3"));

        Assert.Equal("a", Scheduler.Place(pod, cluster).Node);
    }

    /// <summary>The fullest node, which nothing but the wish speaks for.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void Place_ScheduleAnyway_PrefersThePlaceWithTheFewestWithinMaxSkewToo(int maxSkew)
    {
        ClusterState cluster = Zones("2 1 2");
        cluster.Find("b")!.Add(SchedulerTests.MakePod("big", cpu: "3"));

        Assert.Equal("b", Scheduler.Place(With(ByZone with { WhenUnsatisfiable = "ScheduleAnyway", MaxSkew = maxSkew }), cluster).Node);
    }

    [Fact]
    public void Place_ScheduleAnyway_PrefersThePlaceWithTheFewestAndTakesTheRestAfterIt()
    {
        ClusterState cluster = Zones("1 0");
        cluster.Find("b")!.Add(SchedulerTests.MakePod("big", cpu: "3"));
        TopologySpreadConstraint wish = ByZone with { WhenUnsatisfiable = "ScheduleAnyway" };

        Assert.Equal("b", Scheduler.Place(With(wish), cluster).Node);
        cluster.SetNode(Cordoned(cluster.Find("b")!.Node));
        Assert.Equal("a", Scheduler.Place(With(wish), cluster).Node);
    }

    /// <summary>
    /// Two zones, three racks. For a-tiny 8 pods of its zone count (8 × ln 4 = 11.1) and none of its rack; for b 4 and 4 (4 × ln 4 + 4 × ln 5 = 12.0): as many in all, but
    /// more in the smaller kind of place.
    /// </summary>
    [Fact]
    public void Place_SeveralWishes_AddUpWhatTheyCountTheMoreTheMorePlacesThereAre()
    {
        ClusterState cluster = new();
        AddNode(cluster, "a-full", "a", pods: 8);
        AddNode(cluster, "a-tiny", "a", pods: 0);
        AddNode(cluster, "b", "b", pods: 4);
        cluster.SetNode(Cordoned(cluster.Find("a-full")!.Node));
        cluster.Find("a-tiny")!.Add(SchedulerTests.MakePod("big", cpu: "3"));
        TopologySpreadConstraint wish = ByZone with { WhenUnsatisfiable = "ScheduleAnyway" };
        Pod pod = With(wish) is var one ? one with { Spec = one.Spec with { TopologySpreadConstraints = [wish, wish with { TopologyKey = "rack" }] } } : one;

        Assert.Equal("a-tiny", Scheduler.Place(pod, cluster).Node);
    }

    [Fact]
    public void Place_ScheduleAnyway_ANodeWithoutThePlaceComesLast()
    {
        ClusterState cluster = Zones("9 0");
        cluster.SetNode(Cordoned(cluster.Find("b")!.Node));
        cluster.SetNode(SchedulerTests.MakeNode("a-nowhere"));

        Assert.Equal("a", Scheduler.Place(With(ByZone with { WhenUnsatisfiable = "ScheduleAnyway" }), cluster).Node);
        cluster.SetNode(Cordoned(cluster.Find("a")!.Node));
        Assert.Equal("a-nowhere", Scheduler.Place(With(ByZone with { WhenUnsatisfiable = "ScheduleAnyway" }), cluster).Node);
    }

    [Fact]
    public void Place_APodThatItsConstraintDoesNotSelect_AddsNothingToAPlace()
    {
        ClusterState cluster = Zones("2 1");
        Pod pod = With(ByZone) is var one ? one with { Metadata = one.Metadata with { Labels = default } } : one;
        cluster.SetNode(Cordoned(cluster.Find("b")!.Node));

        Assert.Equal("a", Scheduler.Place(pod, cluster).Node);
    }

    [Fact]
    public void Place_ManyPodsOneAfterTheOther_SpreadEvenly()
    {
        ClusterState cluster = Zones("0 0 0");
        Scheduler scheduler = new(cluster);
        List<string?> nodes = [];
        for (int i = 0; i < 7; i++)
        {
            Pod pod = With(ByZone, $"p{i}");
            nodes.Add(scheduler.Place(pod).Node);
            scheduler.Enter(pod with { Spec = pod.Spec with { NodeName = nodes[^1] } });
        }

        Assert.Equal(["a", "b", "c", "a", "b", "c", "a"], nodes);
    }

    private static IEnumerable<string> Allowed(ClusterState cluster, TopologySpreadConstraint constraint) => cluster.Nodes
        .Select(node => node.Node.Name)
        .Where(name => Scheduler.Place(With(constraint) is var pod ? pod with
        {
            Spec = pod.Spec with
            {
                Affinity = new Affinity
                {
                    NodeAffinity = new NodeAffinity
                    {
                        PreferredDuringSchedulingIgnoredDuringExecution =
                        [
                            new() { Weight = 1, Preference = new() { MatchFields = [new() { Key = "metadata.name", Operator = "In", Values = [name] }] } },
                        ],
                    },
                },
            },
        } : pod, cluster).Node == name);

    private static ClusterState Zones(string counts)
    {
        ClusterState cluster = new();
        int zone = 0;
        foreach (string count in counts.Split(' '))
        {
            string name = ((char)('a' + zone++)).ToString();
            Node node = SchedulerTests.MakeNode(name);
            NodeState state = cluster.SetNode(node with { Metadata = node.Metadata with { Labels = ValueMap.Of(("zone", name)) } });
            for (int i = 0; i < int.Parse(count, System.Globalization.CultureInfo.InvariantCulture); i++)
            {
                state.Add(MakePod($"{name}-{i}"));
            }
        }

        return cluster;
    }

    private static void AddNode(ClusterState cluster, string name, string zone, int pods)
    {
        Node node = SchedulerTests.MakeNode(name);
        NodeState state = cluster.SetNode(node with { Metadata = node.Metadata with { Labels = ValueMap.Of(("zone", zone), ("rack", name)) } });
        for (int i = 0; i < pods; i++)
        {
            state.Add(MakePod($"{name}-{i}"));
        }
    }

    private static Node Cordoned(Node node) => node with { Spec = new NodeSpec { Unschedulable = true } };

    private static Pod MakePod(string name) => SchedulerTests.MakePod(name) is var pod
        ? pod with { Metadata = pod.Metadata with { Labels = ValueMap.Of(("app", "web")) } }
        : pod;

    private static Pod With(TopologySpreadConstraint constraint, string name = "next") =>
        MakePod(name) is var pod ? pod with { Spec = pod.Spec with { TopologySpreadConstraints = [constraint] } } : pod;
}
