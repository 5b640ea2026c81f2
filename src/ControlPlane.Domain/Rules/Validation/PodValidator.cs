using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules.Defaults;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for pods.</summary>
internal sealed class PodValidator : AbstractValidator<Pod>
{
    private const string MutableFields =
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
        + "`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

    public PodValidator()
    {
        RuleFor(pod => pod.Metadata).SetValidator(new ObjectMetaValidator(Names.DnsSubdomain, isNamespaced: true));
        RuleFor(pod => pod.Spec).SetValidator(new PodSpecValidator());
        RuleFor(pod => pod.Spec.ActiveDeadlineSeconds).Check(seconds => seconds is null or > 0 ? null : FieldProblem.Invalid(seconds, "must be between 1 and 2147483647, inclusive"));
    }

    public static IEnumerable<FieldError> ErrorsOfUpdate(Pod updated, Pod stored)
    {
        if (stored.Spec.Containers.Count != updated.Spec.Containers.Count)
        {
            yield return ImmutableFields.Error("spec.containers", FieldProblem.Forbidden("pod updates may not add or remove containers"));
            yield break;
        }

        if (stored.Spec.InitContainers.Count != updated.Spec.InitContainers.Count)
        {
            yield return ImmutableFields.Error("spec.initContainers", FieldProblem.Forbidden("pod updates may not add or remove containers"));
            yield break;
        }

        if (stored.Spec.NodeName is not null && updated.Spec.NodeName != stored.Spec.NodeName)
        {
            yield return ImmutableFields.Error("spec.nodeName", FieldProblem.Invalid(updated.Spec.NodeName ?? "", "field is immutable once the pod is bound to a node"));
        }

        if (!stored.Spec.Tolerations.All(updated.Spec.Tolerations.Contains))
        {
            yield return ImmutableFields.Error("spec.tolerations", FieldProblem.Forbidden("existing toleration can not be modified except its tolerationSeconds"));
        }

        if (WithMutableFieldsOf(updated.Spec, stored.Spec) != updated.Spec)
        {
            yield return ImmutableFields.Error("spec", FieldProblem.Forbidden(MutableFields));
        }
    }

    /// <summary>
    /// The stored spec with what may change taken from the updated one: equal to that one when nothing else has changed. A pod that was stored without an account
    /// has the default one.
    /// </summary>
    private static PodSpec WithMutableFieldsOf(PodSpec updated, PodSpec stored) => stored with
    {
        InitContainers = WithImagesOf(updated.InitContainers, stored.InitContainers),
        Containers = WithImagesOf(updated.Containers, stored.Containers),
        ActiveDeadlineSeconds = updated.ActiveDeadlineSeconds,
        Tolerations = updated.Tolerations,
        NodeName = stored.NodeName is null ? null : updated.NodeName,
        ServiceAccountName = stored.ServiceAccountName ?? PodDefaults.ServiceAccount,
        ServiceAccount = stored.ServiceAccount ?? PodDefaults.ServiceAccount,
    };

    private static ValueList<Container> WithImagesOf(ValueList<Container> updated, ValueList<Container> stored) =>
        stored.Zip(updated, (before, now) => before with { Image = now.Image }).ToValueList();
}
