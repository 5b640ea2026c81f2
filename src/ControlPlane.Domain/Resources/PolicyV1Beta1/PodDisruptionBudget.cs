namespace ControlPlane.Domain.Resources.PolicyV1Beta1;

/// <summary>A <see cref="Resources.PodDisruptionBudget"/> as policy/v1beta1 has it, where an empty selector means something else (<see cref="EmptySelectors"/>).</summary>
public sealed record PodDisruptionBudget : Resource
{
    /// <summary>The group's name and version.</summary>
    public const string GroupVersion = "policy/v1beta1";

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
            Spec = stored.Spec with { Selector = EmptySelectors.Shown(stored.Spec.Selector) },
            Status = stored.Status,
        };
    }

    /// <summary>The same in the form that is stored.</summary>
    public Resources.PodDisruptionBudget ToStored() => new()
    {
        ApiVersion = ResourceKinds.PodDisruptionBudget.ApiVersion,
        Kind = ResourceKinds.PodDisruptionBudget.Kind,
        Metadata = Metadata,
        Spec = Spec with { Selector = EmptySelectors.Read(Spec.Selector) },
        Status = Status,
    };
}
