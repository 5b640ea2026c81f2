using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for a pod's affinities (Kubernetes: core validation, validateAffinity).</summary>
internal sealed class AffinityValidator : AbstractValidator<Affinity>
{
    public AffinityValidator()
    {
        RuleFor(affinity => affinity.NodeAffinity!).SetValidator(new NodeAffinityValidator());
        RuleForEach(affinity => affinity.PodAffinity!.RequiredDuringSchedulingIgnoredDuringExecution)
            .SetValidator(new PodAffinityTermValidator()).When(affinity => affinity.PodAffinity is not null);
        RuleForEach(affinity => affinity.PodAffinity!.PreferredDuringSchedulingIgnoredDuringExecution)
            .SetValidator(new WeightedPodAffinityTermValidator()).When(affinity => affinity.PodAffinity is not null);
        RuleForEach(affinity => affinity.PodAntiAffinity!.RequiredDuringSchedulingIgnoredDuringExecution)
            .SetValidator(new PodAffinityTermValidator()).When(affinity => affinity.PodAntiAffinity is not null);
        RuleForEach(affinity => affinity.PodAntiAffinity!.PreferredDuringSchedulingIgnoredDuringExecution)
            .SetValidator(new WeightedPodAffinityTermValidator()).When(affinity => affinity.PodAntiAffinity is not null);
    }

    public static FieldProblem? Weight(int weight) => weight is >= 1 and <= 100 ? null : FieldProblem.Invalid(weight, "must be in the range 1-100");
}

internal sealed class NodeAffinityValidator : AbstractValidator<NodeAffinity>
{
    public NodeAffinityValidator()
    {
        RuleFor(affinity => affinity.RequiredDuringSchedulingIgnoredDuringExecution!).SetValidator(new NodeSelectorValidator());
        RuleForEach(affinity => affinity.PreferredDuringSchedulingIgnoredDuringExecution).SetValidator(new PreferredSchedulingTermValidator());
    }
}

internal sealed class NodeSelectorValidator : AbstractValidator<NodeSelector>
{
    public NodeSelectorValidator()
    {
        RuleFor(selector => selector.NodeSelectorTerms)
            .Check(terms => terms.IsEmpty ? FieldProblem.Required("must have at least one node selector term") : null);
        RuleForEach(selector => selector.NodeSelectorTerms).SetValidator(new NodeSelectorTermValidator(areValuesLabels: true));
    }
}

internal sealed class PreferredSchedulingTermValidator : AbstractValidator<PreferredSchedulingTerm>
{
    public PreferredSchedulingTermValidator()
    {
        RuleFor(term => term.Weight).Check(AffinityValidator.Weight);
        RuleFor(term => term.Preference).SetValidator(new NodeSelectorTermValidator(areValuesLabels: false));
    }
}

internal sealed class NodeSelectorTermValidator : AbstractValidator<NodeSelectorTerm>
{
    /// <param name="areValuesLabels">Whether a value that no label can have is wrong: in what is required, and not in what is preferred.</param>
    public NodeSelectorTermValidator(bool areValuesLabels)
    {
        RuleForEach(term => term.MatchExpressions).CheckAll(requirement => Expression(requirement, areValuesLabels));
        RuleForEach(term => term.MatchFields).CheckAll(Field);
    }

    private static IEnumerable<FieldProblem> Expression(NodeSelectorRequirement requirement, bool areValuesLabels)
    {
        switch (requirement.Operator)
        {
            case "In" or "NotIn" when requirement.Values.IsEmpty:
                yield return FieldProblem.Required("must be specified when `operator` is 'In' or 'NotIn'") with { At = ".values" };
                break;
            case "Exists" or "DoesNotExist" when !requirement.Values.IsEmpty:
                yield return FieldProblem.Forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'") with { At = ".values" };
                break;
            case "Gt" or "Lt" when requirement.Values.Count != 1:
                yield return FieldProblem.Required("must be specified single value when `operator` is 'Lt' or 'Gt'") with { At = ".values" };
                break;
            case not ("In" or "NotIn" or "Exists" or "DoesNotExist" or "Gt" or "Lt"):
                yield return FieldProblem.Invalid(requirement.Operator, "not a valid selector operator") with { At = ".operator" };
                break;
        }

        if (Names.QualifiedName(requirement.Key) is { } badKey)
        {
            yield return FieldProblem.Invalid(requirement.Key, badKey) with { At = ".key" };
        }

        foreach (FieldProblem problem in areValuesLabels ? Values(requirement.Values, Names.LabelValue) : [])
        {
            yield return problem;
        }
    }

    private static IEnumerable<FieldProblem> Field(NodeSelectorRequirement requirement)
    {
        if (requirement.Operator is not ("In" or "NotIn"))
        {
            yield return FieldProblem.Invalid(requirement.Operator, "not a valid selector operator") with { At = ".operator" };
        }
        else if (requirement.Values.Count != 1)
        {
            yield return FieldProblem.Required("must be only one value when `operator` is 'In' or 'NotIn' for node field selector") with { At = ".values" };
        }

        if (requirement.Key != NodeSelectorRequirement.NameField)
        {
            yield return FieldProblem.Invalid(requirement.Key, "not a valid field selector key") with { At = ".key" };
            yield break;
        }

        foreach (FieldProblem problem in Values(requirement.Values, Names.DnsSubdomain))
        {
            yield return problem;
        }
    }

    private static IEnumerable<FieldProblem> Values(ValueList<string> values, Func<string, string?> check) =>
        values.Select((value, i) => check(value) is { } problem ? FieldProblem.Invalid(value, problem) with { At = $".values[{i}]" } : null).OfType<FieldProblem>();
}
