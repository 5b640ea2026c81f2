using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Scheduling;

public class NodeAffinityTests
{
    [Theory]
    [InlineData("In", "ssd,nvme", true)]
    [InlineData("In", "hdd", false)]
    [InlineData("NotIn", "hdd", true)]
    [InlineData("NotIn", "ssd", false)]
    [InlineData("Exists", "", true)]
    [InlineData("DoesNotExist", "", false)]
    public void Place_RequiredExpression_HoldsAsItsOperatorSays(string op, string values, bool fits) =>
        Assert.Equal(fits ? "n" : null, PlaceOn(Labelled("n", ("disk", "ssd")), Required(Term(Expression("disk", op, values)))));

    [Theory]
    [InlineData("In", "ssd", false)]
    [InlineData("NotIn", "ssd", true)]
    [InlineData("Exists", "", false)]
    [InlineData("DoesNotExist", "", true)]
    [InlineData("Gt", "1", false)]
    public void Place_RequiredExpressionOnAnAbsentLabel_HoldsAsItsOperatorSays(string op, string values, bool fits) =>
        Assert.Equal(fits ? "n" : null, PlaceOn(Labelled("n"), Required(Term(Expression("disk", op, values)))));

    [Theory]
    [InlineData("8", "Gt", "7", true)]
    [InlineData("8", "Gt", "8", false)]
    [InlineData("10", "Gt", "9", true)]
    [InlineData("8", "Lt", "9", true)]
    [InlineData("8", "Lt", "8", false)]
    [InlineData("many", "Gt", "7", false)]
    [InlineData("8", "Gt", "few", false)]
    public void Place_GtAndLt_CompareIntegers(string label, string op, string value, bool fits) =>
        Assert.Equal(fits ? "n" : null, PlaceOn(Labelled("n", ("cores", label)), Required(Term(Expression("cores", op, value)))));

    [Fact]
    public void Place_Terms_OneIsEnoughAndAllOfItsRequirementsMustHold()
    {
        NodeSelectorTerm both = Term(Expression("disk", "In", "ssd"), Expression("zone", "In", "a"));
        NodeSelectorTerm other = Term(Expression("disk", "In", "nvme"));

        Assert.Equal("n", PlaceOn(Labelled("n", ("disk", "ssd"), ("zone", "a")), Required(both, other)));
        Assert.Equal("n", PlaceOn(Labelled("n", ("disk", "nvme"), ("zone", "b")), Required(both, other)));
        Assert.Null(PlaceOn(Labelled("n", ("disk", "ssd"), ("zone", "b")), Required(both, other)));
    }

    [Fact]
    public void Place_TermWithoutRequirements_MatchesNoNode()
    {
        ClusterState cluster = SchedulerTests.Cluster(Labelled("n"));

        Placement placement = Scheduler.Place(With(Required(new NodeSelectorTerm())), cluster);

        Assert.Equal("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.", placement.Why?.Message);
    }

    [Theory]
    [InlineData("In", "n", true)]
    [InlineData("In", "m", false)]
    [InlineData("NotIn", "n", false)]
    [InlineData("NotIn", "m", true)]
    public void Place_MatchFields_MeetsTheNodesName(string op, string name, bool fits) => Assert.Equal(
        fits ? "n" : null,
        PlaceOn(Labelled("n"), Required(new NodeSelectorTerm { MatchFields = [Expression("metadata.name", op, name)] })));

    [Fact]
    public void Place_NodeSelectorAndAffinity_BothMustHold()
    {
        Pod pod = With(Required(Term(Expression("zone", "In", "a"))));
        pod = pod with { Spec = pod.Spec with { NodeSelector = ValueMap.Of(("disk", "ssd")) } };

        Assert.Equal("c", Scheduler.Place(pod, SchedulerTests.Cluster(
            Labelled("a", ("zone", "a")), Labelled("b", ("disk", "ssd")), Labelled("c", ("zone", "a"), ("disk", "ssd")))).Node);
    }

    [Fact]
    public void Place_Preferences_TheHighestSumOfWeightsWinsOverAnEmptierNode()
    {
        NodeAffinity wish = new()
        {
            PreferredDuringSchedulingIgnoredDuringExecution =
            [
                new PreferredSchedulingTerm { Weight = 60, Preference = Term(Expression("disk", "In", "ssd")) },
                new PreferredSchedulingTerm { Weight = 30, Preference = Term(Expression("zone", "In", "a")) },
                new PreferredSchedulingTerm { Weight = 40, Preference = Term(Expression("arch", "In", "arm")) },
            ],
        };
        ClusterState cluster = SchedulerTests.Cluster(
            Labelled("a", ("disk", "ssd")), Labelled("b", ("zone", "a"), ("arch", "arm")), Labelled("c", ("disk", "ssd"), ("zone", "a")), Labelled("d"));
        cluster.Find("c")!.Add(SchedulerTests.MakePod("x", cpu: "3"));

        Assert.Equal("c", Scheduler.Place(With(wish), cluster).Node);

        cluster.Find("c")!.Add(SchedulerTests.MakePod("y", cpu: "1"));
        Assert.Equal("b", Scheduler.Place(With(wish, cpu: "100m"), cluster).Node);
    }

    /// <summary>Wishes are not traded for room: a node that misses 20 is taken before one that misses 80, even where it is the fuller one.</summary>
    [Fact]
    public void Place_Preferences_WhatMissesLessIsTakenHoweverFullItIs()
    {
        NodeAffinity wish = new()
        {
            PreferredDuringSchedulingIgnoredDuringExecution =
            [
                new PreferredSchedulingTerm { Weight = 80, Preference = Term(Expression("disk", "In", "ssd")) },
                new PreferredSchedulingTerm { Weight = 20, Preference = Term(Expression("zone", "In", "a")) },
            ],
        };
        ClusterState cluster = SchedulerTests.Cluster(Labelled("misses-80", ("zone", "a")), Labelled("misses-20", ("disk", "ssd"), ("zone", "b")));
        cluster.Find("misses-20")!.Add(SchedulerTests.MakePod("x", cpu: "3"));

        Assert.Equal("misses-20", Scheduler.Place(With(wish), cluster).Node);
    }

    private static string? PlaceOn(Node node, NodeAffinity affinity) => Scheduler.Place(With(affinity), SchedulerTests.Cluster(node)).Node;

    private static Pod With(NodeAffinity affinity, string? cpu = null)
    {
        Pod pod = SchedulerTests.MakePod("p", cpu);
        return pod with { Spec = pod.Spec with { Affinity = new Affinity { NodeAffinity = affinity } } };
    }

    private static NodeAffinity Required(params NodeSelectorTerm[] terms) =>
        new() { RequiredDuringSchedulingIgnoredDuringExecution = new NodeSelector { NodeSelectorTerms = terms.ToValueList() } };

    private static NodeSelectorTerm Term(params NodeSelectorRequirement[] requirements) => new() { MatchExpressions = requirements.ToValueList() };

    private static NodeSelectorRequirement Expression(string key, string op, string values) =>
        new() { Key = key, Operator = op, Values = values.Split(',', StringSplitOptions.RemoveEmptyEntries).ToValueList() };

    private static Node Labelled(string name, params (string Key, string Value)[] labels)
    {
        Node node = SchedulerTests.MakeNode(name);
        return node with { Metadata = node.Metadata with { Labels = ValueMap.Of(labels) } };
    }
}
