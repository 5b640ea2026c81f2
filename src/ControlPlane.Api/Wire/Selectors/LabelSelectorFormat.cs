using ControlPlane.Domain.Resources;

namespace ControlPlane.Api.Wire.Selectors;

/// <summary>Writes label selectors in their query form, as <c>scale.status.selector</c> and table columns show them.</summary>
internal static class LabelSelectorFormat
{
    /// <summary>For instance <c>app=web,tier in (a,b),!old</c>, in order of the keys; empty for a selector of everything.</summary>
    public static string ToQuery(LabelSelector? selector)
    {
        if (selector is null)
        {
            return "";
        }

        IEnumerable<(string Key, string Text)> requirements = selector.MatchLabels
            .Select(label => (label.Key, $"{label.Key}={label.Value}"))
            .Concat(selector.MatchExpressions.Select(requirement => (requirement.Key, Format(requirement))));
        return string.Join(',', requirements.OrderBy(requirement => requirement.Key, StringComparer.Ordinal).Select(requirement => requirement.Text));
    }

    private static string Format(LabelSelectorRequirement requirement)
    {
        string values = string.Join(',', requirement.Values.Order(StringComparer.Ordinal));
        return requirement.Operator switch
        {
            "In" => $"{requirement.Key} in ({values})",
            "NotIn" => $"{requirement.Key} notin ({values})",
            "Exists" => requirement.Key,
            "DoesNotExist" => $"!{requirement.Key}",
            "Gt" => $"{requirement.Key}>{values}",
            "Lt" => $"{requirement.Key}<{values}",
            _ => throw new ArgumentException($"unknown operator {requirement.Operator}", nameof(requirement)),
        };
    }
}
