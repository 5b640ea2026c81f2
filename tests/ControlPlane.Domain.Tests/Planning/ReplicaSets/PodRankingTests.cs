using System.Globalization;
using ControlPlane.Domain.Planning.ReplicaSets;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.ReplicaSets;

/// <summary>Each rule of the order in which pods go, by a pair that differs in that rule and, the other way round, in the next.</summary>
public sealed class PodRankingTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly ReplicaSet Owner = Make.ReplicaSet(minReadySeconds: 10);

    [Fact]
    public void A_pod_without_a_node_goes_before_one_that_has_one() =>
        AssertOrder(Running("first", node: null, readyFor: 100), Make.Pod(Owner, "second", "quiet"));

    [Fact]
    public void Pending_goes_before_unknown_before_running() => AssertOrder(
        InPhase(Running("first", readyFor: 100), "Pending"), InPhase(Running("second", readyFor: 100), "Unknown"), Running("third", readyFor: null));

    [Fact]
    public void Not_ready_goes_before_ready() => AssertOrder(Running("first", readyFor: null, cost: 9), Running("second", readyFor: 1, cost: 0));

    [Fact]
    public void Not_yet_available_goes_before_available() => AssertOrder(Running("first", readyFor: 9, cost: 9), Running("second", readyFor: 10, cost: 0));

    [Fact]
    public void Lower_deletion_cost_goes_before_higher() => AssertOrder(
        Running("first", "quiet", readyFor: 100, cost: -1), Running("second", "crowded", readyFor: 100), Running("third", "crowded", readyFor: 100, cost: 2));

    [Fact]
    public void A_deletion_cost_that_is_no_number_counts_as_none() =>
        AssertOrder(Running("first", "crowded", readyFor: 100, annotation: "cheap"), Running("second", "quiet", readyFor: 100));

    [Fact]
    public void The_more_crowded_node_goes_first() =>
        AssertOrder(Running("first", "crowded", readyFor: 1000), Running("second", "quiet", readyFor: 20));

    [Fact]
    public void Ready_for_a_shorter_time_goes_first() =>
        AssertOrder(Running("first", readyFor: 20, restarts: 0), Running("second", readyFor: 1000, restarts: 5));

    [Fact]
    public void More_restarts_go_first() =>
        AssertOrder(Running("first", readyFor: 20, restarts: 5, age: 4000), Running("second", readyFor: 20, restarts: 1, age: 30));

    /// <summary>As in Kubernetes, these are no costs.</summary>
    [Theory]
    [InlineData("+10")]
    [InlineData("010")]
    public void A_cost_that_is_written_in_another_way_counts_as_none(string cost) =>
        AssertOrder(Running("first", annotation: cost, age: 30), Running("second", cost: 5, age: 4000));

    [Fact]
    public void The_younger_goes_first() => AssertOrder(Running("z", readyFor: 20, age: 30), Running("a", readyFor: 20, age: 4000));

    [Fact]
    public void Ages_of_the_same_order_of_magnitude_are_equal_and_the_uid_decides() =>
        AssertOrder(Running("a", readyFor: 20, age: 60), Running("b", readyFor: 20, age: 40));

    /// <summary>The magnitudes of the ages are powers of two in nanoseconds: 0 | 1 | 2 | 3 and 4 | 5 to 8 | 9 to 17 s.</summary>
    [Theory]
    [InlineData(0, 1, true)]
    [InlineData(1, 2, true)]
    [InlineData(2, 3, true)]
    [InlineData(3, 4, false)]
    [InlineData(4, 5, true)]
    [InlineData(5, 8, false)]
    [InlineData(8, 9, true)]
    [InlineData(9, 17, false)]
    [InlineData(17, 18, true)]
    public void Ages_differ_by_their_power_of_two(int younger, int older, bool differ) => AssertOrder(differ
        ? [Running("z", readyFor: 20, age: younger), Running("a", readyFor: 20, age: older)]
        : [Running("a", readyFor: 20, age: older), Running("z", readyFor: 20, age: younger)]);

    [Fact]
    public void The_container_that_restarted_most_often_counts()
    {
        Pod first = Running("first", readyFor: 20, age: 4000);
        Pod second = Running("second", readyFor: 20, age: 30, restarts: 4);

        AssertOrder(first with { Status = first.Status! with { ContainerStatuses = [new ContainerStatus { RestartCount = 5 }, new ContainerStatus { RestartCount = 1 }] } }, second);
    }

    /// <summary>As in Kubernetes: containers first, then sidecars; of two equal ones each rule before decides, and an init container's own tries count for nothing.</summary>
    [Fact]
    public void Of_equal_containers_the_sidecar_that_restarted_most_often_counts() => AssertOrder(
        WithInitRestarts(Running("first", restarts: 2, age: 4000), sidecar: 0, setup: 0),
        WithInitRestarts(Running("second", restarts: 1, age: 4000), sidecar: 3, setup: 0),
        WithInitRestarts(Running("third", restarts: 1, age: 30), sidecar: 1, setup: 9),
        WithInitRestarts(Running("fourth", restarts: 1, age: 4000), sidecar: 1, setup: 0));

    private static void AssertOrder(params Pod[] expected)
    {
        Dictionary<string, int> neighbours = new() { ["crowded"] = 5, ["quiet"] = 1 };
        IEnumerable<string> ranked = PodRanking.FirstToGo(expected.Reverse(), neighbours, Owner.Spec.MinReadySeconds!.Value, Now).Select(pod => pod.Name);
        Assert.Equal(expected.Select(pod => pod.Name), ranked);
    }

    private static Pod WithInitRestarts(Pod pod, int sidecar, int setup) => pod with
    {
        Spec = pod.Spec with { InitContainers = [new Container { Name = "proxy", RestartPolicy = "Always" }, new Container { Name = "setup" }] },
        Status = pod.Status! with
        {
            InitContainerStatuses = [new ContainerStatus { Name = "proxy", RestartCount = sidecar }, new ContainerStatus { Name = "setup", RestartCount = setup }],
        },
    };

    private static Pod InPhase(Pod pod, string phase) => pod with { Status = pod.Status! with { Phase = phase } };

    private static Pod Running(string name, string? node = "quiet", int? readyFor = 100, int cost = 0, int restarts = 0, int age = 3600, string? annotation = null)
    {
        Pod pod = Make.Pod(Owner, name, node, Now.AddSeconds(-age));
        string text = annotation ?? cost.ToString(CultureInfo.InvariantCulture);
        return pod with
        {
            Metadata = pod.Metadata with { Annotations = ValueMap.Of((PodRanking.DeletionCostAnnotation, text)) },
            Status = new PodStatus
            {
                Phase = "Running",
                Conditions = [new Condition { Type = "Ready", Status = readyFor is null ? "False" : "True", LastTransitionTime = Now.AddSeconds(-(readyFor ?? 0)) }],
                ContainerStatuses = [new ContainerStatus { Name = "main", RestartCount = restarts }],
            },
        };
    }
}
