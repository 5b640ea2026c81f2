using ControlPlane.Domain.Planning.Explaining;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for what a promotion says.</summary>
public sealed class PromotionOptionsValidator : AbstractValidator<PromotionOptions>
{
    private static readonly PromotionOptionsValidator Instance = new();

    public PromotionOptionsValidator()
    {
        RuleFor(options => options.ToNamespace).Check(name => name.Length == 0 ? FieldProblem.Required() : Names.DnsLabel(name) is { } bad ? FieldProblem.Invalid(name, bad) : null);
        RuleFor(options => options.ToName).Check(name => name is not null && Names.DnsSubdomain(name) is { } bad ? FieldProblem.Invalid(name, bad) : null);
        RuleFor(options => options.Revision).Check(revision => revision < 1 ? FieldProblem.Invalid(revision, "must be greater than or equal to 1") : null);
    }

    /// <summary>What is wrong, by field; none when nothing is.</summary>
    public static IReadOnlyList<FieldError> ErrorsOf(PromotionOptions options) => [.. Instance.Errors(options)];
}
