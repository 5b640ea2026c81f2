using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>The rules for what pod affinity terms and topology spread constraints have in common.</summary>
internal static class MatchLabelKeys
{
    public static FieldProblem? TopologyKey(string key) =>
        key.Length == 0 ? FieldProblem.Required("can not be empty")
        : Names.QualifiedName(key) is { } problem ? FieldProblem.Invalid(key, problem)
        : null;

    /// <param name="keys">The keys of labels that are to be alike, or different.</param>
    /// <param name="selector">The selector that they narrow.</param>
    /// <param name="field">Where the keys stand.</param>
    /// <param name="isAlsoInSelectorWrong">Whether a key that the selector asks about too is wrong.</param>
    public static IEnumerable<FieldProblem> Problems(ValueList<string> keys, LabelSelector? selector, string field, bool isAlsoInSelectorWrong)
    {
        if (selector is null)
        {
            return keys.IsEmpty ? [] : [FieldProblem.Forbidden("must not be specified when labelSelector is not set") with { At = field }];
        }

        HashSet<string> selected = [.. selector.MatchLabels.Keys, .. selector.MatchExpressions.Select(requirement => requirement.Key)];
        return keys.Select((key, i) => (Names.QualifiedName(key) is { } problem ? FieldProblem.Invalid(key, problem)
            : isAlsoInSelectorWrong && selected.Contains(key) ? FieldProblem.Invalid(key, "exists in both matchLabelKeys and labelSelector")
            : null) is { } found ? found with { At = $"{field}[{i}]" } : null).OfType<FieldProblem>();
    }
}
