using ControlPlane.Domain.Resources;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for a workload's pod template: those of a pod, and that its pods run until they are deleted.</summary>
internal sealed class PodTemplateValidator : AbstractValidator<PodTemplateSpec>
{
    public PodTemplateValidator()
    {
        RuleFor(template => template.Metadata.Labels).CheckAll(ObjectMetaValidator.Labels);
        RuleFor(template => template.Metadata.Annotations).CheckAll(ObjectMetaValidator.Annotations);
        RuleFor(template => template.Spec).SetValidator(new PodSpecValidator());
        RuleFor(template => template.Spec.RestartPolicy).OneOf("Always");
        RuleFor(template => template.Spec.ActiveDeadlineSeconds)
            .Check(seconds => seconds is null ? null : FieldProblem.Forbidden("activeDeadlineSeconds in ReplicaSet is not Supported"));
    }

    /// <summary>What is wrong with the selector of a workload's pods; each kind names itself in the message.</summary>
    public static FieldProblem? Selector(LabelSelector? selector, string kind) =>
        selector is null ? FieldProblem.Required()
        : selector.MatchLabels.IsEmpty && selector.MatchExpressions.IsEmpty ? FieldProblem.Invalid(selector, $"empty selector is invalid for {kind}")
        : null;

    /// <summary>
    /// Pods that their own workload does not select would be made without end. A selector that cannot be read is an error of its own.
    /// </summary>
    public static FieldProblem? SelectedBy(LabelSelector? selector, PodTemplateSpec template) =>
        selector is null || !LabelSelectorValidator.IsReadable(selector) || selector.Matches(template.Metadata.Labels)
            ? null
            : FieldProblem.Invalid(template.Metadata.Labels, "`selector` does not match template `labels`") with { At = ".metadata.labels" };
}
