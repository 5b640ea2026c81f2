using System.Runtime.InteropServices;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>
/// What a pod's topology spread constraints see of the cluster: matching pods counted by place. Kept up to date as pods are entered, for one plan.
/// </summary>
/// <remarks>
/// Worked example, <c>maxSkew: 1</c> over three zones that have 2, 2 and 1 matching pods: the emptiest has 1, so a place may have 2; the pod fits in the third zone only
/// (2 + 1 - 1 = 2 > 1, 1 + 1 - 1 = 1). With <c>minDomains: 4</c> the emptiest counts as having 0, and it fits nowhere. As <c>ScheduleAnyway</c> it fits in all of them; the
/// third is the best, and would be with any <c>maxSkew</c>.
/// </remarks>
internal sealed class SpreadView
{
    /// <summary>What a node without a place for each wish counts as, so that it comes after all that have one.</summary>
    private const long NoPlace = long.MaxValue;

    private readonly Pod pod;
    private readonly Constraint[] required;
    private readonly Constraint[] wished;

    private SpreadView(Pod pod, PodDemand demand, ClusterState cluster)
    {
        this.pod = pod;
        required = Constraints(demand, "DoNotSchedule");
        wished = Constraints(demand, "ScheduleAnyway");
        foreach (NodeState node in cluster.Nodes)
        {
            AddPlaces(required, node);
            AddPlaces(wished, node);
            foreach (Pod other in node.Pods)
            {
                Enter(other, node);
            }
        }
    }

    /// <summary>Null for a pod without constraints.</summary>
    public static SpreadView? Of(Pod pod, PodDemand demand, ClusterState cluster) =>
        pod.Spec.TopologySpreadConstraints.IsEmpty ? null : new SpreadView(pod, demand, cluster);

    /// <summary>Counts a pod of a node. Neither terminating pods nor those that have ended count.</summary>
    public void Enter(Pod other, NodeState node)
    {
        if (other.Metadata.IsDeleting || other.Status?.Phase is "Succeeded" or "Failed" || other.Namespace != pod.Namespace)
        {
            return;
        }

        Count(required, other, node);
        Count(wished, other, node);
    }

    public bool HasPlace(NodeState node) => HasPlaces(required, node);

    /// <summary>Whether no place would have more than <c>maxSkew</c> pods more than the emptiest.</summary>
    public bool KeepsSkew(NodeState node)
    {
        foreach (Constraint constraint in required)
        {
            if (constraint.ExcessAt(node) > 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// How many pods the constraints that are only wished for count in the node's places: each constraint's pods times its <see cref="SpreadWeight"/>, within
    /// <c>maxSkew</c> or not (Kubernetes: podtopologyspread, scoring).
    /// </summary>
    public long CrowdAt(NodeState node)
    {
        if (!HasPlaces(wished, node))
        {
            return NoPlace;
        }

        long sum = 0;
        foreach (Constraint constraint in wished)
        {
            sum += constraint.CrowdAt(node);
        }

        return sum;
    }

    private Constraint[] Constraints(PodDemand demand, string whenUnsatisfiable) =>
    [
        .. pod.Spec.TopologySpreadConstraints
            .Where(constraint => constraint.WhenUnsatisfiable == whenUnsatisfiable)
            .Select(constraint => new Constraint(constraint, pod, demand)),
    ];

    /// <summary>Only nodes with the labels of all constraints of one kind are places.</summary>
    private static void AddPlaces(Constraint[] constraints, NodeState node)
    {
        if (HasPlaces(constraints, node))
        {
            foreach (Constraint constraint in constraints)
            {
                constraint.AddPlace(node);
            }
        }
    }

    private static void Count(Constraint[] constraints, Pod other, NodeState node)
    {
        if (constraints.Length > 0 && HasPlaces(constraints, node))
        {
            foreach (Constraint constraint in constraints)
            {
                constraint.Count(other, node);
            }
        }
    }

    private static bool HasPlaces(Constraint[] constraints, NodeState node)
    {
        foreach (Constraint constraint in constraints)
        {
            if (constraint.PlaceOf(node) is null)
            {
                return false;
            }
        }

        return true;
    }

    private sealed class Constraint(TopologySpreadConstraint spec, Pod pod, PodDemand demand)
    {
        private readonly LabelSelector? selector = PodTerm.WithLabelsOf(pod, spec.LabelSelector, spec.MatchLabelKeys, different: default);
        private readonly Dictionary<string, int> counts = new(StringComparer.Ordinal);
        private int? fewest;

        public string? PlaceOf(NodeState node) => node.Node.Metadata.Labels[spec.TopologyKey];

        public void AddPlace(NodeState node)
        {
            if (IsCounted(node))
            {
                counts.TryAdd(PlaceOf(node)!, 0);
                fewest = null;
            }
        }

        public void Count(Pod other, NodeState node)
        {
            // An empty selector counts no pod that is there (Kubernetes' podtopologyspread, countPodsMatchSelector), though it matches all.
            if (selector is { IsEmpty: false } && selector.Matches(other.Metadata.Labels) && IsCounted(node))
            {
                CollectionsMarshal.GetValueRefOrAddDefault(counts, PlaceOf(node)!, out _)++;
                fewest = null;
            }
        }

        /// <summary>How far beyond maxSkew the node's place would be; at most 0 when it is not.</summary>
        public int ExcessAt(NodeState node)
        {
            fewest ??= counts.Count == 0 || counts.Count < (spec.MinDomains ?? 1) ? 0 : counts.Values.Min();
            int own = selector?.Matches(pod.Metadata.Labels) == true ? 1 : 0;
            return counts.GetValueOrDefault(PlaceOf(node)!) + own - fewest.Value - spec.MaxSkew;
        }

        /// <summary>The pods of the node's place, weighed.</summary>
        public long CrowdAt(NodeState node) => counts.GetValueOrDefault(PlaceOf(node)!) * SpreadWeight.Of(counts.Count);

        private bool IsCounted(NodeState node) =>
            (spec.NodeAffinityPolicy == "Ignore" || NodeFilter.MatchesNodeAffinity(demand, node))
            && (spec.NodeTaintsPolicy != "Honor" || NodeFilter.IsOpenTo(demand, node));
    }
}
