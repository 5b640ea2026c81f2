using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Planning.Scheduling;

/// <summary>A pod affinity term as its pod means it: with its own namespace and its own labels filled in.</summary>
internal sealed record PodTerm
{
    public required string TopologyKey { get; init; }

    /// <summary>From 1 to 100 for a wish, negative for one to be away; 0 for what is required.</summary>
    public int Weight { get; init; }

    private ValueList<string> Namespaces { get; init; }

    private LabelSelector? NamespaceSelector { get; init; }

    private LabelSelector? Selector { get; init; }

    /// <summary>The terms of a pod's required anti-affinity, which also keep other pods away from it.</summary>
    public static ValueList<PodTerm> KeepingAway(Pod pod) =>
        Required(pod.Spec.Affinity?.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? default, pod);

    public static ValueList<PodTerm> Required(ValueList<PodAffinityTerm> terms, Pod pod) =>
        terms.IsEmpty ? default : terms.Select(term => Of(term, pod)).ToValueList();

    /// <param name="sign">1 to be near, -1 to be away.</param>
    public static IEnumerable<PodTerm> Preferred(ValueList<WeightedPodAffinityTerm> terms, Pod pod, int sign) =>
        terms.Select(term => Of(term.PodAffinityTerm, pod) with { Weight = sign * term.Weight });

    public bool Matches(Pod other, ClusterState cluster) =>
        Selector is not null
        && (Namespaces.Contains(other.Namespace, StringComparer.Ordinal) || NamespaceSelector?.Matches(cluster.LabelsOfNamespace(other.Namespace)) == true)
        && Selector.Matches(other.Metadata.Labels);

    /// <summary>A selector that asks, besides, for the pod's own values of some labels, and against those of others. A label the pod lacks asks nothing.</summary>
    public static LabelSelector? WithLabelsOf(Pod pod, LabelSelector? selector, ValueList<string> alike, ValueList<string> different)
    {
        if (selector is null || alike.Count + different.Count == 0)
        {
            return selector;
        }

        return selector with
        {
            MatchExpressions = [.. selector.MatchExpressions, .. OnLabels(pod, alike, "In"), .. OnLabels(pod, different, "NotIn")],
        };
    }

    private static IEnumerable<LabelSelectorRequirement> OnLabels(Pod pod, ValueList<string> keys, string op) =>
        from key in keys
        where pod.Metadata.Labels.ContainsKey(key)
        select new LabelSelectorRequirement { Key = key, Operator = op, Values = [pod.Metadata.Labels[key]!] };

    private static PodTerm Of(PodAffinityTerm term, Pod pod) => new()
    {
        TopologyKey = term.TopologyKey,
        Namespaces = term.Namespaces.IsEmpty && term.NamespaceSelector is null ? [pod.Namespace] : term.Namespaces,
        NamespaceSelector = term.NamespaceSelector,
        Selector = WithLabelsOf(pod, term.LabelSelector, term.MatchLabelKeys, term.MismatchLabelKeys),
    };
}
