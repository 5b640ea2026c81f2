using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Nodes;

/// <summary>All that a look at the nodes' health may know.</summary>
public sealed record NodeHealthSnapshot
{
    /// <summary>In name order.</summary>
    public required IReadOnlyCollection<Node> Nodes { get; init; }

    /// <summary>The pods bound to a node, terminating ones too.</summary>
    public required Func<string, IReadOnlyCollection<Pod>> PodsOn { get; init; }

    /// <summary>Pods bound to nodes that are not there.</summary>
    public required IReadOnlyCollection<Pod> PodsWithoutNode { get; init; }

    /// <summary>Whether a pod that is on its way out waits for requests to end, so that its grace has not begun.</summary>
    public required Func<Pod, bool> IsDraining { get; init; }

    /// <summary>How long ago each node was last seen; a node never seen is absent.</summary>
    public required IReadOnlyDictionary<string, TimeSpan> Ages { get; init; }

    /// <summary>
    /// For how long silence has counted, whatever was done to the leader's clock: since the leader's taking office, or the end of the last interval in which reports could not be stored.
    /// </summary>
    public required TimeSpan HeardFor { get; init; }

    public required DateTimeOffset Now { get; init; }
}

/// <summary>One node, its pods, and for how long it has been silent while it could have been heard.</summary>
internal sealed record NodeView(Node Node, IReadOnlyCollection<Pod> Pods, TimeSpan Silence)
{
    /// <summary>Those that neither have ended nor are on their way out. Looked for only where it matters: nodes are looked at each second, and nearly all of them are heard.</summary>
    public IReadOnlyList<Pod> LivePods => field ??= [.. Pods.Where(pod => !pod.Metadata.IsDeleting && !NodeHealth.HasEnded(pod))];

    /// <summary>Whether the record says that the node is lost, or never came.</summary>
    public bool IsDeclaredLost => Ready is { Status: "Unknown" };

    /// <summary>Whether a person has confirmed this loss.</summary>
    public bool IsConfirmedLost => LossConfirmation.IsOn(Node);

    public Condition? Ready => Conditions.Find(Node.Status?.Conditions ?? default, Conditions.Ready);

    /// <summary>Whether pods would be taken off the node, now or later; those that tolerate its loss for ever stay.</summary>
    public bool HasPodsToEvict => LivePods.Any(pod => NodeHealth.PatienceOf(pod) is not null);

    public static NodeView Of(Node node, NodeHealthSnapshot snapshot)
    {
        TimeSpan unseen = snapshot.Ages.TryGetValue(node.Name, out TimeSpan age)
            ? age
            : snapshot.Now - node.Metadata.CreationTimestamp ?? TimeSpan.MaxValue;
        return new NodeView(node, snapshot.PodsOn(node.Name), unseen < snapshot.HeardFor ? unseen : snapshot.HeardFor);
    }
}

/// <summary>Stops evictions when so many nodes fall silent together that it is more likely that we do not hear.</summary>
/// <param name="Silent">How many nodes are silent.</param>
/// <param name="Counted">Of how many; nodes that are gone for good are in neither count.</param>
public readonly record struct Brake(int Silent, int Counted)
{
    public bool IsOn => Silent > 1 && Silent * 2 > Counted;

    /// <summary>What a silent node's condition and event say.</summary>
    public string MessageFor(string node) =>
        $"{Silent} of {Counted} nodes are silent together: their pods are left where they are until nodes return or are deleted. "
        + $"If this node is lost indeed, have its pods replaced: POST /api/v1/nodes/{node}/confirm-lost.";

    internal static Brake Of(IReadOnlyCollection<NodeView> views, DateTimeOffset now)
    {
        NodeView[] counted = [.. views.Where(view => !IsSettled(view, now))];
        return new Brake(counted.Count(view => view.Silence >= NodeHealth.LostAfter), counted.Length);
    }

    internal Condition AsCondition(Node node, bool holds, DateTimeOffset now) => new()
    {
        Type = NodeHealth.BrakeCondition,
        Status = holds ? "True" : "False",
        Reason = holds ? "TooManyNodesSilent" : LossConfirmation.IsOn(node) ? "ConfirmedLost" : "EvictionsResumed",
        Message = holds ? MessageFor(node.Name) : null,
        LastTransitionTime = now,
    };

    private static bool IsSettled(NodeView view, DateTimeOffset now) =>
        view.Silence >= NodeHealth.LostAfter && view.IsDeclaredLost && !view.HasPodsToEvict
        && now - view.Ready?.LastTransitionTime >= NodeHealth.SettledAfter;
}
