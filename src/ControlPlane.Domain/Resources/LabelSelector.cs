using System.Text.Json.Serialization;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>Which labels an object must have. All requirements must hold; an empty selector matches everything.</summary>
public sealed record LabelSelector
{
    /// <summary>Labels that must have these values.</summary>
    public ValueMap<string> MatchLabels { get; init; }

    /// <summary>Further requirements on labels.</summary>
    public ValueList<LabelSelectorRequirement> MatchExpressions { get; init; }

    /// <summary>Whether it asks for nothing.</summary>
    [JsonIgnore]
    public bool IsEmpty => MatchLabels.IsEmpty && MatchExpressions.IsEmpty;

    public bool Matches(ValueMap<string> labels)
    {
        foreach (KeyValuePair<string, string> wanted in MatchLabels)
        {
            if (!labels.TryGetValue(wanted.Key, out string? value) || !string.Equals(value, wanted.Value, StringComparison.Ordinal))
            {
                return false;
            }
        }

        foreach (LabelSelectorRequirement requirement in MatchExpressions.AsSpan())
        {
            if (!requirement.Matches(labels))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>One requirement on a label: <c>In</c>, <c>NotIn</c>, <c>Exists</c>, <c>DoesNotExist</c>; in the selector of a list <c>Gt</c> and <c>Lt</c> as well.</summary>
public sealed record LabelSelectorRequirement
{
    /// <summary>The label.</summary>
    public string Key { get; init; } = "";

    /// <summary>In, NotIn, Exists or DoesNotExist.</summary>
    public string Operator { get; init; } = "";

    /// <summary>The values for In and NotIn.</summary>
    public ValueList<string> Values { get; init; }

    /// <summary>Whether labels fulfil this.</summary>
    public bool Matches(ValueMap<string> labels) => Requirement.Holds(Operator, Values, labels[Key]);
}

/// <summary>The operators of requirements on labels and fields.</summary>
internal static class Requirement
{
    /// <summary>
    /// Whether a value fulfils a requirement; null where there is none. <c>NotIn</c> holds for an absent value too; <c>Gt</c> and <c>Lt</c> compare
    /// integers and hold for nothing else; an unknown operator holds for nothing (Kubernetes: apimachinery, labels.Requirement).
    /// </summary>
    public static bool Holds(string op, ValueList<string> values, string? value) => op switch
    {
        "In" => value is not null && values.Contains(value, StringComparer.Ordinal),
        "NotIn" => value is null || !values.Contains(value, StringComparer.Ordinal),
        "Exists" => value is not null,
        "DoesNotExist" => value is null,
        "Gt" => Compare(value, values) is > 0,
        "Lt" => Compare(value, values) is < 0,
        _ => false,
    };

    private static int? Compare(string? value, ValueList<string> values) =>
        values.Count == 1 && long.TryParse(value, out long left) && long.TryParse(values[0], out long right) ? left.CompareTo(right) : null;
}
