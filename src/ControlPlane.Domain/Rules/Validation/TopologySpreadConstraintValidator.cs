using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for topology spread constraints (Kubernetes: core validation, validateTopologySpreadConstraints).</summary>
internal sealed class TopologySpreadConstraintValidator : AbstractValidator<TopologySpreadConstraint>
{
    private const string NotPositive = "must be greater than zero";

    private const string DoNotSchedule = "DoNotSchedule";

    public TopologySpreadConstraintValidator()
    {
        RuleFor(constraint => constraint.MaxSkew).Check(skew => skew > 0 ? null : FieldProblem.Invalid(skew, NotPositive));
        RuleFor(constraint => constraint.TopologyKey).Check(MatchLabelKeys.TopologyKey);
        RuleFor(constraint => constraint.WhenUnsatisfiable).OneOf(DoNotSchedule, "ScheduleAnyway");
        RuleFor(constraint => constraint.MinDomains).CheckWith(MinDomains);
        RuleFor(constraint => constraint.NodeAffinityPolicy).Check(Policy);
        RuleFor(constraint => constraint.NodeTaintsPolicy).Check(Policy);
        RuleFor(constraint => constraint.LabelSelector!).SetValidator(new LabelSelectorValidator());
        RuleFor(constraint => constraint)
            .CheckAll(constraint => MatchLabelKeys.Problems(constraint.MatchLabelKeys, constraint.LabelSelector, ".matchLabelKeys", isAlsoInSelectorWrong: true));
    }

    /// <summary>A key may have one constraint of each kind.</summary>
    public static IEnumerable<FieldProblem> Repeated(ValueList<TopologySpreadConstraint> constraints)
    {
        HashSet<(string, string)> seen = [];
        for (int i = 0; i < constraints.Count; i++)
        {
            if (!seen.Add((constraints[i].TopologyKey, constraints[i].WhenUnsatisfiable)))
            {
                yield return FieldProblem.Duplicate($"{{{constraints[i].TopologyKey}, {constraints[i].WhenUnsatisfiable}}}") with
                {
                    At = $"[{i}].{{topologyKey, whenUnsatisfiable}}",
                };
            }
        }
    }

    private static FieldProblem? MinDomains(TopologySpreadConstraint constraint, int? domains) =>
        domains <= 0 ? FieldProblem.Invalid(domains, NotPositive)
        : domains is not null && constraint.WhenUnsatisfiable != DoNotSchedule
            ? FieldProblem.Invalid(domains, $"can only use minDomains if whenUnsatisfiable={DoNotSchedule}, not {constraint.WhenUnsatisfiable}")
            : null;

    private static FieldProblem? Policy(string? policy) => policy is null or "Honor" or "Ignore" ? null : FieldProblem.NotSupported(policy, "Honor", "Ignore");
}
