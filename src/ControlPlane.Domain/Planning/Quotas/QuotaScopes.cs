using System.Collections.Frozen;
using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;
using ControlPlane.Domain.Rules.Defaults;

namespace ControlPlane.Domain.Planning.Quotas;

/// <summary>
/// Which objects a quota with scopes is about: pods that fall into all of them, and nothing else (Kubernetes: pod evaluator, podMatchesScopeFunc; the other evaluators match no scope).
/// </summary>
internal static class QuotaScopes
{
    public const string Terminating = "Terminating";
    public const string NotTerminating = "NotTerminating";
    public const string BestEffort = "BestEffort";
    public const string NotBestEffort = "NotBestEffort";
    public const string PriorityClass = "PriorityClass";
    public const string CrossNamespacePodAffinity = "CrossNamespacePodAffinity";
    public const string Exists = "Exists";

    /// <summary>The scopes that pods can fall into.</summary>
    public static FrozenSet<string> Known { get; } =
        new[] { Terminating, NotTerminating, BestEffort, NotBestEffort, PriorityClass, CrossNamespacePodAffinity }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Pairs of which no pod falls into both.</summary>
    public static ValueList<(string One, string Other)> Opposites { get; } = [(BestEffort, NotBestEffort), (Terminating, NotTerminating)];

    /// <summary>Whether a quota with a scope can be about a standard resource: the number of pods, and but for pods that ask for nothing what they ask for.</summary>
    public static bool Allow(string scope, string resource) => resource == QuotaNames.Pods || (scope != BestEffort && QuotaNames.Compute.Contains(resource));

    /// <summary>Whether a quota counts an object, as far as its scopes say.</summary>
    public static bool Include(ResourceQuota quota, Resource item)
    {
        ResourceQuotaSpec spec = quota.Spec;
        if (spec.Scopes.IsEmpty && spec.ScopeSelector is null or { MatchExpressions.IsEmpty: true })
        {
            return true;
        }

        return item is Pod pod
            && spec.Scopes.All(scope => FallsInto(pod.Spec, new ScopedResourceSelectorRequirement { ScopeName = scope, Operator = Exists }))
            && (spec.ScopeSelector?.MatchExpressions ?? []).All(requirement => FallsInto(pod.Spec, requirement));
    }

    private static bool FallsInto(PodSpec pod, ScopedResourceSelectorRequirement requirement) => requirement.ScopeName switch
    {
        Terminating => pod.ActiveDeadlineSeconds is not null,
        NotTerminating => pod.ActiveDeadlineSeconds is null,
        BestEffort => QualityOfService.Of(pod) == BestEffort,
        NotBestEffort => QualityOfService.Of(pod) != BestEffort,
        PriorityClass => Requirement.Holds(requirement.Operator ?? "", requirement.Values, string.IsNullOrEmpty(pod.PriorityClassName) ? null : pod.PriorityClassName),
        CrossNamespacePodAffinity => TermsOf(pod.Affinity).Any(term => !term.Namespaces.IsEmpty || term.NamespaceSelector is not null),
        _ => false,
    };

    private static IEnumerable<PodAffinityTerm> TermsOf(Affinity? affinity) =>
    [
        .. affinity?.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? [],
        .. affinity?.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? [],
        .. (affinity?.PodAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? []).Select(wish => wish.PodAffinityTerm),
        .. (affinity?.PodAntiAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? []).Select(wish => wish.PodAffinityTerm),
    ];
}
