using ControlPlane.Domain.Resources;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for ServiceAccounts (Kubernetes: core validation, ValidateServiceAccount).</summary>
internal sealed class ServiceAccountValidator : AbstractValidator<ServiceAccount>
{
    public ServiceAccountValidator()
    {
        RuleFor(account => account.Metadata).SetValidator(new ObjectMetaValidator(Names.DnsSubdomain, isNamespaced: true));
    }
}
