using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for requests and limits: nothing negative, no request beyond its limit.</summary>
internal sealed class ResourceRequirementsValidator : AbstractValidator<ResourceRequirements>
{
    public ResourceRequirementsValidator()
    {
        RuleFor(resources => resources.Limits).CheckAll(Amounts);
        RuleFor(resources => resources.Requests).CheckAll(Amounts);
        RuleFor(resources => resources).CheckAll(RequestsWithinLimits);
    }

    private static IEnumerable<FieldProblem> Amounts(ValueMap<Quantity> amounts)
    {
        foreach ((string name, Quantity amount) in amounts)
        {
            if (Names.QualifiedName(name) is { } badName)
            {
                yield return FieldProblem.Invalid(name, badName) with { At = $"[{name}]" };
            }

            if (amount.Milli < 0)
            {
                yield return FieldProblem.Invalid(amount, FieldRules.NotNegative) with { At = $"[{name}]" };
            }
        }
    }

    private static IEnumerable<FieldProblem> RequestsWithinLimits(ResourceRequirements resources) =>
        from limit in resources.Limits
        where resources.Requests.TryGetValue(limit.Key, out Quantity request) && request > limit.Value
        select FieldProblem.Invalid(resources.Requests[limit.Key], $"must be less than or equal to {limit.Key} limit of {limit.Value}") with { At = ".requests" };
}
