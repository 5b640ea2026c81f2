using System.Globalization;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.ReplicaSets;

/// <summary>Which pods go first when there are too many (Kubernetes: ReplicaSet, pod deletion order).</summary>
internal static class PodRanking
{
    public const string DeletionCostAnnotation = "controller.kubernetes.io/pod-deletion-cost";

    /// <summary>Compares two candidates by one rule; the one that is to go first is the lesser.</summary>
    private delegate int Rule(Candidate left, Candidate right);

    /// <summary>
    /// Asked in order; the first rule that sees a difference decides. Ages are compared by their order of magnitude (powers of two), so that
    /// scaling down does not always take the pods of the newest node; among equals the uid decides, which is as good as chance and repeatable.
    /// </summary>
    private static readonly (string Name, Rule Compare)[] Rules =
    [
        ("a pod without a node before one that has one", (left, right) => left.Pod.IsBound().CompareTo(right.Pod.IsBound())),
        ("pending before unknown before running", (left, right) => PhaseOrder(left.Pod).CompareTo(PhaseOrder(right.Pod))),
        ("not ready before ready", (left, right) => left.Pod.IsReady().CompareTo(right.Pod.IsReady())),
        ("not yet available before available", (left, right) => left.Available.CompareTo(right.Available)),
        ("lower deletion cost before higher", (left, right) => DeletionCost(left.Pod).CompareTo(DeletionCost(right.Pod))),
        ("more crowded node before less crowded", (left, right) => right.Neighbours.CompareTo(left.Neighbours)),
        ("ready for a shorter time before longer", (left, right) => left.ReadyMagnitude.CompareTo(right.ReadyMagnitude)),
        ("more restarts before fewer", (left, right) => Restarts(right.Pod).CompareTo(Restarts(left.Pod))),
        ("more restarts of a sidecar before fewer", (left, right) => SidecarRestarts(right.Pod).CompareTo(SidecarRestarts(left.Pod))),
        ("younger before older", (left, right) => left.AgeMagnitude.CompareTo(right.AgeMagnitude)),
        ("by uid", (left, right) => string.CompareOrdinal(left.Pod.Uid, right.Pod.Uid)),
    ];

    /// <summary>The pods in the order in which they should go.</summary>
    /// <param name="pods">Active pods of one ReplicaSet.</param>
    /// <param name="neighbours">How many active pods of the same Deployment each node has; of the same ReplicaSet where it is bare.</param>
    /// <param name="minReadySeconds">What the ReplicaSet asks for before a pod is available.</param>
    /// <param name="now">The time of the pass.</param>
    public static IReadOnlyList<Pod> FirstToGo(
        IEnumerable<Pod> pods, IReadOnlyDictionary<string, int> neighbours, int minReadySeconds, DateTimeOffset now)
    {
        List<Candidate> candidates = [.. pods.Select(pod => new Candidate(
            pod,
            pod.IsAvailable(minReadySeconds, now),
            neighbours.GetValueOrDefault(pod.Spec.NodeName ?? ""),
            Magnitude(pod.ReadySince(), now),
            Magnitude(pod.Metadata.CreationTimestamp, now)))];
        candidates.Sort(Compare);
        return candidates.ConvertAll(candidate => candidate.Pod);
    }

    private static int Compare(Candidate left, Candidate right)
    {
        foreach ((_, Rule compare) in Rules)
        {
            int order = compare(left, right);
            if (order != 0)
            {
                return order;
            }
        }

        return 0;
    }

    private static int PhaseOrder(Pod pod) => pod.Status?.Phase switch
    {
        "Running" => 2,
        "Unknown" => 1,
        _ => 0,
    };

    /// <summary>Written as Kubernetes takes it (core helpers, validFirstDigit): neither <c>+10</c> nor <c>010</c> is a cost.</summary>
    private static int DeletionCost(Pod pod) =>
        pod.Metadata.Annotations[DeletionCostAnnotation] is { Length: > 0 } text && text[0] is '-' or (>= '1' and <= '9')
        && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int cost)
            ? cost
            : 0;

    /// <summary>Of the container that was restarted most often.</summary>
    private static int Restarts(Pod pod)
    {
        int most = 0;
        if (pod.Status is { } status)
        {
            foreach (ContainerStatus container in status.ContainerStatuses.AsSpan())
            {
                most = Math.Max(most, container.RestartCount);
            }
        }

        return most;
    }

    /// <summary>Of the sidecar that was restarted most often; an init container that was tried again says nothing of how the pod runs.</summary>
    private static int SidecarRestarts(Pod pod)
    {
        int most = 0;
        if (pod.Status is { } status)
        {
            foreach (ContainerStatus container in status.InitContainerStatuses.AsSpan())
            {
                most = pod.Spec.IsSidecar(container.Name) ? Math.Max(most, container.RestartCount) : most;
            }
        }

        return most;
    }

    /// <summary>The power of two of an age in nanoseconds, as Kubernetes takes it: 0 s → −1, 5 s, 7 s and 8 s → 32, 9 s → 33, an hour → 41. Unknown counts as no age.</summary>
    private static int Magnitude(DateTimeOffset? since, DateTimeOffset now) =>
        since is { } start && now > start ? (int)Math.Log2((now - start).TotalNanoseconds) : -1;

    private readonly record struct Candidate(Pod Pod, bool Available, int Neighbours, int ReadyMagnitude, int AgeMagnitude);
}
