using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Scheduling;

/// <summary>Which of the nodes that fit is better, and what a pod takes of one.</summary>
public sealed class NodeScoreTests
{
    /// <summary>Field by field: the one that is less there is better, however much worse it is in all that come after.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void CompareTo_TheFirstFieldThatDiffers_Decides(int decisive)
    {
        int[] better = [.. Enumerable.Range(0, 8).Select(field => field < decisive ? 5 : field == decisive ? 1 : 9)];
        int[] worse = [.. Enumerable.Range(0, 8).Select(field => field < decisive ? 5 : field == decisive ? 2 : 0)];

        Assert.True(Score(better).CompareTo(Score(worse)) < 0);
        Assert.True(Score(worse).CompareTo(Score(better)) > 0);
        Assert.Equal(0, Score(better).CompareTo(Score(better)));
    }

    /// <summary>4 CPU with 1 requested, 8 GiB with 2 requested: a pod of 1 CPU and 2 GiB makes it (2/4 + 4/8) / 2; one that asks for nothing counts as 100m and 200 MiB.</summary>
    [Theory]
    [InlineData("1", "2Gi", 500)]
    [InlineData("1", null, 387)]
    [InlineData(null, "2Gi", 387)]
    [InlineData(null, null, 274)]
    public void Of_ANode_SaysHowFullItWouldBe(string? cpu, string? memory, long permille)
    {
        ClusterState cluster = SchedulerTests.Cluster(SchedulerTests.MakeNode("n"));
        cluster.Find("n")!.Add(SchedulerTests.MakePod("there", cpu: "1", memory: "2Gi"));

        NodeScore score = Of(SchedulerTests.MakePod("p", cpu, memory), cluster);

        Assert.Equal((permille, 1, 7), (score.UsedPermille, score.Pods, score.Place));
    }

    [Fact]
    public void Of_ANodeThatSaysNothingOfItself_IsFull()
    {
        ClusterState cluster = SchedulerTests.Cluster(SchedulerTests.MakeNode("n") with { Status = null });

        Assert.Equal(1000, Of(SchedulerTests.MakePod("p"), cluster).UsedPermille);
    }

    [Fact]
    public void Of_WeightsAndTaints_CountWhatIsMissedAndMet()
    {
        Node node = SchedulerTests.MakeNode("n");
        node = node with
        {
            Metadata = node.Metadata with { Labels = ValueMap.Of(("disk", "ssd")) },
            Spec = new NodeSpec
            {
                Taints = [Taint("a", "PreferNoSchedule"), Taint("b", "PreferNoSchedule"), Taint("tolerated", "PreferNoSchedule"), Taint("tolerated", "NoSchedule")],
            },
        };
        Pod pod = SchedulerTests.MakePod("p", owner: "rs");
        pod = pod with
        {
            Spec = pod.Spec with
            {
                Tolerations = [new Toleration { Key = "tolerated", Operator = "Exists" }],
                Affinity = new Affinity { NodeAffinity = new NodeAffinity { PreferredDuringSchedulingIgnoredDuringExecution = [Wish("disk", "ssd", 80), Wish("zone", "a", 20), Wish("zone", "b", 3)] } },
            },
        };
        ClusterState cluster = SchedulerTests.Cluster(node);
        cluster.Find("n")!.Add(SchedulerTests.MakePod("sibling", owner: "rs"));
        cluster.Find("n")!.Add(SchedulerTests.MakePod("stranger", owner: "other"));

        NodeScore score = Of(pod, cluster);

        Assert.Equal((2, 23, 1L, 2), (score.AvoidableTaints, score.NodeWeightMissed, score.Siblings, score.Pods));
    }

    private static NodeScore Score(int[] fields) => new(fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6], fields[7]);

    private static NodeScore Of(Pod pod, ClusterState cluster) =>
        NodeScore.Of(PodFit.Of(pod, PodDemand.Of(pod, isKeptAway: false), cluster), cluster.Find("n")!, place: 7);

    private static Taint Taint(string key, string effect) => new() { Key = key, Effect = effect };

    private static PreferredSchedulingTerm Wish(string key, string value, int weight) =>
        new() { Weight = weight, Preference = new NodeSelectorTerm { MatchExpressions = [new NodeSelectorRequirement { Key = key, Operator = "In", Values = [value] }] } };
}
