using ControlPlane.Domain.Resources;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for Namespaces.</summary>
internal sealed class NamespaceValidator : AbstractValidator<Namespace>
{
    public NamespaceValidator() =>
        RuleFor(item => item.Metadata).SetValidator(new ObjectMetaValidator(Names.DnsLabel, isNamespaced: false));
}
