using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Planning.Nodes;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for Nodes.</summary>
internal sealed class NodeValidator : AbstractValidator<Node>
{
    public NodeValidator()
    {
        RuleFor(node => node.Metadata).SetValidator(new ObjectMetaValidator(Names.DnsSubdomain, isNamespaced: false));
        RuleFor(node => node.Metadata.Annotations).Check(ConfirmedStore);
        RuleFor(node => node.Metadata.Annotations).Check(ConfirmedLost);
        RuleFor(node => node.Spec!).SetValidator(new NodeSpecValidator());
    }

    private static FieldProblem? ConfirmedStore(ValueMap<string> annotations) =>
        annotations[StoreConfirmation.Annotation] is { } text && !StoreConfirmation.TryParse(text, out _)
            ? FieldProblem.Invalid(text, "must name the store in use and those that it replaces, as STORE:REPLACED[,REPLACED]").On(StoreConfirmation.Annotation)
            : null;

    private static FieldProblem? ConfirmedLost(ValueMap<string> annotations) =>
        annotations[LossConfirmation.Annotation] is { } text && !LossConfirmation.IsValue(text)
            ? FieldProblem.Invalid(text, "must be the time since when the node is lost, such as 2026-01-31T12:00:00Z").On(LossConfirmation.Annotation)
            : null;
}

internal sealed class NodeSpecValidator : AbstractValidator<NodeSpec>
{
    public NodeSpecValidator()
    {
        RuleForEach(spec => spec.Taints).CheckAll(Taint);
        RuleForEach(spec => spec.Taints).CheckWith((spec, taint) =>
            spec.Taints.Count(other => (other.Key, other.Effect) == (taint.Key, taint.Effect)) > 1
                ? FieldProblem.Duplicate($"{taint.Key}:{taint.Effect}")
                : null);
    }

    private static IEnumerable<FieldProblem> Taint(Taint taint)
    {
        if (Names.QualifiedName(taint.Key) is { } badKey)
        {
            yield return FieldProblem.Invalid(taint.Key, badKey) with { At = ".key" };
        }

        if (Names.LabelValue(taint.Value ?? "") is { } badValue)
        {
            yield return FieldProblem.Invalid(taint.Value, badValue) with { At = ".value" };
        }

        if (taint.Effect is not ("NoSchedule" or "PreferNoSchedule" or "NoExecute"))
        {
            yield return taint.Effect.Length == 0
                ? FieldProblem.Required() with { At = ".effect" }
                : FieldProblem.NotSupported(taint.Effect, "NoSchedule", "PreferNoSchedule", "NoExecute") with { At = ".effect" };
        }
    }
}
