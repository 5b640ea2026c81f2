using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>Where a pod wants to be, and beside whom.</summary>
public sealed record Affinity
{
    /// <summary>Which nodes the pod may run on, and which it would rather have.</summary>
    public NodeAffinity? NodeAffinity { get; init; }

    /// <summary>Which pods it wants to be near.</summary>
    public PodAffinity? PodAffinity { get; init; }

    /// <summary>Which pods it wants to be away from.</summary>
    public PodAntiAffinity? PodAntiAffinity { get; init; }
}

/// <summary>Which nodes a pod may run on, and which it would rather have.</summary>
public sealed record NodeAffinity
{
    /// <summary>The node must match; not looked at again once the pod has its node.</summary>
    public NodeSelector? RequiredDuringSchedulingIgnoredDuringExecution { get; init; }

    /// <summary>Of the nodes that fit, those with the highest sum of weights are preferred.</summary>
    public ValueList<PreferredSchedulingTerm> PreferredDuringSchedulingIgnoredDuringExecution { get; init; }
}

/// <summary>Selects nodes: one of the terms must match.</summary>
public sealed record NodeSelector
{
    /// <summary>The terms; at least one.</summary>
    public ValueList<NodeSelectorTerm> NodeSelectorTerms { get; init; }

    public bool Matches(Node node)
    {
        foreach (NodeSelectorTerm term in NodeSelectorTerms.AsSpan())
        {
            if (term.Matches(node))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Requirements that must all hold. A term without any matches no node.</summary>
public sealed record NodeSelectorTerm
{
    /// <summary>Requirements on the node's labels.</summary>
    public ValueList<NodeSelectorRequirement> MatchExpressions { get; init; }

    /// <summary>Requirements on the node's fields; <c>metadata.name</c> is the only one there is.</summary>
    public ValueList<NodeSelectorRequirement> MatchFields { get; init; }

    public bool Matches(Node node)
    {
        foreach (NodeSelectorRequirement requirement in MatchExpressions.AsSpan())
        {
            if (!requirement.Matches(node.Metadata.Labels[requirement.Key]))
            {
                return false;
            }
        }

        foreach (NodeSelectorRequirement requirement in MatchFields.AsSpan())
        {
            if (!requirement.Matches(requirement.Key == NodeSelectorRequirement.NameField ? node.Name : null))
            {
                return false;
            }
        }

        return MatchExpressions.Count + MatchFields.Count > 0;
    }
}

/// <summary>One requirement on a label or field of a node.</summary>
public sealed record NodeSelectorRequirement
{
    /// <summary>The field that <c>matchFields</c> can ask for.</summary>
    public const string NameField = "metadata.name";

    /// <summary>The label or field.</summary>
    public string Key { get; init; } = "";

    /// <summary>In, NotIn, Exists, DoesNotExist, Gt or Lt.</summary>
    public string Operator { get; init; } = "";

    /// <summary>The values for In and NotIn; one integer for Gt and Lt.</summary>
    public ValueList<string> Values { get; init; }

    /// <summary>Whether a value fulfils this; null where the node has none.</summary>
    public bool Matches(string? value) => Requirement.Holds(Operator, Values, value);
}

/// <summary>A wish about the pod's node, and how much it weighs.</summary>
public sealed record PreferredSchedulingTerm
{
    /// <summary>From 1 to 100.</summary>
    public int Weight { get; init; }

    /// <summary>Which nodes are preferred.</summary>
    public NodeSelectorTerm Preference { get; init => field = value ?? new NodeSelectorTerm(); } = new();
}

/// <summary>Which pods a pod wants to be near: on a node whose topology label has the same value as theirs.</summary>
public sealed record PodAffinity
{
    /// <summary>All must hold when the pod is placed.</summary>
    public ValueList<PodAffinityTerm> RequiredDuringSchedulingIgnoredDuringExecution { get; init; }

    /// <summary>Wishes, each with its weight.</summary>
    public ValueList<WeightedPodAffinityTerm> PreferredDuringSchedulingIgnoredDuringExecution { get; init; }
}

/// <summary>Which pods a pod wants to be away from.</summary>
public sealed record PodAntiAffinity
{
    /// <summary>None may be broken when the pod is placed, nor by a pod that is placed after it.</summary>
    public ValueList<PodAffinityTerm> RequiredDuringSchedulingIgnoredDuringExecution { get; init; }

    /// <summary>Wishes, each with its weight.</summary>
    public ValueList<WeightedPodAffinityTerm> PreferredDuringSchedulingIgnoredDuringExecution { get; init; }
}

/// <summary>Pods, and the label of nodes that says what is near.</summary>
public sealed record PodAffinityTerm
{
    /// <summary>Which pods; absent: none.</summary>
    public LabelSelector? LabelSelector { get; init; }

    /// <summary>Of which namespaces. With neither this nor a namespace selector: of the pod's own.</summary>
    public ValueList<string> Namespaces { get; init; }

    /// <summary>Nodes whose label of this name has the same value are one place.</summary>
    public string TopologyKey { get; init; } = "";

    /// <summary>Of which namespaces, by label; empty: of all.</summary>
    public LabelSelector? NamespaceSelector { get; init; }

    /// <summary>Labels in which the pods must be like the one that is placed.</summary>
    public ValueList<string> MatchLabelKeys { get; init; }

    /// <summary>Labels in which the pods must differ from the one that is placed.</summary>
    public ValueList<string> MismatchLabelKeys { get; init; }
}

/// <summary>A wish about other pods, and how much it weighs.</summary>
public sealed record WeightedPodAffinityTerm
{
    /// <summary>From 1 to 100.</summary>
    public int Weight { get; init; }

    /// <summary>Which pods.</summary>
    public PodAffinityTerm PodAffinityTerm { get; init => field = value ?? new PodAffinityTerm(); } = new();
}
