using ControlPlane.Domain.Planning.Scheduling;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using HostPort = ControlPlane.Domain.Planning.Scheduling.HostPort;

namespace ControlPlane.Domain.Tests.Planning.Scheduling;

/// <summary>What the pods of a node take, as they come and go.</summary>
public sealed class NodeStateTests
{
    [Fact]
    public void Add_ANewerVersionOfAPod_TakesTheOldOnesPlace()
    {
        NodeState node = Node();
        node.Add(SchedulerTests.MakePod("a", cpu: "1", memory: "1Gi", owner: "rs"));
        node.Add(SchedulerTests.MakePod("a", cpu: "2", memory: "3Gi", owner: "rs"));

        Assert.Equal((2_000L, 3L << 30, 1, 1), (node.RequestedCpuMilli, node.RequestedMemoryBytes, node.TakingPods, node.PodsOwnedBy("rs")));
        Assert.Single(node.Pods);
    }

    [Fact]
    public void Remove_LeavesNothingBehind_AndAnUnknownPodChangesNothing()
    {
        NodeState node = Node();
        node.Add(SchedulerTests.MakePod("a", cpu: "1", memory: "1Gi", owner: "rs"));
        node.Remove("unknown");
        Assert.Equal((1_000L, 1), (node.RequestedCpuMilli, node.TakingPods));

        node.Remove("uid-a");

        Assert.Equal((0L, 0L, 0, 0), (node.RequestedCpuMilli, node.RequestedMemoryBytes, node.TakingPods, node.PodsOwnedBy("rs")));
        Assert.Empty(node.Pods);
    }

    [Fact]
    public void HasPortConflict_OfTwoPodsWithOnePort_HoldsUntilTheSecondHasLeft()
    {
        NodeState node = Node();
        node.Add(WithPort("a", 8080));
        node.Add(WithPort("b", 8080));
        HostPort wanted = HostPort.Of(new ContainerPort { HostPort = 8080 });

        node.Remove("uid-a");
        Assert.True(node.HasPortConflict(wanted));
        node.Remove("uid-b");
        Assert.False(node.HasPortConflict(wanted));
    }

    [Theory]
    [InlineData(8080, true)]
    [InlineData(8081, false)]
    public void HasPortConflict_OnlyOfTheSameNumber(int number, bool conflicts)
    {
        NodeState node = Node();
        node.Add(WithPort("a", 8080));

        Assert.Equal(conflicts, node.HasPortConflict(HostPort.Of(new ContainerPort { HostPort = number, HostIP = "127.0.0.1" })));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    public void HasPortConflict_OfPodsThatTakeNoPortOfTheNode_IsNone(int? hostPort)
    {
        NodeState node = Node();
        node.Add(WithPort("a", hostPort));

        Assert.False(node.HasPortConflict(HostPort.Of(new ContainerPort { HostPort = hostPort })));
    }

    [Theory]
    [InlineData(null, null, "0.0.0.0", "TCP", true)]
    [InlineData("", "UDP", "0.0.0.0", "UDP", true)]
    [InlineData("127.0.0.1", "TCP", "127.0.0.1", "TCP", false)]
    public void HostPort_WithoutAddressOrProtocol_IsOfAllAddressesAndTcp(string? ip, string? protocol, string address, string expected, bool isOnAll)
    {
        HostPort port = HostPort.Of(new ContainerPort { HostPort = 80, HostIP = ip, Protocol = protocol });

        Assert.Equal((address, 80, expected, isOnAll), (port.Address, port.Number, port.Protocol, port.IsOnAllAddresses));
    }

    [Fact]
    public void IsReady_ANodeThatIsBeingDeleted_IsNot()
    {
        Node node = SchedulerTests.MakeNode("n");

        Assert.True(SchedulerTests.Cluster(node).Find("n")!.IsReady);
        Assert.False(SchedulerTests.Cluster(node with { Metadata = node.Metadata with { DeletionTimestamp = Make.Start } }).Find("n")!.IsReady);
    }

    [Fact]
    public void SetNode_ANewerVersion_KeepsItsPods()
    {
        ClusterState cluster = SchedulerTests.Cluster(SchedulerTests.MakeNode("n"));
        cluster.Find("n")!.Add(SchedulerTests.MakePod("a", cpu: "1"));

        NodeState state = cluster.SetNode(SchedulerTests.MakeNode("n", pods: 7));

        Assert.Equal((7L, 1_000L), (state.AllocatablePods, state.RequestedCpuMilli));
        cluster.RemoveNode("n");
        Assert.Null(cluster.Find("n"));
    }

    /// <summary>Containers add up; an init container runs alone, so only what it takes beyond them counts; a limit stands for a request that is absent.</summary>
    [Theory]
    [InlineData("300m", 500)]
    [InlineData("900m", 900)]
    public void PodRequests_Of_IsTheSumOrTheLargestInitContainer(string init, long cpuMilli)
    {
        PodSpec spec = new()
        {
            Containers = [Asking("200m", "1Gi", limits: false), Asking("300m", "2Gi", limits: true), new Container { Name = "modest" }],
            InitContainers = [Asking(init, "1Gi", limits: false), Asking("100m", "4Gi", limits: true)],
        };

        Assert.Equal(new PodRequests(cpuMilli, 4L << 30), PodRequests.Of(spec));
        Assert.Equal(3L << 30, PodRequests.Of(spec with { InitContainers = [] }).MemoryBytes);
    }

    /// <summary>What cannot be counted fits nowhere, and leaves no room on a node that was named for it.</summary>
    [Fact]
    public void Requests_ThatAddUpToMoreThanCanBeCounted_NeverBecomeLittle()
    {
        Container large = Asking("10P", "5P", limits: false);
        PodSpec spec = new() { Containers = [large, large], InitContainers = [large with { RestartPolicy = "Always" }] };
        ClusterState cluster = SchedulerTests.Cluster(SchedulerTests.MakeNode("n"));
        foreach (string name in new[] { "a", "b", "c" })
        {
            cluster.Find("n")!.Add(SchedulerTests.MakePod(name) with { Spec = spec });
        }

        Assert.True(cluster.Find("n")!.RequestedCpuMilli >= 1L << 51);
        Assert.True(cluster.Find("n")!.RequestedMemoryBytes >= 1L << 51);
    }

    /// <summary>A sidecar adds to the containers, and to the init containers that come after it.</summary>
    [Theory]
    [InlineData("400m", 600)]
    [InlineData("900m", 1000)]
    public void PodRequests_Of_CountsASidecarBesideWhatComesAfterIt(string init, long cpuMilli)
    {
        PodSpec spec = new()
        {
            Containers = [Asking("500m", "1Gi", limits: false)],
            InitContainers = [Asking("200m", "1Gi", limits: false), Asking("100m", "1Gi", limits: false) with { RestartPolicy = "Always" }, Asking(init, "2Gi", limits: false)],
        };

        Assert.Equal(new PodRequests(cpuMilli, 3L << 30), PodRequests.Of(spec));
    }

    [Fact]
    public void APortOfTheNodeThatASidecarAsksFor_IsTaken()
    {
        Pod pod = WithPort("p", 8080);
        Pod sidecars = pod with { Spec = pod.Spec with { InitContainers = [pod.Spec.Containers[0] with { RestartPolicy = "Always" }], Containers = [new() { Name = "web" }] } };

        NodeState node = Node();
        node.Add(sidecars);

        Assert.True(node.HasPortConflict(Assert.Single(PodDemand.Of(sidecars, isKeptAway: false).HostPorts)));
    }

    private static NodeState Node() => SchedulerTests.Cluster(SchedulerTests.MakeNode("n")).Find("n")!;

    private static Pod WithPort(string name, int? hostPort)
    {
        Pod pod = SchedulerTests.MakePod(name);
        return pod with { Spec = pod.Spec with { Containers = [pod.Spec.Containers[0] with { Ports = [new ContainerPort { Number = 80, HostPort = hostPort }] }] } };
    }

    private static Container Asking(string cpu, string memory, bool limits)
    {
        ValueMap<Quantity> amounts = default(ValueMap<Quantity>).SetItem("cpu", Quantity.Parse(cpu)).SetItem("memory", Quantity.Parse(memory));
        return new Container { Name = "c", Resources = limits ? new ResourceRequirements { Limits = amounts } : new ResourceRequirements { Requests = amounts } };
    }
}
