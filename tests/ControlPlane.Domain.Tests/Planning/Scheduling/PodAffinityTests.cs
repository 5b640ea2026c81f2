using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Scheduling;

public class PodAffinityTests
{
    private static readonly PodAffinityTerm SameZone = Term("zone", ("app", "db"));

    /// <summary>Nodes a1 and a2 in zone a, b1 and b2 in zone b, and one in no zone.</summary>
    private static ClusterState Zones()
    {
        ClusterState cluster = SchedulerTests.Cluster([.. ((string[])["a1", "a2", "b1", "b2"]).Select(name =>
            SchedulerTests.MakeNode(name) is var node ? node with { Metadata = node.Metadata with { Labels = ValueMap.Of(("zone", name[..1]), ("host", name)) } } : node)]);
        cluster.SetNode(SchedulerTests.MakeNode("nowhere"));
        return cluster;
    }

    [Fact]
    public void Place_RequiredAffinity_GoesWhereAMatchingPodIs()
    {
        ClusterState cluster = Zones();
        Enter(cluster, "b1", MakePod("db-1", "db"));

        Assert.Equal("b2", Scheduler.Place(Near(MakePod("web", "web"), SameZone), cluster).Node);
    }

    [Fact]
    public void Place_RequiredAffinityThatNothingMatches_FitsNowhere() => Assert.Equal(
        "0/5 nodes are available: 5 node(s) didn't match pod affinity rules.",
        Scheduler.Place(Near(MakePod("web", "web"), SameZone), Zones()).Why?.Message);

    [Fact]
    public void Place_FirstPodOfAGroupThatWantsToBeNearItself_GoesToAnyNodeOfAPlaceAndTheOthersFollow()
    {
        ClusterState cluster = Zones();
        Scheduler scheduler = new(cluster);
        Enter(cluster, "a1", MakePod("x", "other", cpu: "1"));
        Enter(cluster, "a2", MakePod("y", "other", cpu: "1"));
        List<string?> nodes = [];
        for (int i = 0; i < 4; i++)
        {
            Pod pod = Near(MakePod($"db-{i}", "db", cpu: "1"), SameZone);
            nodes.Add(scheduler.Place(pod).Node);
            scheduler.Enter(On(pod, nodes[^1]!));
        }

        Assert.Equal(["b1", "b2", "b1", "b2"], nodes);
    }

    [Fact]
    public void Place_SeveralRequiredTerms_OnePodMustMatchThemAll()
    {
        ClusterState cluster = Zones();
        Enter(cluster, "a1", MakePod("db-1", "db"));
        Pod both = Near(MakePod("web", "web"), SameZone, Term("zone", ("tier", "fast")));

        Assert.Null(Scheduler.Place(both, cluster).Node);

        Pod fast = MakePod("db-2", "db");
        Enter(cluster, "b1", fast with { Metadata = fast.Metadata with { Labels = fast.Metadata.Labels.SetItem("tier", "fast") } });
        Assert.StartsWith("b", Scheduler.Place(both, cluster).Node, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a1 a2 b1 b2")]
    [InlineData("a1 a2 b1")]
    public void Place_RequiredAntiAffinity_OnePodForEachPlaceAndThenNone(string places)
    {
        string[] there = places.Split(' ');
        ClusterState cluster = Zones();
        foreach (NodeState node in cluster.Nodes.Where(node => !there.Contains(node.Node.Name)).ToList())
        {
            cluster.RemoveNode(node.Node.Name);
        }

        Scheduler scheduler = new(cluster);
        List<string?> nodes = [];
        for (int i = 0; i <= there.Length; i++)
        {
            Pod pod = Away(MakePod($"db-{i}", "db"), Term("host", ("app", "db")));
            Placement placement = scheduler.Place(pod);
            nodes.Add(placement.Node ?? placement.Why!.Message);
            scheduler.Enter(On(pod, placement.Node));
        }

        Assert.Equal([.. there, $"0/{there.Length} nodes are available: {there.Length} node(s) didn't match pod anti-affinity rules."], nodes);
    }

    [Fact]
    public void Place_PodThatAnotherHasToBeAwayFrom_KeepsItsDistanceThoughItAsksForNothing()
    {
        ClusterState cluster = Zones();
        cluster.RemoveNode("nowhere");
        Enter(cluster, "a1", Away(MakePod("db-1", "db"), Term("zone", ("app", "web"))));

        Assert.Equal("b1", Scheduler.Place(MakePod("web", "web"), cluster).Node);
        Assert.Equal("a2", Scheduler.Place(MakePod("mail", "mail"), cluster).Node);

        Enter(cluster, "b2", Away(MakePod("db-2", "db"), Term("zone", ("app", "web"))));
        Assert.Equal(
            "0/4 nodes are available: 4 node(s) didn't satisfy existing pods anti-affinity rules.", Scheduler.Place(MakePod("web", "web"), cluster).Why?.Message);
    }

    [Fact]
    public void Place_PodThatOneOfTheSamePlanHasToBeAwayFrom_KeepsItsDistance()
    {
        ClusterState cluster = Zones();
        cluster.RemoveNode("nowhere");
        Scheduler scheduler = new(cluster);
        Assert.Equal("a1", scheduler.Place(MakePod("web", "web")).Node);
        scheduler.Enter(On(Away(MakePod("db", "db"), Term("zone", ("app", "web"))), "a1"));

        Assert.Equal("b1", scheduler.Place(MakePod("web", "web")).Node);
        scheduler.Enter(On(Away(MakePod("db-2", "db"), Term("zone", ("app", "web"))), "b1"));
        Assert.Null(scheduler.Place(MakePod("web", "web")).Node);
    }

    [Fact]
    public void Place_PodsThatEndedOrLeft_KeepNobodyAway()
    {
        ClusterState cluster = Zones();
        cluster.RemoveNode("nowhere");
        Pod ended = Away(MakePod("db-1", "db"), Term("zone", ("app", "web")));
        Enter(cluster, "a1", ended with { Status = new PodStatus { Phase = "Succeeded" } });
        Enter(cluster, "a2", ended with { Metadata = ended.Metadata with { Uid = "left" } });
        cluster.Find("a2")!.Remove("left");

        Assert.Equal("a1", Scheduler.Place(MakePod("web", "web"), cluster).Node);
    }

    [Theory]
    [InlineData("""{"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "db"}}}""", false)]
    [InlineData("""{"topologyKey": "zone", "labelSelector": {}, "namespaces": ["other"]}""", true)]
    [InlineData("""{"topologyKey": "zone", "labelSelector": {}, "namespaces": ["third"]}""", false)]
    [InlineData("""{"topologyKey": "zone", "labelSelector": {}, "namespaceSelector": {}}""", true)]
    [InlineData("""{"topologyKey": "zone", "labelSelector": {}, "namespaceSelector": {"matchLabels": {"team": "data"}}}""", true)]
    [InlineData("""{"topologyKey": "zone", "labelSelector": {}, "namespaceSelector": {"matchLabels": {"team": "web"}}}""", false)]
    [InlineData("""{"topologyKey": "zone", "namespaces": ["other"]}""", false)]
    public void Place_Term_MeetsPodsOfItsNamespaces(string term, bool matches)
    {
        ClusterState cluster = Zones();
        cluster.SetNamespace(new Namespace { Metadata = new ObjectMeta { Name = "other", Labels = ValueMap.Of(("team", "data")) } });
        Pod db = MakePod("db-1", "db");
        Enter(cluster, "b1", db with { Metadata = db.Metadata with { Namespace = "other" } });

        Assert.Equal(matches ? "b2" : null, Scheduler.Place(Near(MakePod("web", "web"), ResourceJson.Deserialize<PodAffinityTerm>(term)), cluster).Node);
    }

    [Theory]
    [InlineData("v1", true)]
    [InlineData("v2", false)]
    [InlineData(null, true)]
    public void Place_MatchLabelKeys_MeetsPodsThatAreAlike(string? version, bool meets)
    {
        ClusterState cluster = Zones();
        Enter(cluster, "a1", Version(MakePod("db-1", "db"), "v1"));
        Pod pod = Version(Away(MakePod("db-2", "db"), Term("zone", ("app", "db")) with { MatchLabelKeys = ["version"] }), version);

        Assert.Equal(meets ? "b1" : "a2", Scheduler.Place(pod, cluster).Node);
    }

    [Theory]
    [InlineData("v1", false)]
    [InlineData("v2", true)]
    public void Place_MismatchLabelKeys_MeetsPodsThatDiffer(string version, bool meets)
    {
        ClusterState cluster = Zones();
        Enter(cluster, "a1", Version(MakePod("db-1", "db"), "v1"));
        Pod pod = Version(Away(MakePod("db-2", "db"), Term("zone", ("app", "db")) with { MismatchLabelKeys = ["version"] }), version);

        Assert.Equal(meets ? "b1" : "a2", Scheduler.Place(pod, cluster).Node);
    }

    [Fact]
    public void Place_PreferredTerms_WeighEachMatchingPod()
    {
        ClusterState cluster = Zones();
        Enter(cluster, "a1", MakePod("db-1", "db"));
        Enter(cluster, "b1", MakePod("db-2", "db"));
        Enter(cluster, "b2", MakePod("db-3", "db", cpu: "3"));
        Pod near = Wish(MakePod("web", "web"), nearWeight: 10, awayWeight: null, Term("zone", ("app", "db")));
        Pod away = Wish(MakePod("web", "web"), nearWeight: null, awayWeight: 10, Term("zone", ("app", "db")));

        Assert.Equal("b1", Scheduler.Place(near, cluster).Node);
        Assert.Equal("nowhere", Scheduler.Place(away, cluster).Node);
        cluster.RemoveNode("nowhere");
        Assert.Equal("a2", Scheduler.Place(away, cluster).Node);
    }

    [Fact]
    public void Place_PreferredAntiAffinityOfManyPods_SpreadsThemOverPlaces()
    {
        ClusterState cluster = Zones();
        cluster.RemoveNode("nowhere");
        Scheduler scheduler = new(cluster);
        List<string?> nodes = [];
        for (int i = 0; i < 4; i++)
        {
            Pod pod = Wish(MakePod($"db-{i}", "db"), nearWeight: null, awayWeight: 10, Term("zone", ("app", "db")));
            nodes.Add(scheduler.Place(pod).Node);
            scheduler.Enter(On(pod, nodes[^1]));
        }

        Assert.Equal(["a1", "b1", "a2", "b2"], nodes);
    }

    private static Pod MakePod(string name, string app, string? cpu = null)
    {
        Pod pod = SchedulerTests.MakePod(name, cpu);
        return pod with { Metadata = pod.Metadata with { Labels = ValueMap.Of(("app", app)) } };
    }

    private static PodAffinityTerm Term(string key, params (string Key, string Value)[] labels) =>
        new() { TopologyKey = key, LabelSelector = new LabelSelector { MatchLabels = ValueMap.Of(labels) } };

    private static Pod Near(Pod pod, params PodAffinityTerm[] terms) => pod with
    {
        Spec = pod.Spec with { Affinity = new Affinity { PodAffinity = new PodAffinity { RequiredDuringSchedulingIgnoredDuringExecution = terms.ToValueList() } } },
    };

    private static Pod Away(Pod pod, params PodAffinityTerm[] terms) => pod with
    {
        Spec = pod.Spec with { Affinity = new Affinity { PodAntiAffinity = new PodAntiAffinity { RequiredDuringSchedulingIgnoredDuringExecution = terms.ToValueList() } } },
    };

    private static Pod Wish(Pod pod, int? nearWeight, int? awayWeight, PodAffinityTerm term) => pod with
    {
        Spec = pod.Spec with
        {
            Affinity = new Affinity
            {
                PodAffinity = nearWeight is { } near ? new PodAffinity { PreferredDuringSchedulingIgnoredDuringExecution = [new() { Weight = near, PodAffinityTerm = term }] } : null,
                PodAntiAffinity = awayWeight is { } away ? new PodAntiAffinity { PreferredDuringSchedulingIgnoredDuringExecution = [new() { Weight = away, PodAffinityTerm = term }] } : null,
            },
        },
    };

    private static Pod Version(Pod pod, string? version) =>
        version is null ? pod : pod with { Metadata = pod.Metadata with { Labels = pod.Metadata.Labels.SetItem("version", version) } };

    private static Pod On(Pod pod, string? node) => pod with { Spec = pod.Spec with { NodeName = node } };

    private static void Enter(ClusterState cluster, string node, Pod pod) => cluster.Find(node)!.Add(On(pod, node));
}
