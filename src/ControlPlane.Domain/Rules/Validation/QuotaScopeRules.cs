using ControlPlane.Domain.Planning.Quotas;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for a quota's scopes (Kubernetes: core validation, validateResourceQuotaScopes and validateScopedResourceSelectorRequirement).</summary>
internal static class QuotaScopeRules
{
    private const string Expressions = ".scopeSelector.matchExpressions";
    private const string Scopes = ".scopes";
    private const string Unsupported = "unsupported scope";
    private const string UnsupportedForResource = "unsupported scope applied to resource";
    private const string Conflicting = "conflicting scopes";

    public static IEnumerable<FieldProblem> Problems(ResourceQuotaSpec spec) => [.. ProblemsOfScopes(spec), .. ProblemsOfSelector(spec)];

    /// <summary>A quota's scopes stay as they are; its selector may change.</summary>
    public static IEnumerable<FieldError> ErrorsOfUpdate(ResourceQuota updated, ResourceQuota stored)
    {
        if (!updated.Spec.Scopes.ToHashSet().SetEquals(stored.Spec.Scopes))
        {
            yield return ImmutableFields.Error("spec.scopes", FieldProblem.Invalid(updated.Spec.Scopes, "field is immutable"));
        }
    }

    private static IEnumerable<FieldProblem> ProblemsOfScopes(ResourceQuotaSpec spec)
    {
        foreach (string scope in spec.Scopes)
        {
            if (!QuotaScopes.Known.Contains(scope))
            {
                yield return FieldProblem.Invalid(spec.Scopes, Unsupported).Under(Scopes);
            }
            else if (!AllowsAll(scope, spec.Hard))
            {
                yield return FieldProblem.Invalid(spec.Scopes, UnsupportedForResource).Under(Scopes);
            }
        }

        if (Conflict(spec.Scopes))
        {
            yield return FieldProblem.Invalid(spec.Scopes, Conflicting).Under(Scopes);
        }
    }

    private static IEnumerable<FieldProblem> ProblemsOfSelector(ResourceQuotaSpec spec)
    {
        ValueList<ScopedResourceSelectorRequirement> requirements = spec.ScopeSelector?.MatchExpressions ?? [];
        foreach (ScopedResourceSelectorRequirement requirement in requirements)
        {
            string scope = requirement.ScopeName ?? "";
            if (!QuotaScopes.Known.Contains(scope))
            {
                yield return FieldProblem.Invalid(scope, Unsupported).Under($"{Expressions}.scopeName");
            }
            else if (!AllowsAll(scope, spec.Hard))
            {
                yield return FieldProblem.Invalid(spec.ScopeSelector, UnsupportedForResource).Under(Expressions);
            }

            if (QuotaScopes.Known.Contains(scope) && scope != QuotaScopes.PriorityClass && requirement.Operator != QuotaScopes.Exists)
            {
                yield return FieldProblem.Invalid(requirement.Operator, $"must be 'Exists' when the scope is {scope}").Under($"{Expressions}.operator");
            }
            else if (ProblemOfValues(requirement) is { } problem)
            {
                yield return problem;
            }
        }

        if (Conflict([.. requirements.Select(requirement => requirement.ScopeName ?? "")]))
        {
            yield return FieldProblem.Invalid(spec.ScopeSelector, Conflicting).Under(Expressions);
        }
    }

    private static FieldProblem? ProblemOfValues(ScopedResourceSelectorRequirement requirement) => requirement.Operator switch
    {
        "In" or "NotIn" => requirement.Values.IsEmpty
            ? FieldProblem.Required("must be at least one value when `operator` is 'In' or 'NotIn' for scope selector").Under($"{Expressions}.values")
            : null,
        QuotaScopes.Exists or "DoesNotExist" => requirement.Values.IsEmpty
            ? null
            : FieldProblem.Invalid(requirement.Values, "must be no value when `operator` is 'Exists' or 'DoesNotExist' for scope selector").Under($"{Expressions}.values"),
        _ => FieldProblem.Invalid(requirement.Operator, "not a valid selector operator").Under($"{Expressions}.operator"),
    };

    private static bool AllowsAll(string scope, ValueMap<Quantity> hard) => hard.Keys.Where(QuotaNames.IsStandard).All(resource => QuotaScopes.Allow(scope, resource));

    private static bool Conflict(ValueList<string> scopes) => QuotaScopes.Opposites.Any(pair => scopes.Contains(pair.One) && scopes.Contains(pair.Other));
}
