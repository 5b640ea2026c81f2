using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Scheduling;

/// <summary>Which nodes have pods that others must be away from, and what a pod sees of those and of its own wishes.</summary>
public sealed class KeepingAwayTests
{
    private static readonly PodAffinityTerm SameHost = new() { TopologyKey = "host", LabelSelector = new LabelSelector { MatchLabels = ValueMap.Of(("app", "web")) } };

    private readonly ClusterState cluster = SchedulerTests.Cluster(Node("a"), Node("b"), SchedulerTests.MakeNode("nowhere"));

    [Fact]
    public void ANode_IsAmongThem_UntilItsLastSuchPodHasLeft()
    {
        NodeState node = cluster.Find("a")!;
        node.Add(Away("one"));
        node.Add(Away("two"));
        node.Add(SchedulerTests.MakePod("modest"));

        node.Remove("uid-one");
        node.Remove("uid-modest");
        Assert.Equal([node], cluster.NodesKeepingPodsAway);
        Assert.Single(node.TermsKeepingAway("uid-two"));
        Assert.Empty(node.TermsKeepingAway("uid-one"));

        node.Remove("uid-two");
        Assert.Empty(cluster.NodesKeepingPodsAway);
    }

    [Fact]
    public void APod_ThatNoLongerKeepsOthersAway_OrHasEnded_IsForgotten()
    {
        NodeState node = cluster.Find("a")!;
        node.Add(Away("one"));
        node.Add(SchedulerTests.MakePod("one"));
        Assert.Empty(cluster.NodesKeepingPodsAway);

        node.Add(Away("one"));
        node.Add(Away("one") with { Status = new PodStatus { Phase = "Failed" } });
        Assert.Empty(cluster.NodesKeepingPodsAway);
    }

    /// <summary>A wish to be away, or to be near, keeps nobody away.</summary>
    [Fact]
    public void APod_ThatOnlyWishes_KeepsNobodyAway()
    {
        Pod pod = SchedulerTests.MakePod("one");
        cluster.Find("a")!.Add(pod with { Spec = pod.Spec with { Affinity = new Affinity { PodAntiAffinity = new PodAntiAffinity() } } });
        cluster.Find("a")!.Add(Near("two", SameHost));

        Assert.Empty(cluster.NodesKeepingPodsAway);
    }

    [Fact]
    public void ANode_ThatIsTakenOut_TakesItsPodsWithIt()
    {
        cluster.Find("a")!.Add(Away("one"));
        cluster.Find("b")!.Add(Away("two"));

        cluster.RemoveNode("a");
        cluster.RemoveNode("unknown");

        Assert.Equal([cluster.Find("b")!], cluster.NodesKeepingPodsAway);
    }

    [Fact]
    public void Of_APodThatAsksForNothing_IsAViewOnlyWhereOthersKeepPodsAway()
    {
        Assert.Null(PodAffinityView.Of(Web("new"), cluster));
        cluster.Find("a")!.Add(Away("one"));

        PodAffinityView view = PodAffinityView.Of(Web("new"), cluster)!;

        Assert.Equal([("a", false), ("b", true), ("nowhere", true)], cluster.Nodes.Select(node => (node.Node.Name, view.IsAllowedByOthers(node))));
        Assert.All(cluster.Nodes, node => Assert.Equal((true, true, 0), (view.IsNearRequired(node), view.IsAwayFromAvoided(node), view.WeightAt(node))));
        Assert.NotNull(PodAffinityView.Of(Near("near"), SchedulerTests.Cluster()));
    }

    /// <summary>The first of a group may go anywhere but to a node that is in no place; once there is one, the others follow it. One that has ended is none.</summary>
    [Fact]
    public void IsNearRequired_OfAGroup_AsksForAPlaceFirstAndThenForThePod()
    {
        Pod wanted = Web("new") with { Spec = Near("new", SameHost).Spec };
        cluster.Find("b")!.Add(Web("ended") with { Status = new PodStatus { Phase = "Succeeded" } });
        PodAffinityView view = PodAffinityView.Of(wanted, cluster)!;
        Assert.Equal([true, true, false], cluster.Nodes.Select(view.IsNearRequired));

        view.Enter(Web("first"), cluster.Find("b")!);

        Assert.Equal([false, true, false], cluster.Nodes.Select(view.IsNearRequired));
    }

    /// <summary>Two wishes about one place add up, each pod counts, and wishes to be away are taken off; a node in no place has none.</summary>
    [Fact]
    public void WeightAt_CountsEachPodOfThePlaceForEachWish()
    {
        Pod wanted = Web("new");
        wanted = wanted with
        {
            Spec = wanted.Spec with
            {
                Affinity = new Affinity
                {
                    PodAffinity = new PodAffinity { PreferredDuringSchedulingIgnoredDuringExecution = [Wish(10), Wish(5)] },
                    PodAntiAffinity = new PodAntiAffinity { PreferredDuringSchedulingIgnoredDuringExecution = [Wish(1)] },
                },
            },
        };
        cluster.Find("a")!.Add(Web("one"));
        cluster.Find("a")!.Add(Web("two"));
        cluster.Find("b")!.Add(SchedulerTests.MakePod("another"));
        cluster.Find("nowhere")!.Add(Web("three"));

        PodAffinityView view = PodAffinityView.Of(wanted, cluster)!;

        Assert.Equal([28, 0, 0], cluster.Nodes.Select(view.WeightAt));
    }

    private static WeightedPodAffinityTerm Wish(int weight) => new() { Weight = weight, PodAffinityTerm = SameHost };

    private static Node Node(string name) => SchedulerTests.MakeNode(name) is var node ? node with { Metadata = node.Metadata with { Labels = ValueMap.Of(("host", name)) } } : node;

    private static Pod Web(string name) => SchedulerTests.MakePod(name) is var pod ? pod with { Metadata = pod.Metadata with { Labels = ValueMap.Of(("app", "web")) } } : pod;

    private static Pod Near(string name, params PodAffinityTerm[] terms) => With(name, new Affinity { PodAffinity = new PodAffinity { RequiredDuringSchedulingIgnoredDuringExecution = terms.ToValueList() } });

    private static Pod Away(string name) => With(name, new Affinity { PodAntiAffinity = new PodAntiAffinity { RequiredDuringSchedulingIgnoredDuringExecution = [SameHost] } });

    private static Pod With(string name, Affinity affinity) => SchedulerTests.MakePod(name) is var pod ? pod with { Spec = pod.Spec with { Affinity = affinity } } : pod;
}
