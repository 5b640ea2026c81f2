using ControlPlane.Domain.Resources;
using FluentValidation;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for pod affinity terms (Kubernetes: core validation, validatePodAffinityTerm).</summary>
internal sealed class PodAffinityTermValidator : AbstractValidator<PodAffinityTerm>
{
    public PodAffinityTermValidator()
    {
        RuleFor(term => term.LabelSelector!).SetValidator(new LabelSelectorValidator());
        RuleFor(term => term.NamespaceSelector!).SetValidator(new LabelSelectorValidator());
        RuleForEach(term => term.Namespaces).Check(name => Names.DnsLabel(name) is { } problem ? FieldProblem.Invalid(name, problem) : null);
        RuleFor(term => term.TopologyKey).Check(MatchLabelKeys.TopologyKey);
        RuleFor(term => term).CheckAll(term => MatchLabelKeys.Problems(term.MatchLabelKeys, term.LabelSelector, ".matchLabelKeys", isAlsoInSelectorWrong: true));
        RuleFor(term => term).CheckAll(term => MatchLabelKeys.Problems(term.MismatchLabelKeys, term.LabelSelector, ".mismatchLabelKeys", isAlsoInSelectorWrong: false));
        RuleForEach(term => term.MatchLabelKeys).CheckWith((term, key) => term.MismatchLabelKeys.Contains(key, StringComparer.Ordinal)
            ? FieldProblem.Invalid(key, "exists in both matchLabelKeys and mismatchLabelKeys")
            : null);
    }
}

internal sealed class WeightedPodAffinityTermValidator : AbstractValidator<WeightedPodAffinityTerm>
{
    public WeightedPodAffinityTermValidator()
    {
        RuleFor(term => term.Weight).Check(AffinityValidator.Weight);
        RuleFor(term => term.PodAffinityTerm).SetValidator(new PodAffinityTermValidator());
    }
}
