namespace ControlPlane.Domain.Resources.PolicyV1Beta1;

/// <summary>
/// A <see cref="Resources.PodDisruptionBudget"/> as policy/v1beta1 has it: there an empty selector chooses no pods, and all of the namespace's in policy/v1
/// (Kubernetes: policy/v1beta1 conversion, which stands in for what the other version cannot say by a requirement on a label that no pod has).
/// </summary>
public sealed record PodDisruptionBudget : Resource
{
    /// <summary>The group's name and version.</summary>
    public const string GroupVersion = "policy/v1beta1";

    /// <summary>The label that no pod has.</summary>
    public const string StandInLabel = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match";

    private static readonly LabelSelector Empty = new();
    private static readonly LabelSelector NoPods = StandIn("Exists");
    private static readonly LabelSelector AllPods = StandIn("DoesNotExist");

    /// <summary>What is to be kept.</summary>
    public PodDisruptionBudgetSpec Spec { get; init => field = value ?? new PodDisruptionBudgetSpec(); } = new();

    /// <summary>What is left of it.</summary>
    public PodDisruptionBudgetStatus? Status { get; init; }

    /// <summary>A stored budget in this form.</summary>
    public static PodDisruptionBudget Of(Resources.PodDisruptionBudget stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        return new PodDisruptionBudget
        {
            ApiVersion = GroupVersion,
            Kind = nameof(PodDisruptionBudget),
            Metadata = stored.Metadata,
            Spec = stored.Spec with { Selector = Shown(stored.Spec.Selector) },
            Status = stored.Status,
        };
    }

    /// <summary>The same in the form that is stored.</summary>
    public Resources.PodDisruptionBudget ToStored() => new()
    {
        ApiVersion = ResourceKinds.PodDisruptionBudget.ApiVersion,
        Kind = ResourceKinds.PodDisruptionBudget.Kind,
        Metadata = Metadata,
        Spec = Spec with { Selector = Read(Spec.Selector) },
        Status = Status,
    };

    private static LabelSelector? Shown(LabelSelector? stored) =>
        stored == Empty ? AllPods
        : stored == NoPods ? Empty
        : stored;

    private static LabelSelector? Read(LabelSelector? shown) =>
        shown is null ? null
        : shown == Empty ? NoPods
        : shown with { MatchExpressions = [.. shown.MatchExpressions.Where(requirement => requirement.Key != StandInLabel)] };

    private static LabelSelector StandIn(string @operator) => new() { MatchExpressions = [new LabelSelectorRequirement { Key = StandInLabel, Operator = @operator }] };
}
