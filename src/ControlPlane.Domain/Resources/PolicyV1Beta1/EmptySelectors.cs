namespace ControlPlane.Domain.Resources.PolicyV1Beta1;

/// <summary>
/// A selector that is empty chooses no pods in policy/v1beta1, and all of the namespace's in policy/v1. What the other version cannot say is said there by a requirement on
/// a label that no pod has (Kubernetes: policy/v1beta1 and policy/v1 conversion).
/// </summary>
public static class EmptySelectors
{
    /// <summary>The label that no pod has.</summary>
    public const string StandInLabel = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match";

    private static readonly LabelSelector Empty = new();
    private static readonly LabelSelector NoPods = StandIn("Exists");
    private static readonly LabelSelector AllPods = StandIn("DoesNotExist");

    /// <summary>A stored selector as the older version has it.</summary>
    public static LabelSelector? Shown(LabelSelector? stored) =>
        stored == Empty ? AllPods
        : stored == NoPods ? Empty
        : stored;

    /// <summary>A selector of the older version as it is stored.</summary>
    public static LabelSelector? Read(LabelSelector? shown) => shown == Empty ? NoPods : Stripped(shown);

    /// <summary>A selector of the newer version as it is stored: without what stands in for something in the older one, unless it stands for "no pods".</summary>
    public static LabelSelector? WithoutStandIns(LabelSelector? written) => written == NoPods ? written : Stripped(written);

    private static LabelSelector? Stripped(LabelSelector? selector) => selector is null ? null
        : selector with { MatchExpressions = [.. selector.MatchExpressions.Where(requirement => requirement.Key != StandInLabel)] };

    private static LabelSelector StandIn(string @operator) => new() { MatchExpressions = [new LabelSelectorRequirement { Key = StandInLabel, Operator = @operator }] };
}
