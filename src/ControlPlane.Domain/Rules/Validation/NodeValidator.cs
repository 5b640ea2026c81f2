using ControlPlane.Domain.Resources;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for Nodes.</summary>
internal sealed class NodeValidator : AbstractValidator<Node>
{
    public NodeValidator()
    {
        RuleFor(node => node.Metadata).SetValidator(new ObjectMetaValidator(Names.DnsSubdomain, isNamespaced: false));
        RuleFor(node => node.Spec!).SetValidator(new NodeSpecValidator());
    }
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
