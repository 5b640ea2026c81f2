using ControlPlane.Domain.Resources;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for Events: an Event about a namespaced object lives in its namespace.</summary>
internal sealed class EventValidator : AbstractValidator<Event>
{
    public EventValidator()
    {
        RuleFor(item => item.Metadata).SetValidator(new ObjectMetaValidator(Names.DnsSubdomain, isNamespaced: true));
        RuleFor(item => item.InvolvedObject.Namespace).CheckWith((item, involved) =>
            string.IsNullOrEmpty(involved) || involved == item.Namespace ? null : FieldProblem.Invalid(involved, "does not match event.namespace"));
    }
}
