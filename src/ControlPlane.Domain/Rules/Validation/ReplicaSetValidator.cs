using ControlPlane.Domain.Resources;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for ReplicaSets.</summary>
internal sealed class ReplicaSetValidator : AbstractValidator<ReplicaSet>
{
    public ReplicaSetValidator()
    {
        RuleFor(replicaSet => replicaSet.Metadata).SetValidator(new ObjectMetaValidator(Names.DnsSubdomain, isNamespaced: true));
        RuleFor(replicaSet => replicaSet.Spec).SetValidator(new ReplicaSetSpecValidator());
    }

    public static IEnumerable<FieldError> ErrorsOfUpdate(ReplicaSet updated, ReplicaSet stored) =>
        ImmutableFields.Selector(updated.Spec.Selector, stored.Spec.Selector, "ReplicaSet");
}

internal sealed class ReplicaSetSpecValidator : AbstractValidator<ReplicaSetSpec>
{
    public ReplicaSetSpecValidator()
    {
        RuleFor(spec => spec.Replicas).AtLeastZero();
        RuleFor(spec => spec.MinReadySeconds).AtLeastZero();
        RuleFor(spec => spec.Selector).Check(selector => PodTemplateValidator.Selector(selector, "replicaset"));
        RuleFor(spec => spec.Selector!).SetValidator(new LabelSelectorValidator());
        RuleFor(spec => spec.Template).CheckWith((spec, template) => PodTemplateValidator.SelectedBy(spec.Selector, template));
        RuleFor(spec => spec.Template).SetValidator(new PodTemplateValidator());
    }
}
