using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules.Defaults;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for Deployments.</summary>
internal sealed class DeploymentValidator : AbstractValidator<Deployment>
{
    public DeploymentValidator()
    {
        RuleFor(deployment => deployment.Metadata).SetValidator(new ObjectMetaValidator(Names.DnsSubdomain, isNamespaced: true));
        RuleFor(deployment => deployment.Spec).SetValidator(new DeploymentSpecValidator());
    }

    public static IEnumerable<FieldError> ErrorsOfUpdate(Deployment updated, Deployment stored) =>
        ImmutableFields.Selector(updated.Spec.Selector, stored.Spec.Selector, "Deployment");
}

internal sealed class DeploymentSpecValidator : AbstractValidator<DeploymentSpec>
{
    public DeploymentSpecValidator()
    {
        RuleFor(spec => spec.Replicas).AtLeastZero();
        RuleFor(spec => spec.MinReadySeconds).AtLeastZero();
        RuleFor(spec => spec.RevisionHistoryLimit).AtLeastZero();
        RuleFor(spec => spec.Selector).Check(selector => PodTemplateValidator.Selector(selector, "deployment"));
        RuleFor(spec => spec.Selector!).SetValidator(new LabelSelectorValidator());
        RuleFor(spec => spec.Template).CheckWith((spec, template) => PodTemplateValidator.SelectedBy(spec.Selector, template));
        RuleFor(spec => spec.Template).SetValidator(new PodTemplateValidator());
        RuleFor(spec => spec.Strategy!).SetValidator(new DeploymentStrategyValidator());
        RuleFor(spec => spec.ProgressDeadlineSeconds).AtLeastZero();
        RuleFor(spec => spec.ProgressDeadlineSeconds).CheckWith((spec, seconds) =>
            seconds <= (spec.MinReadySeconds ?? 0) ? FieldProblem.Invalid(seconds, "must be greater than minReadySeconds") : null);
    }
}

internal sealed class DeploymentStrategyValidator : AbstractValidator<DeploymentStrategy>
{
    public DeploymentStrategyValidator()
    {
        RuleFor(strategy => strategy.Type).OneOf(DeploymentDefaults.Recreate, DeploymentDefaults.RollingUpdate);
        RuleFor(strategy => strategy.RollingUpdate).CheckWith((strategy, rolling) =>
            strategy.Type == DeploymentDefaults.Recreate && rolling is not null
                ? FieldProblem.Forbidden("may not be specified when strategy `type` is 'Recreate'")
                : null);
        When(strategy => strategy.Type == DeploymentDefaults.RollingUpdate, () =>
        {
            RuleFor(strategy => strategy.RollingUpdate!.MaxUnavailable).Check(CountOrPercent);
            RuleFor(strategy => strategy.RollingUpdate!.MaxSurge).Check(CountOrPercent);
            RuleFor(strategy => strategy.RollingUpdate!.MaxUnavailable).CheckWith((strategy, unavailable) =>
                IsZero(unavailable) && IsZero(strategy.RollingUpdate!.MaxSurge) ? FieldProblem.Invalid(unavailable, "may not be 0 when `maxSurge` is 0")
                : unavailable?.Percent > 100 ? FieldProblem.Invalid(unavailable, "must not be greater than 100%")
                : null);
        });
    }

    private static bool IsZero(IntOrString? value) => value is { } given && (given.IsNumber ? given.Number == 0 : given.Percent == 0);

    private static FieldProblem? CountOrPercent(IntOrString? value) => value switch
    {
        null => FieldProblem.Required(),
        { IsNumber: true, Number: < 0 } => FieldProblem.Invalid(value, FieldRules.NotNegative),
        { IsNumber: false, Percent: null } => FieldProblem.Invalid(
            value,
            "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"),
        _ => null,
    };
}
