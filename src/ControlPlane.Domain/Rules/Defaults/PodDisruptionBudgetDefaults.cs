using ControlPlane.Domain.Resources.PolicyV1Beta1;

namespace ControlPlane.Domain.Rules.Defaults;

/// <summary>
/// What policy/v1beta1 stands in for what it cannot say means nothing in policy/v1: one that was read in the older form, changed, and written in the newer loses it.
/// The selector that is nothing but the stand-in for "no pods" is what the older form's empty one means, and stays (Kubernetes: policy/v1 conversion).
/// </summary>
internal static class PodDisruptionBudgetDefaults
{
    public static Resources.PodDisruptionBudget Apply(Resources.PodDisruptionBudget budget) =>
        budget with { Spec = budget.Spec with { Selector = EmptySelectors.WithoutStandIns(budget.Spec.Selector) } };
}
