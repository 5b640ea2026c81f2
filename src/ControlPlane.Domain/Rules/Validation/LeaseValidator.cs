using ControlPlane.Domain.Resources;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for Leases. Nobody elects holders for others here, so the fields of coordinated leader election are refused.</summary>
internal sealed class LeaseValidator : AbstractValidator<Lease>
{
    private const string NoCoordination = "Forbidden: coordinated leader election is not honoured by this control plane; remove it";

    public LeaseValidator()
    {
        RuleFor(lease => lease.Metadata).SetValidator(new ObjectMetaValidator(Names.DnsSubdomain, isNamespaced: true));
        RuleFor(lease => lease.Spec.LeaseDurationSeconds).Check(seconds => seconds <= 0 ? FieldProblem.Invalid(seconds, "must be greater than 0") : null);
        RuleFor(lease => lease.Spec.LeaseTransitions).AtLeastZero();
        RuleFor(lease => lease.Spec.Strategy).Check(Absent);
        RuleFor(lease => lease.Spec.PreferredHolder).Check(Absent);
    }

    private static FieldProblem? Absent(string? value) => string.IsNullOrEmpty(value) ? null : new FieldProblem(FieldErrorReason.Forbidden, NoCoordination);
}
