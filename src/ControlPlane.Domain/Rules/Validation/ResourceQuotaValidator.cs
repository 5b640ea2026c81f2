using ControlPlane.Domain.Planning.Quotas;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for quotas (Kubernetes: core validation, ValidateResourceQuota).</summary>
internal sealed class ResourceQuotaValidator : AbstractValidator<ResourceQuota>
{
    public ResourceQuotaValidator()
    {
        RuleFor(quota => quota.Metadata).SetValidator(new ObjectMetaValidator(Names.DnsSubdomain, isNamespaced: true));
        RuleFor(quota => quota.Spec.Hard).CheckAll(Amounts);
        RuleFor(quota => quota.Spec).CheckAll(QuotaScopeRules.Problems);
    }

    private static IEnumerable<FieldProblem> Amounts(ValueMap<Quantity> hard)
    {
        foreach ((string name, Quantity amount) in hard)
        {
            if (Names.QualifiedName(name) is { } badName)
            {
                yield return FieldProblem.Invalid(name, badName) with { At = $"[{name}]" };
            }
            else if (!name.Contains('/', StringComparison.Ordinal) && !QuotaNames.IsStandard(name))
            {
                yield return FieldProblem.Invalid(name, "must be a standard resource for quota") with { At = $"[{name}]" };
            }

            if (amount.Milli < 0)
            {
                yield return FieldProblem.Invalid(amount, FieldRules.NotNegative) with { At = $"[{name}]" };
            }
            else if (QuotaNames.IsCount(name) && amount.Milli % 1000 != 0)
            {
                yield return FieldProblem.Invalid(amount, "must be an integer") with { At = $"[{name}]" };
            }
        }
    }
}
