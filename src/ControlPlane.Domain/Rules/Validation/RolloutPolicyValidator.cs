using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Policies;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for RolloutPolicies; where the words are Argo Rollouts', so are their meanings.</summary>
internal sealed class RolloutPolicyValidator : AbstractValidator<RolloutPolicy>
{
    public RolloutPolicyValidator()
    {
        RuleFor(policy => policy.Metadata).SetValidator(new ObjectMetaValidator(Names.DnsSubdomain, isNamespaced: true));
        RuleFor(policy => policy.Spec).Check(spec => (spec.TargetRef, spec.Selector) switch
        {
            (null, null) => FieldProblem.Required("one of `targetRef` and `selector`; an empty selector is all Deployments of the namespace"),
            (not null, not null) => FieldProblem.Forbidden("only one of `targetRef` and `selector` may be set"),
            _ => null,
        });
        RuleFor(policy => policy.Spec.TargetRef!).SetValidator(new PolicyTargetValidator()).When(policy => policy.Spec.TargetRef is not null);
        RuleFor(policy => policy.Spec.Selector!).SetValidator(new LabelSelectorValidator()).When(policy => policy.Spec.Selector is not null);
        RuleFor(policy => policy.Spec.Strategy!).SetValidator(new RolloutStrategyValidator()).When(policy => policy.Spec.Strategy is not null);
    }
}

internal sealed class PolicyTargetValidator : AbstractValidator<PolicyTarget>
{
    public PolicyTargetValidator()
    {
        RuleFor(target => target.ApiVersion).Check(version =>
            version is null || version == ResourceKinds.Deployment.ApiVersion ? null : FieldProblem.NotSupported(version, ResourceKinds.Deployment.ApiVersion));
        RuleFor(target => target.Kind).Check(kind => kind is null || kind == ResourceKinds.Deployment.Kind ? null : FieldProblem.NotSupported(kind, ResourceKinds.Deployment.Kind));
        RuleFor(target => target.Name).Check(name => name.Length == 0 ? FieldProblem.Required()
            : Names.DnsSubdomain(name) is { } bad ? FieldProblem.Invalid(name, bad)
            : null);
    }
}

internal sealed class RolloutStrategyValidator : AbstractValidator<RolloutStrategy>
{
    public RolloutStrategyValidator()
    {
        RuleFor(strategy => strategy.Type).OneOf(RolloutStrategy.BlueGreenType, RolloutStrategy.CanaryType);
        RuleFor(strategy => strategy.Canary).CheckWith((strategy, canary) => Belongs(strategy, canary is not null, RolloutStrategy.CanaryType));
        RuleFor(strategy => strategy.BlueGreen).CheckWith((strategy, blueGreen) => Belongs(strategy, blueGreen is not null, RolloutStrategy.BlueGreenType));
        RuleFor(strategy => strategy.Canary!).SetValidator(new CanaryStrategyValidator()).When(strategy => strategy.Canary is not null);
        RuleFor(strategy => strategy.BlueGreen!).SetValidator(new BlueGreenStrategyValidator()).When(strategy => strategy.BlueGreen is not null);
    }

    private static FieldProblem? Belongs(RolloutStrategy strategy, bool isSet, string type) => (strategy.Type == type, isSet) switch
    {
        (true, false) => FieldProblem.Required($"with the type {type}"),
        (false, true) => FieldProblem.Forbidden($"may only be set with the type {type}"),
        _ => null,
    };
}

internal sealed class BlueGreenStrategyValidator : AbstractValidator<BlueGreenStrategy>
{
    public BlueGreenStrategyValidator()
    {
        RuleFor(blueGreen => blueGreen.ActiveService).Check(name => name.Length == 0 ? FieldProblem.Required() : PolicyRules.Service(name));
        RuleFor(blueGreen => blueGreen.PreviewService).Check(PolicyRules.Service);
        RuleFor(blueGreen => blueGreen.PreviewService).CheckWith((blueGreen, name) =>
            name is not null && name == blueGreen.ActiveService ? FieldProblem.Invalid(name, "must not be the active Service") : null);
        RuleFor(blueGreen => blueGreen.PreviewReplicaCount).AtLeastZero();
        RuleFor(blueGreen => blueGreen.AutoPromotionSeconds).AtLeastZero();
        RuleFor(blueGreen => blueGreen.ScaleDownDelaySeconds).AtLeastZero();
        RuleFor(blueGreen => blueGreen.PrePromotionAnalysis!).SetValidator(new AnalysisStepValidator()).When(blueGreen => blueGreen.PrePromotionAnalysis is not null);
        RuleFor(blueGreen => blueGreen.PrePromotionAnalysis).CheckWith((blueGreen, analysis) =>
            analysis is not null && blueGreen.PreviewService is null ? FieldProblem.Forbidden("may only be set with a `previewService`, whose requests it judges") : null);
        RuleFor(blueGreen => blueGreen.PostPromotionAnalysis!).SetValidator(new AnalysisStepValidator()).When(blueGreen => blueGreen.PostPromotionAnalysis is not null);
        RuleFor(blueGreen => blueGreen.PrePromotionAnalysis).Check(analysis => AgainstStable(analysis, "the preview Service sends the stable version no requests"));
        RuleFor(blueGreen => blueGreen.PostPromotionAnalysis).Check(analysis => AgainstStable(analysis, "the stable version gets no requests once the new one is promoted"));
    }

    /// <summary>A blue-green's Services send all their requests to one version at a time, so there is nothing to compare it with in the same window.</summary>
    private static FieldProblem? AgainstStable(AnalysisStep? analysis, string why) =>
        analysis?.AgainstStable is null ? null : FieldProblem.Forbidden($"may not be set in a blue-green: {why}") with { At = ".againstStable" };
}
