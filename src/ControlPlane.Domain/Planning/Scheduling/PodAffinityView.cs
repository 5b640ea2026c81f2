using System.Runtime.InteropServices;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>
/// What a pod's affinities, and the anti-affinities of others against it, see of the cluster: matching pods counted by place (a topology label and its
/// value). Kept up to date as pods are entered, for one plan.
/// </summary>
internal sealed class PodAffinityView
{
    private readonly Pod pod;
    private readonly ClusterState cluster;
    private readonly ValueList<PodTerm> near;
    private readonly ValueList<PodTerm> away;
    private readonly ValueList<PodTerm> preferred;
    private readonly ValueList<string> preferredKeys;
    private readonly HashSet<(string Key, string Value)> nearby = [];
    private readonly HashSet<(string Key, string Value)> avoided = [];
    private readonly HashSet<(string Key, string Value)> forbidden = [];
    private readonly HashSet<string> forbiddenKeys = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Key, string Value), int> weights = [];

    private PodAffinityView(Pod pod, ClusterState cluster)
    {
        this.pod = pod;
        this.cluster = cluster;
        Affinity? affinity = pod.Spec.Affinity;
        near = PodTerm.Required(affinity?.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? default, pod);
        away = PodTerm.KeepingAway(pod);
        preferred =
        [
            .. PodTerm.Preferred(affinity?.PodAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? default, pod, sign: 1),
            .. PodTerm.Preferred(affinity?.PodAntiAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? default, pod, sign: -1),
        ];
        preferredKeys = preferred.Select(term => term.TopologyKey).Distinct(StringComparer.Ordinal).ToValueList();
        foreach (NodeState node in HasOwnTerms ? cluster.Nodes : cluster.NodesKeepingPodsAway)
        {
            foreach (Pod other in node.Pods)
            {
                Enter(other, node);
            }
        }
    }

    private bool HasOwnTerms => near.Count + away.Count + preferred.Count > 0;

    /// <summary>Null where nothing is asked, of the pod or against it.</summary>
    public static PodAffinityView? Of(Pod pod, ClusterState cluster) =>
        pod.Spec.Affinity is { PodAffinity: not null } or { PodAntiAffinity: not null } || cluster.NodesKeepingPodsAway.Count > 0
            ? new PodAffinityView(pod, cluster)
            : null;

    /// <summary>Counts a pod of a node. Terminating pods count until they are gone; those that have ended do not.</summary>
    public void Enter(Pod other, NodeState node)
    {
        if (other.Status?.Phase is "Succeeded" or "Failed")
        {
            return;
        }

        if (!near.IsEmpty && near.All(term => term.Matches(other, cluster)))
        {
            NoteNearby(node);
        }

        foreach (PodTerm term in away.AsSpan())
        {
            Note(avoided, term, other, node);
        }

        foreach (PodTerm term in preferred.AsSpan())
        {
            if (PlaceOf(node, term) is { } place && term.Matches(other, cluster))
            {
                CollectionsMarshal.GetValueRefOrAddDefault(weights, place, out _) += term.Weight;
            }
        }

        foreach (PodTerm term in node.TermsKeepingAway(other.Uid).AsSpan())
        {
            Note(forbidden, term, pod, node);
            forbiddenKeys.Add(term.TopologyKey);
        }
    }

    /// <summary>
    /// Whether each required term finds a pod, one that all terms match, in the node's place. The first pod of a group that wants to be near itself finds none
    /// anywhere; it may go to any node that has the labels (Kubernetes: interpodaffinity, satisfyPodAffinity).
    /// </summary>
    public bool IsNearRequired(NodeState node)
    {
        bool foundAll = true;
        foreach (PodTerm term in near.AsSpan())
        {
            if (PlaceOf(node, term) is not { } place)
            {
                return false;
            }

            foundAll &= nearby.Contains(place);
        }

        return foundAll || (nearby.Count == 0 && near.All(term => term.Matches(pod, cluster)));
    }

    /// <summary>Whether no required term of the pod finds one that it has to be away from.</summary>
    public bool IsAwayFromAvoided(NodeState node)
    {
        foreach (PodTerm term in away.AsSpan())
        {
            if (PlaceOf(node, term) is { } place && avoided.Contains(place))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether no pod that is there already has to be away from this one.</summary>
    public bool IsAllowedByOthers(NodeState node)
    {
        foreach (string key in forbiddenKeys)
        {
            if (node.Node.Metadata.Labels[key] is { } value && forbidden.Contains((key, value)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The weights of preferred terms, once for each pod that matches in the node's place: those to be near less those to be away.</summary>
    public int WeightAt(NodeState node)
    {
        int sum = 0;
        foreach (string key in preferredKeys.AsSpan())
        {
            sum += node.Node.Metadata.Labels[key] is { } value ? weights.GetValueOrDefault((key, value)) : 0;
        }

        return sum;
    }

    private void NoteNearby(NodeState node)
    {
        foreach (PodTerm term in near.AsSpan())
        {
            if (PlaceOf(node, term) is { } place)
            {
                nearby.Add(place);
            }
        }
    }

    private void Note(HashSet<(string Key, string Value)> places, PodTerm term, Pod matched, NodeState node)
    {
        if (PlaceOf(node, term) is { } place && term.Matches(matched, cluster))
        {
            places.Add(place);
        }
    }

    private static (string Key, string Value)? PlaceOf(NodeState node, PodTerm term) =>
        node.Node.Metadata.Labels[term.TopologyKey] is { } value ? (term.TopologyKey, value) : null;
}
