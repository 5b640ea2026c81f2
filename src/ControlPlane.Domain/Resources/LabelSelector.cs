using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Domain.Resources;

/// <summary>Which labels an object must have. All requirements must hold; an empty selector matches everything.</summary>
public sealed record LabelSelector
{
    /// <summary>Labels that must have these values.</summary>
    public ValueMap<string> MatchLabels { get; init; }

    /// <summary>Further requirements on labels.</summary>
    public ValueList<LabelSelectorRequirement> MatchExpressions { get; init; }

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

/// <summary>One requirement on a label: <c>In</c>, <c>NotIn</c>, <c>Exists</c>, <c>DoesNotExist</c>; for node affinity <c>Gt</c> and <c>Lt</c> as well.</summary>
public sealed record LabelSelectorRequirement
{
    /// <summary>The label.</summary>
    public string Key { get; init; } = "";

    /// <summary>In, NotIn, Exists or DoesNotExist.</summary>
    public string Operator { get; init; } = "";

    /// <summary>The values for In and NotIn.</summary>
    public ValueList<string> Values { get; init; }

    /// <summary>Whether labels fulfil this. <c>NotIn</c> holds for an absent label too; an unknown operator holds for nothing.</summary>
    public bool Matches(ValueMap<string> labels)
    {
        bool present = labels.TryGetValue(Key, out string? value);
        return Operator switch
        {
            "In" => present && Values.Contains(value!, StringComparer.Ordinal),
            "NotIn" => !present || !Values.Contains(value!, StringComparer.Ordinal),
            "Exists" => present,
            "DoesNotExist" => !present,
            "Gt" => present && Compare(value!) is > 0,
            "Lt" => present && Compare(value!) is < 0,
            _ => false,
        };
    }

    private int? Compare(string value) =>
        Values.Count == 1 && long.TryParse(value, out long left) && long.TryParse(Values[0], out long right) ? left.CompareTo(right) : null;
}
