using ControlPlane.Domain.Resources;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for label selectors (apimachinery, ValidateLabelSelector).</summary>
internal sealed class LabelSelectorValidator : AbstractValidator<LabelSelector>
{
    public LabelSelectorValidator()
    {
        RuleFor(selector => selector.MatchLabels).CheckAll(ObjectMetaValidator.Labels);
        RuleForEach(selector => selector.MatchExpressions).CheckAll(Requirement);
    }

    public static bool IsReadable(LabelSelector selector) => !selector.MatchExpressions.SelectMany(Requirement).Any();

    private static IEnumerable<FieldProblem> Requirement(LabelSelectorRequirement requirement)
    {
        switch (requirement.Operator)
        {
            case "In" or "NotIn" when requirement.Values.IsEmpty:
                yield return FieldProblem.Required("must be specified when `operator` is 'In' or 'NotIn'") with { At = ".values" };
                break;
            case "Exists" or "DoesNotExist" when !requirement.Values.IsEmpty:
                yield return FieldProblem.Forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'") with { At = ".values" };
                break;
            case not ("In" or "NotIn" or "Exists" or "DoesNotExist"):
                yield return FieldProblem.Invalid(requirement.Operator, "not a valid selector operator") with { At = ".operator" };
                break;
        }

        if (Names.QualifiedName(requirement.Key) is { } badKey)
        {
            yield return FieldProblem.Invalid(requirement.Key, badKey) with { At = ".key" };
        }

        for (int i = 0; i < requirement.Values.Count; i++)
        {
            if (Names.LabelValue(requirement.Values[i]) is { } badValue)
            {
                yield return FieldProblem.Invalid(requirement.Values[i], badValue) with { At = $".values[{i}]" };
            }
        }
    }
}
