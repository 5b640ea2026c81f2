using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for PodDisruptionBudgets (Kubernetes: policy validation, ValidatePodDisruptionBudgetSpec).</summary>
internal sealed class PodDisruptionBudgetValidator : AbstractValidator<PodDisruptionBudget>
{
    public PodDisruptionBudgetValidator()
    {
        RuleFor(budget => budget.Metadata).SetValidator(new ObjectMetaValidator(Names.DnsSubdomain, isNamespaced: true));
        RuleFor(budget => budget.Spec).Check(spec => spec is { MinAvailable: not null, MaxUnavailable: not null }
            ? FieldProblem.Invalid(spec, "minAvailable and maxUnavailable cannot be both set")
            : null);
        RuleFor(budget => budget.Spec.MinAvailable).Check(Number);
        RuleFor(budget => budget.Spec.MaxUnavailable).Check(Number);
        RuleFor(budget => budget.Spec.Selector!).SetValidator(new LabelSelectorValidator()).When(budget => budget.Spec.Selector is not null);
        RuleFor(budget => budget.Spec.UnhealthyPodEvictionPolicy).Check(policy =>
            policy is null or "IfHealthyBudget" or "AlwaysAllow" ? null : FieldProblem.NotSupported(policy, "AlwaysAllow", "IfHealthyBudget"));
    }

    private static FieldProblem? Number(IntOrString? value) => value switch
    {
        { IsNumber: true, Number: < 0 and var number } => FieldProblem.Invalid(number, FieldRules.NotNegative),
        { IsNumber: false, Percent: null, Text: var text } => FieldProblem.Invalid(text, "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"),
        { Percent: > 100, Text: var text } => FieldProblem.Invalid(text, "must not be greater than 100%"),
        _ => null,
    };
}
