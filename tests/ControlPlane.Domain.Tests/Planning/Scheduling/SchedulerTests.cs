using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Scheduling;

public class SchedulerTests
{
    [Fact]
    public void Place_NoNodes_SaysSo() =>
        Assert.Equal("no nodes available to schedule pods", Scheduler.Explain(MakePod("a"), new ClusterState())!.Message);

    public static TheoryData<string, Node, Pod, string> Unfit { get; } = new()
    {
        { "cordoned", MakeNode("n") with { Spec = new NodeSpec { Unschedulable = true } }, MakePod("a"), "1 node(s) were unschedulable" },
        { "silent", MakeNode("n", ready: "Unknown"), MakePod("a"), "1 node(s) were not ready" },
        { "tainted", WithTaint(MakeNode("n"), "gpu", "NoSchedule"), MakePod("a"), "1 node(s) had untolerated taint {gpu: yes}" },
        { "evicting", WithTaint(MakeNode("n"), "gpu", "NoExecute"), MakePod("a"), "1 node(s) had untolerated taint {gpu: yes}" },
        {
            "selector", MakeNode("n"), WithSpec(MakePod("a"), spec => spec with { NodeSelector = ValueMap.Of(("disk", "ssd")) }),
            "1 node(s) didn't match Pod's node affinity/selector"
        },
        { "cpu", MakeNode("n"), MakePod("a", cpu: "4001m"), "1 Insufficient cpu" },
        { "memory", MakeNode("n"), MakePod("a", memory: "9Gi"), "1 Insufficient memory" },
        { "both", MakeNode("n"), MakePod("a", cpu: "5", memory: "9Gi"), "1 Insufficient cpu, 1 Insufficient memory" },
        { "pods", MakeNode("n", pods: 0), MakePod("a"), "1 Too many pods" },
    };

    [Theory]
    [MemberData(nameof(Unfit))]
    public void Place_NodeThatFailsAFilter_IsNotTakenAndTheReasonIsGiven(string name, Node node, Pod pod, string reason)
    {
        Placement placement = Scheduler.Place(pod, Cluster(node));

        Assert.True((placement.Node, placement.Why?.Message) == (null, $"0/1 nodes are available: {reason}."), $"{name}: {placement}");
    }

    [Theory]
    [InlineData(false, "0/3 nodes are available: 1 node(s) were not ready, 2 Insufficient cpu.", "2 of 3 nodes: cpu; 1 of 3 nodes: not ready")]
    [InlineData(true, "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.", "2 of 3 nodes: cpu; 1 of 3 nodes: cordoned")]
    public void Place_NodesFailForDifferentReasons_CountsEach(bool isCordoned, string message, string summary)
    {
        Node first = isCordoned ? MakeNode("a") with { Spec = new NodeSpec { Unschedulable = true } } : MakeNode("a", ready: "False");

        Placement placement = Scheduler.Place(MakePod("p", cpu: "5"), Cluster(first, MakeNode("b"), MakeNode("c")));

        Assert.Equal((message, summary), (placement.Why?.Message, placement.Why?.Summary));
    }

    [Fact]
    public void Place_APodThatFillsItsNodeToTheLast_Fits() =>
        Assert.Equal("n", Scheduler.Place(MakePod("p", cpu: "4", memory: "8Gi"), Cluster(MakeNode("n", pods: 1))).Node);

    [Theory]
    [InlineData(null, null, "n")]
    [InlineData("1m", null, null)]
    [InlineData(null, "1", null)]
    public void Place_ANodeThatIsOverdrawn_TakesWhatAsksForNoneOfThat(string? cpu, string? memory, string? expected)
    {
        ClusterState cluster = Cluster(MakeNode("n"));
        cluster.Find("n")!.Add(MakePod("big", cpu: "9", memory: "9Gi"));

        Assert.Equal(expected, Scheduler.Place(MakePod("p", cpu, memory), cluster).Node);
    }

    [Fact]
    public void Place_CordonedNode_IsTakenByAPodThatToleratesTheCordon()
    {
        Pod pod = WithSpec(MakePod("a"), spec => spec with { Tolerations = [new Toleration { Key = "node.kubernetes.io/unschedulable", Operator = "Exists", Effect = "NoSchedule" }] });

        Assert.Equal("n", Scheduler.Place(pod, Cluster(MakeNode("n") with { Spec = new NodeSpec { Unschedulable = true } })).Node);
    }

    [Fact]
    public void Enter_APodOfANodeThatIsNotThere_ChangesNothing()
    {
        ClusterState cluster = Cluster(MakeNode("n", pods: 1));
        Scheduler scheduler = new(cluster);
        scheduler.Enter(WithSpec(MakePod("a"), spec => spec with { NodeName = "gone" }));
        scheduler.Enter(MakePod("b"));

        Assert.Equal("n", scheduler.Place(MakePod("c")).Node);
    }

    [Fact]
    public void Explain_NodeThatLacksTwoResources_CountsUnderBoth()
    {
        ClusterState cluster = Cluster(MakeNode("a"), MakeNode("b"));
        cluster.Find("b")!.Add(MakePod("x", cpu: "2"));

        Unschedulable why = Scheduler.Explain(MakePod("p", cpu: "5", memory: "9Gi"), cluster)!;

        Assert.Equal(
            new Unschedulable(2, [new UnschedulableReason(2, "cpu", "Insufficient cpu"), new UnschedulableReason(2, "memory", "Insufficient memory")]),
            why);
    }

    [Fact]
    public void Explain_PodThatFits_HasNothingToSay() => Assert.Null(Scheduler.Explain(MakePod("p"), Cluster(MakeNode("n"))));

    [Theory]
    [InlineData("gpu", "Equal", "yes", "NoSchedule", true)]
    [InlineData("gpu", null, "yes", null, true)]
    [InlineData("gpu", "Exists", null, null, true)]
    [InlineData(null, "Exists", null, null, true)]
    [InlineData("gpu", "Equal", "no", null, false)]
    [InlineData("gpu", "Exists", null, "NoExecute", false)]
    [InlineData(null, "Equal", "yes", null, false)]
    public void Place_TaintedNode_IsTakenByPodsThatTolerateIt(string? key, string? op, string? value, string? effect, bool taken)
    {
        Pod pod = WithSpec(MakePod("a"), spec => spec with { Tolerations = [new Toleration { Key = key, Operator = op, Value = value, Effect = effect }] });

        Assert.Equal(taken ? "n" : null, Scheduler.Place(pod, Cluster(WithTaint(MakeNode("n"), "gpu", "NoSchedule"))).Node);
    }

    [Theory]
    [InlineData(null, "TCP", null, "TCP", true)]
    [InlineData("127.0.0.1", "TCP", null, "TCP", true)]
    [InlineData("127.0.0.1", "TCP", "127.0.0.1", "TCP", true)]
    [InlineData("127.0.0.1", "TCP", "127.0.0.2", "TCP", false)]
    [InlineData(null, "TCP", null, "UDP", false)]
    public void Place_HostPort_MeetsTheSamePortOnTheSameAddress(string? takenIp, string taken, string? wantedIp, string wanted, bool conflict)
    {
        ClusterState cluster = Cluster(MakeNode("n"));
        cluster.Find("n")!.Add(WithPort(MakePod("a"), takenIp, taken));

        Placement placement = Scheduler.Place(WithPort(MakePod("b"), wantedIp, wanted), cluster);

        Assert.Equal(conflict ? "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports." : null, placement.Why?.Message);
    }

    [Fact]
    public void Place_HostPortOfAPodThatLeft_IsFree()
    {
        ClusterState cluster = Cluster(MakeNode("n"));
        cluster.Find("n")!.Add(WithPort(MakePod("a"), null, "TCP"));
        cluster.Find("n")!.Remove("uid-a");

        Assert.Equal("n", Scheduler.Place(WithPort(MakePod("b"), null, "TCP"), cluster).Node);
    }

    [Fact]
    public void Place_PodsOfOneReplicaSet_SpreadBeforeTheEmptiestNodeIsPreferred()
    {
        ClusterState cluster = Cluster(MakeNode("a"), MakeNode("b"), MakeNode("c"));
        cluster.Find("b")!.Add(MakePod("big", cpu: "3"));
        List<string?> nodes = [];
        for (int i = 0; i < 6; i++)
        {
            Pod pod = MakePod($"p{i}", cpu: "100m", owner: "rs");
            string? node = Scheduler.Place(pod, cluster).Node;
            nodes.Add(node);
            cluster.Find(node!)!.Add(pod);
        }

        Assert.Equal(["a", "c", "b", "a", "c", "b"], nodes);
    }

    [Fact]
    public void Place_TerminatingPod_TakesResourcesButDoesNotCountForTheSpread()
    {
        ClusterState cluster = Cluster(MakeNode("a"), MakeNode("b"));
        cluster.Find("a")!.Add(MakePod("old", cpu: "3", owner: "rs") with
        {
            Metadata = MakePod("old", owner: "rs").Metadata with { DeletionTimestamp = DateTimeOffset.UnixEpoch },
        });
        cluster.Find("b")!.Add(MakePod("live", owner: "rs"));

        Assert.Equal("a", Scheduler.Place(MakePod("small", cpu: "1", owner: "rs"), cluster).Node);
        Assert.Equal("b", Scheduler.Place(MakePod("large", cpu: "2", owner: "rs"), cluster).Node);
    }

    [Theory]
    [InlineData("Succeeded")]
    [InlineData("Failed")]
    public void Place_PodThatHasEnded_TakesNothing(string phase)
    {
        ClusterState cluster = Cluster(MakeNode("n", pods: 1));
        cluster.Find("n")!.Add(MakePod("done", cpu: "4") with { Status = new PodStatus { Phase = phase } });

        Assert.Equal("n", Scheduler.Place(MakePod("next", cpu: "4"), cluster).Node);
    }

    [Fact]
    public void Place_NodeToBeAvoided_IsTakenOnlyWhenNoOtherFits()
    {
        ClusterState cluster = Cluster(WithTaint(MakeNode("a"), "old", "PreferNoSchedule"), MakeNode("b"));
        cluster.Find("b")!.Add(MakePod("x", cpu: "3"));

        Assert.Equal("b", Scheduler.Place(MakePod("p", cpu: "1"), cluster).Node);
        Assert.Equal("a", Scheduler.Place(MakePod("q", cpu: "2"), cluster).Node);
    }

    internal static ClusterState Cluster(params ReadOnlySpan<Node> nodes)
    {
        ClusterState cluster = new();
        foreach (Node node in nodes)
        {
            cluster.SetNode(node);
        }

        return cluster;
    }

    internal static Node MakeNode(string name, string ready = "True", int pods = 110) => new()
    {
        Metadata = new ObjectMeta { Name = name, Uid = "uid-" + name },
        Status = new NodeStatus
        {
            Allocatable = new Dictionary<string, Quantity>
            {
                ["cpu"] = Quantity.Parse("4"),
                ["memory"] = Quantity.Parse("8Gi"),
                ["pods"] = Quantity.FromValue(pods),
            }.ToValueMap(),
            Conditions = [new Condition { Type = "Ready", Status = ready }],
        },
    };

    internal static Pod MakePod(string name, string? cpu = null, string? memory = null, string? owner = null)
    {
        ValueMap<Quantity> requests = default;
        requests = cpu is null ? requests : requests.SetItem("cpu", Quantity.Parse(cpu));
        requests = memory is null ? requests : requests.SetItem("memory", Quantity.Parse(memory));
        return new Pod
        {
            Metadata = new ObjectMeta
            {
                Namespace = "default",
                Name = name,
                Uid = "uid-" + name,
                OwnerReferences = owner is null ? [] : [new OwnerReference { Kind = "ReplicaSet", Name = owner, Uid = owner, Controller = true }],
            },
            Spec = new PodSpec { Containers = [new Container { Name = "c", Resources = new ResourceRequirements { Requests = requests } }] },
        };
    }

    private static Pod WithSpec(Pod pod, Func<PodSpec, PodSpec> change) => pod with { Spec = change(pod.Spec) };

    private static Pod WithPort(Pod pod, string? ip, string protocol) => WithSpec(pod, spec => spec with
    {
        Containers = [spec.Containers[0] with { Ports = [new ContainerPort { Number = 80, HostPort = 8080, HostIP = ip, Protocol = protocol }] }],
    });

    private static Node WithTaint(Node node, string key, string effect) =>
        node with { Spec = new NodeSpec { Taints = [new Taint { Key = key, Value = "yes", Effect = effect }] } };
}
