using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning;
using ControlPlane.Domain.Planning.Nodes;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Tests.Planning.Nodes;

public class NodeHealthTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(11, false)]
    [InlineData(12, true)]
    public void Plan_ANodeSilentForTwelveSeconds_IsLostAndItsPodsAreNotReady(int silentSeconds, bool isLost)
    {
        World world = new(MakeNode("a"), MakeNode("b")) { Pods = [MakePod("p", "a"), MakePod("done", "a", phase: "Succeeded")] };
        world.Silent["a"] = silentSeconds;

        IReadOnlyList<Plan> plans = world.Plan();

        if (!isLost)
        {
            Assert.Empty(plans);
            return;
        }

        Plan plan = Assert.Single(plans);
        Node node = (Node)Assert.IsType<Write.Update>(plan.Writes[0]).Object;
        Condition ready = Conditions.Find(node.Status!.Conditions, "Ready")!;
        Assert.Equal(("Unknown", "NodeStatusUnknown", Noon), (ready.Status, ready.Reason, ready.LastTransitionTime));
        Assert.Equal(new Write.SetAgentSession("a", null), plan.Writes[1]);
        Write.Update podWrite = Assert.IsType<Write.Update>(plan.Writes[2]);
        Pod pod = (Pod)podWrite.Object;
        Assert.Equal((ResourceParts.Status, "p", "NodeLost"), (podWrite.Parts, pod.Name, pod.Status!.Reason));
        Assert.Equal("False", Conditions.Find(pod.Status.Conditions, "Ready")!.Status);
        Assert.Equal(3, plan.Writes.Count);
    }

    [Theory]
    [InlineData(17, 0)]
    [InlineData(18, 1)]
    public void Plan_ALostNodeSilentForEighteenSeconds_LosesItsLivePods(int silentSeconds, int evicted)
    {
        World world = new(MakeNode("a", "Unknown"), MakeNode("b"))
        {
            Pods = [MakePod("p", "a"), MakePod("done", "a", phase: "Failed"), MakePod("leaving", "a") with { Metadata = Deleting("leaving") }, MakePod("q", "b")],
        };
        world.Silent["a"] = silentSeconds;

        IReadOnlyList<Plan> plans = world.Plan();

        Assert.Equal(evicted, plans.Count);
        foreach (Plan plan in plans)
        {
            Pod pod = (Pod)Assert.IsType<Write.Update>(Assert.Single(plan.Writes)).Object;
            Assert.Equal(("p", Noon.AddSeconds(30), 30L), (pod.Name, pod.Metadata.DeletionTimestamp, pod.Metadata.DeletionGracePeriodSeconds));
        }
    }

    [Theory]
    [InlineData(60L, 59, 0)]
    [InlineData(60L, 60, 1)]
    [InlineData(5L, 17, 0)]
    [InlineData(5L, 18, 1)]
    [InlineData(null, 100_000, 0)]
    public void Plan_APodThatToleratesItsNodesLoss_StaysAsLongAsItSays(long? seconds, int silentSeconds, int evicted)
    {
        Pod pod = MakePod("p", "a");
        World world = new(MakeNode("a", "Unknown"), MakeNode("b"))
        {
            Pods = [pod with { Spec = pod.Spec with { Tolerations = [new Toleration { Key = "node.kubernetes.io/unreachable", Operator = "Exists", Effect = "NoExecute", TolerationSeconds = seconds }] } }],
        };
        world.Silent["a"] = silentSeconds;

        Assert.Equal(evicted, world.Plan().Count);
    }

    [Fact]
    public void Plan_ANodeThatIsLost_SaysSoInItsConditionItsPodsAndEvents()
    {
        Node node = MakeNode("a");
        node = node with { Status = node.Status! with { Conditions = [node.Status.Conditions[0] with { LastHeartbeatTime = Noon.AddSeconds(-12) }] }, Metadata = node.Metadata with { ResourceVersion = "7" } };
        World world = new(node, MakeNode("b")) { Pods = [MakePod("new", "a") with { Status = null }] };
        world.Silent["a"] = 12;

        Plan plan = Assert.Single(world.Plan());

        Condition lost = Conditions.Find(((Node)((Write.Update)plan.Writes[0]).Object).Status!.Conditions, "Ready")!;
        Assert.Equal(("The agent stopped reporting.", Noon.AddSeconds(-12)), (lost.Message, lost.LastHeartbeatTime));
        PodStatus pod = ((Pod)((Write.Update)plan.Writes[2]).Object).Status!;
        Condition unready = Assert.Single(pod.Conditions);
        Assert.Equal(("Pending", "NodeLost", "Node a stopped reporting."), (pod.Phase, pod.Reason, pod.Message));
        Assert.Equal(("Ready", "False", "NodeLost", "Node a stopped reporting.", Noon), (unready.Type, unready.Status, unready.Reason, unready.Message, unready.LastTransitionTime));
        EventNote note = Assert.Single(plan.Events);
        Assert.Equal(("NodeNotReady", "Node a status is now: NodeNotReady"), (note.Reason, note.Message));
        Assert.Equal([new Precondition.AtResourceVersion(ResourceKinds.Node, node.Key, 7)], plan.Preconditions);
    }

    [Fact]
    public void Plan_APodThatIsTakenOffALostNode_SaysForHowLongTheNodeWasSilent()
    {
        Node node = MakeNode("a", "Unknown");
        World world = new(node with { Metadata = node.Metadata with { ResourceVersion = "7" } }, MakeNode("b")) { Pods = [MakePod("p", "a")] };
        world.Silent["a"] = 18;

        Plan plan = Assert.Single(world.Plan());

        EventNote note = Assert.Single(plan.Events);
        Assert.Equal(("NodeLost", "Node a has not been heard of for 18 s; marking the pod for deletion"), (note.Reason, note.Message));
        Assert.Equal([new Precondition.AtResourceVersion(ResourceKinds.Node, node.Key, 7)], plan.Preconditions);
    }

    [Fact]
    public void Plan_ANodeThatIsJustLost_KeepsItsPodsUntilThatIsOnRecord()
    {
        World world = new(MakeNode("a"), MakeNode("b")) { Pods = [MakePod("p", "a")] };
        world.Silent["a"] = 3600;

        Assert.DoesNotContain(world.Plan().SelectMany(plan => plan.Writes), write => write is Write.Update { Object: Pod { Metadata.IsDeleting: true } });
    }

    [Fact]
    public void Plan_SilenceBeforeWeCouldHear_CountsForNothing()
    {
        World world = new(MakeNode("a")) { HeardFor = TimeSpan.FromSeconds(11) };
        world.Silent["a"] = 3600;

        Assert.Empty(world.Plan());
        Assert.NotEmpty((world with { HeardFor = TimeSpan.FromSeconds(12) }).Plan());
    }

    [Fact]
    public void Plan_ANodeThatNeverReported_SaysSo()
    {
        Node silent = MakeNode("a") with { Status = null, Metadata = new ObjectMeta { Name = "a", Uid = "uid-a", CreationTimestamp = Noon.AddSeconds(-12) } };

        Node node = (Node)((Write.Update)Assert.Single(new World(silent).Plan()).Writes[0]).Object;

        Condition lost = Conditions.Find(node.Status!.Conditions, "Ready")!;
        Assert.Equal(("NodeStatusNeverUpdated", "No agent has ever reported."), (lost.Reason, lost.Message));
    }

    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(2, 1, false)]
    [InlineData(3, 2, true)]
    [InlineData(4, 2, false)]
    [InlineData(10, 5, false)]
    [InlineData(10, 6, true)]
    public void Plan_MoreThanHalfAndMoreThanOneSilent_StopsEvictions(int nodes, int silent, bool isBraked)
    {
        World world = new([.. Enumerable.Range(0, nodes).Select(i => MakeNode($"n{i}", i < silent ? "Unknown" : "True"))])
        {
            Pods = [.. Enumerable.Range(0, nodes).Select(i => MakePod($"p{i}", $"n{i}"))],
        };
        for (int i = 0; i < silent; i++)
        {
            world.Silent[$"n{i}"] = 20;
        }

        Write[] writes = [.. world.Plan().SelectMany(plan => plan.Writes)];

        Assert.Equal(isBraked ? 0 : silent, writes.Count(write => write.Kind == ResourceKinds.Pod));
        Assert.Equal(isBraked ? silent : 0, writes.Count(write => write is Write.Update { Object: Node node }
            && Conditions.Find(node.Status!.Conditions, NodeHealth.BrakeCondition)?.Status == "True"));
    }

    [Theory]
    [InlineData("2026-01-31T11:59:52Z", true)]
    [InlineData("2026-01-31T11:59:51Z", false)]
    [InlineData(null, false)]
    public void Plan_ANodeWhoseVeryLossIsConfirmed_LosesItsPodsThoughTheBrakeIsOn(string? confirmed, bool isEvicted)
    {
        Node a = MakeNode("a", "Unknown");
        a = confirmed is null ? a : a with { Metadata = a.Metadata with { Annotations = ValueMap.Of((LossConfirmation.Annotation, confirmed)) } };
        World world = new(a, MakeNode("b", "Unknown"), MakeNode("c")) { Pods = [MakePod("p", "a"), MakePod("q", "b")] };
        world.Silent["a"] = world.Silent["b"] = 20;

        Write[] writes = [.. world.Plan().SelectMany(plan => plan.Writes)];

        Assert.Equal(isEvicted ? ["p"] : [], writes.OfType<Write.Update>().Select(write => write.Object).OfType<Pod>().Select(pod => pod.Name));
        Assert.Equal(isEvicted ? ["b"] : ["a", "b"], Braked(writes));
    }

    [Fact]
    public void Plan_TheBrake_SaysWhatAPersonCanDo()
    {
        World world = new(MakeNode("a", "Unknown"), MakeNode("b", "Unknown")) { Pods = [MakePod("p", "a")] };
        world.Silent["a"] = world.Silent["b"] = 20;

        Plan plan = Assert.Single(world.Plan());

        const string Said = "2 of 2 nodes are silent together: their pods are left where they are until nodes return or are deleted. "
            + "If this node is lost indeed, have its pods replaced: POST /api/v1/nodes/a/confirm-lost.";
        Assert.Equal((NodeHealth.BrakeCondition, Said), (Assert.Single(plan.Events).Reason, plan.Events[0].Message));
        Node node = (Node)((Write.Update)plan.Writes[0]).Object;
        Condition brake = Conditions.Find(node.Status!.Conditions, NodeHealth.BrakeCondition)!;
        Assert.Equal(("True", "TooManyNodesSilent", Said, Noon), (brake.Status, brake.Reason, brake.Message, brake.LastTransitionTime));
    }

    [Fact]
    public void Plan_ABrakedNodeWhoseLossIsConfirmed_ShowsThatTheBrakeHasLetGo()
    {
        Node a = MakeNode("a", "Unknown");
        a = a with
        {
            Metadata = a.Metadata with { Annotations = ValueMap.Of((LossConfirmation.Annotation, LossConfirmation.ValueOf(LossConfirmation.LostSince(a)!.Value))) },
            Status = a.Status! with { Conditions = [.. a.Status.Conditions, new Condition { Type = NodeHealth.BrakeCondition, Status = "True" }] },
        };
        World world = new(a, MakeNode("b", "Unknown")) { Pods = [MakePod("p", "a")] };
        world.Silent["a"] = world.Silent["b"] = 20;

        Node node = world.Plan().SelectMany(plan => plan.Writes).OfType<Write.Update>().Select(write => write.Object).OfType<Node>().Single();

        Condition brake = Conditions.Find(node.Status!.Conditions, NodeHealth.BrakeCondition)!;
        Assert.Equal(("False", "ConfirmedLost"), (brake.Status, brake.Reason));
    }

    [Fact]
    public void Plan_ABrakeThatLetsGo_ClearsItsCondition()
    {
        Node braked = MakeNode("a", "True");
        braked = braked with
        {
            Status = braked.Status! with { Conditions = [.. braked.Status.Conditions, new Condition { Type = NodeHealth.BrakeCondition, Status = "True" }] },
        };

        Plan plan = Assert.Single(new World(braked, MakeNode("b")).Plan());

        Node node = (Node)Assert.IsType<Write.Update>(Assert.Single(plan.Writes)).Object;
        Condition brake = Conditions.Find(node.Status!.Conditions, NodeHealth.BrakeCondition)!;
        Assert.Equal(("False", "EvictionsResumed", null), (brake.Status, brake.Reason, brake.Message));
        Assert.Empty(plan.Events);
    }

    [Fact]
    public void Plan_ANodeLostAndEmptiedLongAgo_HoldsNoBrake()
    {
        World world = new(MakeNode("gone", "Unknown", since: Noon.AddMinutes(-5)), MakeNode("a", "Unknown"), MakeNode("b")) { Pods = [MakePod("p", "a")] };
        world.Silent["gone"] = 86400;
        world.Silent["a"] = 20;

        Assert.Single(world.Plan(), plan => plan.Writes[0] is Write.Update { Object: Pod { Metadata.IsDeleting: true } });
    }

    [Theory]
    [InlineData(299, null, true)]
    [InlineData(300, null, false)]
    [InlineData(300, "p", true)]
    public void BrakeOf_ALostNode_CountsForFiveMinutesAndWhileItHasPodsToLose(int lostSeconds, string? pod, bool isCounted)
    {
        World world = new(MakeNode("gone", "Unknown", since: Noon.AddSeconds(-lostSeconds)), MakeNode("a", "Unknown"), MakeNode("b"))
        {
            Pods = pod is null ? [] : [MakePod(pod, "gone")],
        };
        world.Silent["gone"] = 86400;
        world.Silent["a"] = 12;

        Brake brake = NodeHealth.BrakeOf(world.Snapshot());

        Assert.Equal(isCounted ? (2, 3) : (1, 2), (brake.Silent, brake.Counted));
        Assert.Equal(isCounted, brake.IsOn);
    }

    [Fact]
    public void Plan_ASilentNodeWhosePodsAllStay_ShowsNoBrake()
    {
        Pod pod = MakePod("p", "a");
        World world = new(MakeNode("a", "Unknown"), MakeNode("b", "Unknown"))
        {
            Pods = [pod with { Spec = pod.Spec with { Tolerations = [new Toleration { Operator = "Exists" }] } }],
        };
        world.Silent["a"] = world.Silent["b"] = 20;

        Assert.Empty(world.Plan());
    }

    [Theory]
    [InlineData("2026-01-31T11:59:52Z", true)]
    [InlineData("2026-01-31T11:59:52+00:00", false)]
    [InlineData("2026-01-31 11:59:52Z", false)]
    [InlineData("", false)]
    public void IsValue_OnlyATimeInTheFormOfValueOf(string text, bool isValue) => Assert.Equal(isValue, LossConfirmation.IsValue(text));

    [Theory]
    [InlineData("Unknown", true)]
    [InlineData("False", false)]
    [InlineData("True", false)]
    public void LostSince_OnlyOfANodeWhoseReadinessIsUnknown(string ready, bool isLost) =>
        Assert.Equal(isLost ? Noon.AddSeconds(-8) : null, LossConfirmation.LostSince(MakeNode("a", ready)));

    [Fact]
    public void Plan_PodsOfANodeThatIsNotThere_AreMarkedThenRemovedWhenTheirGraceIsOver()
    {
        World world = new(MakeNode("a"))
        {
            Pods = [MakePod("live", "x"), MakePod("leaving", "x") with { Metadata = Deleting("leaving") }, MakePod("stopping", "x") with { Metadata = Deleting("stopping") with { DeletionTimestamp = Noon.AddSeconds(1) } }, MakePod("held", "x") with { Metadata = Deleting("held") with { Finalizers = ["f"] } }],
        };

        IReadOnlyList<Plan> plans = world.Plan();

        Assert.Equal(2, plans.Count);
        Assert.True(((Write.Update)plans[0].Writes[0]).Object.Metadata.IsDeleting);
        Assert.Equal("leaving", Assert.IsType<Write.Remove>(plans[1].Writes[0]).Key.Name);
    }

    /// <summary>
    /// A Node was deleted whose agent was there. A pod with 1 s of grace was removed a second after its mark, and its agent stopped it, while a gateway that had not heard of the mark still sent requests to it.
    /// </summary>
    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public void Plan_APodOfANodeThatIsNotThere_IsNotRemovedWhileItWaitsForRequests(bool isDraining, int removed)
    {
        World world = new(MakeNode("a")) { Pods = [MakePod("leaving", "x") with { Metadata = Deleting("leaving") }], IsDraining = isDraining };

        Assert.Equal(removed, world.Plan().Count);
    }

    /// <summary>An agent had registered its Node anew while the end of its pods was on its way: they were ended though they ran and served.</summary>
    [Fact]
    public void Plan_PodsOfANodeThatIsNotThere_EndOnlyIfItIsNotThereWhenThatIsStored()
    {
        World world = new(MakeNode("a")) { Pods = [MakePod("live", "x"), MakePod("leaving", "x") with { Metadata = Deleting("leaving") }] };

        IReadOnlyList<Plan> plans = world.Plan();

        Assert.Equal(2, plans.Count);
        Assert.All(plans, plan => Assert.Contains(new Precondition.Absent(ResourceKinds.Node, new ObjectKey("", "x")), plan.Preconditions));
    }

    private static IEnumerable<string> Braked(IEnumerable<Write> writes) => writes.OfType<Write.Update>().Select(write => write.Object).OfType<Node>()
        .Where(node => Conditions.Find(node.Status!.Conditions, NodeHealth.BrakeCondition)?.Status == "True").Select(node => node.Name);

    private static Node MakeNode(string name, string ready = "True", DateTimeOffset? since = null) => new()
    {
        Metadata = new ObjectMeta { Name = name, Uid = "uid-" + name, CreationTimestamp = Noon.AddDays(-1) },
        Status = new NodeStatus { Conditions = [new Condition { Type = "Ready", Status = ready, LastTransitionTime = since ?? Noon.AddSeconds(-8) }] },
    };

    private static Pod MakePod(string name, string node, string phase = "Running") => new()
    {
        Metadata = new ObjectMeta { Namespace = "default", Name = name, Uid = "uid-" + name },
        Spec = new PodSpec { NodeName = node },
        Status = new PodStatus { Phase = phase },
    };

    private static ObjectMeta Deleting(string name) => new() { Namespace = "default", Name = name, Uid = "uid-" + name, DeletionTimestamp = Noon };

    /// <summary>Nodes that were all seen a second ago, unless said otherwise.</summary>
    private sealed record World(params Node[] Nodes)
    {
        public Dictionary<string, int> Silent { get; } = [];

        public Pod[] Pods { get; init; } = [];

        public bool IsDraining { get; init; }

        public TimeSpan HeardFor { get; init; } = TimeSpan.FromHours(1);

        public IReadOnlyList<Plan> Plan() => NodeHealth.Plan(Snapshot());

        public NodeHealthSnapshot Snapshot() => new()
        {
            Nodes = Nodes,
            PodsOn = node => [.. Pods.Where(pod => pod.Spec.NodeName == node)],
            PodsWithoutNode = [.. Pods.Where(pod => Nodes.All(node => node.Name != pod.Spec.NodeName))],
            IsDraining = _ => IsDraining,
            Ages = Nodes.Where(node => node.Status is not null).ToDictionary(node => node.Name, node => TimeSpan.FromSeconds(Silent.GetValueOrDefault(node.Name, 1))),
            HeardFor = HeardFor,
            Now = Noon,
        };
    }
}
