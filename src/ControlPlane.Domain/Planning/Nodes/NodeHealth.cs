using ControlPlane.Domain.Commits;
using ControlPlane.Domain.Planning.Garbage;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Nodes;

/// <summary>
/// Declares nodes lost and takes their pods off them. Worked example with a node last heard of at 0 s, reports every 3 s: at 12 s (four reports
/// missed) it is lost: Ready becomes Unknown, its pods are no longer ready, its session ends. One report before 18 s, in a new session,
/// makes it Ready again and nothing has moved. At 18 s its pods are marked for deletion, so that replacements start elsewhere; with
/// a tick of 1 s and a flush of 1 s they are placed by 20 s.
/// </summary>
/// <remarks>
/// The brake: 3 nodes, 2 silent at 12 s: 2 > 3 / 2 and 2 > 1, so nobody is evicted, for it is more likely that we do not hear than that they are
/// dead. 10 nodes, 5 silent: 5 > 10 / 2 does not hold, all five are evicted. A node that has been lost for <see cref="SettledAfter"/> and has no pod left to
/// evict is out of both counts, so that a host that burnt down last week does not hold the brake.
/// A person may confirm the loss of a node (<see cref="LossConfirmation"/>): its pods are evicted whatever the brake and whatever they tolerate; the others' are
/// not, and it stays in both counts.
/// A lost node gets a condition and no taint: the scheduler asks for Ready, and a person's taints and cordon stay theirs alone. A pod's own tolerations of
/// <c>node.kubernetes.io/unreachable:NoExecute</c> are honoured as if the taint were there, counted from the last sign of life; none is added by default.
/// </remarks>
public static class NodeHealth
{
    public const string BrakeCondition = "EvictionsStopped";

    public static TimeSpan LostAfter { get; } = TimeSpan.FromSeconds(12);

    public static TimeSpan EvictAfter { get; } = TimeSpan.FromSeconds(18);

    public static TimeSpan SettledAfter { get; } = TimeSpan.FromMinutes(5);

    /// <summary>The plans for the nodes and their pods, each independent of the others.</summary>
    public static IReadOnlyList<Plan> Plan(NodeHealthSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        NodeView[] views = [.. snapshot.Nodes.Select(node => NodeView.Of(node, snapshot))];
        Brake brake = Brake.Of(views, snapshot.Now);
        List<Plan> plans = [];
        foreach (NodeView view in views)
        {
            if (PlanNode(view, brake, snapshot.Now) is { } plan)
            {
                plans.Add(plan);
            }

            if (view.Silence >= EvictAfter && view.IsDeclaredLost && (!brake.IsOn || view.IsConfirmedLost))
            {
                plans.AddRange(view.LivePods.Where(pod => view.IsConfirmedLost || view.Silence >= PatienceOf(pod)).Select(pod => Evict(pod, view, snapshot.Now)));
            }
        }

        plans.AddRange(snapshot.PodsWithoutNode.Select(pod => EndWithoutNode(pod, snapshot)).OfType<Plan>());
        return plans;
    }

    /// <summary>Whether evictions are stopped: what the log says.</summary>
    public static Brake BrakeOf(NodeHealthSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return Brake.Of([.. snapshot.Nodes.Select(node => NodeView.Of(node, snapshot))], snapshot.Now);
    }

    private static Plan? PlanNode(NodeView view, Brake brake, DateTimeOffset now)
    {
        Node node = view.Node;
        NodeStatus status = node.Status ?? new NodeStatus();
        bool becomesLost = view.Silence >= LostAfter && !view.IsDeclaredLost;
        ValueList<Condition> conditions = becomesLost ? Conditions.With(status.Conditions, LostCondition(node, now)) : status.Conditions;
        bool brakeHolds = brake.IsOn && view.Silence >= LostAfter && view.HasPodsToEvict && !view.IsConfirmedLost;
        bool brakeShown = Conditions.Find(conditions, BrakeCondition)?.Status == "True";
        if (brakeHolds != brakeShown)
        {
            conditions = Conditions.With(conditions, brake.AsCondition(node, brakeHolds, now));
        }

        if (conditions == status.Conditions)
        {
            return null;
        }

        ValueList<EventNote> events = brakeHolds && !brakeShown ? [EventNote.Warning(node, BrakeCondition, brake.MessageFor(node.Name))] : [];
        Plan plan = new()
        {
            Preconditions = [new Precondition.AtResourceVersion(ResourceKinds.Node, node.Key, node.Metadata.Revision)],
            Writes = [new Write.Update(node with { Status = status with { Conditions = conditions } }, ResourceParts.Status)],
            Events = events,
        };
        return becomesLost ? DeclareLost(plan, view, now) : plan;
    }

    private static Plan DeclareLost(Plan plan, NodeView view, DateTimeOffset now) => plan with
    {
        Writes =
        [
            .. plan.Writes,
            new Write.SetAgentSession(view.Node.Name, SessionId: null),
            .. view.Pods.Where(pod => !HasEnded(pod)).Select(pod => new Write.Update(NotReady(pod, view.Node, now), ResourceParts.Status)),
        ],
        Events = [.. plan.Events, EventNote.Normal(view.Node, "NodeNotReady", $"Node {view.Node.Name} status is now: NodeNotReady")],
    };

    private static Condition LostCondition(Node node, DateTimeOffset now)
    {
        bool everReported = Conditions.Find(node.Status?.Conditions ?? default, Conditions.Ready) is not null;
        return new Condition
        {
            Type = Conditions.Ready,
            Status = "Unknown",
            Reason = everReported ? "NodeStatusUnknown" : "NodeStatusNeverUpdated",
            Message = everReported ? "The agent stopped reporting." : "No agent has ever reported.",
            LastHeartbeatTime = Conditions.Find(node.Status?.Conditions ?? default, Conditions.Ready)?.LastHeartbeatTime,
            LastTransitionTime = now,
        };
    }

    private static Pod NotReady(Pod pod, Node node, DateTimeOffset now)
    {
        PodStatus status = pod.Status ?? new PodStatus { Phase = "Pending" };
        Condition ready = new() { Type = Conditions.Ready, Status = "False", Reason = "NodeLost", Message = $"Node {node.Name} stopped reporting.", LastTransitionTime = now };
        return pod with { Status = status with { Reason = "NodeLost", Message = ready.Message, Conditions = Conditions.With(status.Conditions, ready) } };
    }

    private static Plan Evict(Pod pod, NodeView view, DateTimeOffset now) => Deletion.Write(Deletion.Marked(pod, now)) with
    {
        Preconditions = [new Precondition.AtResourceVersion(ResourceKinds.Node, view.Node.Key, view.Node.Metadata.Revision)],
        Events =
        [
            EventNote.Warning(pod, "NodeLost", $"Node {view.Node.Name} has not been heard of for {view.Silence.TotalSeconds:0} s; marking the pod for deletion"),
        ],
    };

    /// <summary>
    /// Nobody may be left to confirm the end of a pod whose node has left: it is marked, so that it is replaced and everyone sees it go, and removed
    /// when its grace is over. Until then it may still run, and an agent that registers its node anew confirms the end as ever: so a grace that has not begun is not over, and
    /// a Node that is there again by the time of the commit keeps its pods.
    /// </summary>
    private static Plan? EndWithoutNode(Pod pod, NodeHealthSnapshot snapshot)
    {
        bool isOver = pod.Metadata.Finalizers.IsEmpty && pod.Metadata.DeletionTimestamp <= snapshot.Now && !snapshot.IsDraining(pod);
        Plan? plan = !pod.Metadata.IsDeleting ? Deletion.PlanFor(pod, snapshot.Now) : isOver ? Deletion.Removal(pod) : null;
        return plan is null ? null : plan with { Preconditions = plan.Preconditions.Add(new Precondition.Absent(ResourceKinds.Node, new ObjectKey("", pod.Spec.NodeName!))) };
    }

    /// <summary>
    /// For how long of a node's silence a pod is left there: at least <see cref="EvictAfter"/>, longer for one that tolerates
    /// <c>node.kubernetes.io/unreachable</c>; null for ever.
    /// </summary>
    internal static TimeSpan? PatienceOf(Pod pod) =>
        Tolerations.Patience(pod, Tolerations.Unreachable) is { } patience ? (patience > EvictAfter ? patience : EvictAfter) : null;

    internal static bool HasEnded(Pod pod) => pod.Status?.Phase is "Succeeded" or "Failed";
}
