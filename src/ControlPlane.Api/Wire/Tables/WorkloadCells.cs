using ControlPlane.Domain.Resources;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Api.Wire.Tables;

/// <summary>The columns that Deployments and ReplicaSets share in a wide table.</summary>
internal static class WorkloadCells
{
    public static ValueList<TableColumn> Columns { get; } =
    [
        TableColumn.Text("Containers", "The names of the template's containers.").Wide(),
        TableColumn.Text("Images", "The images of the template's containers.").Wide(),
        TableColumn.Text("Selector", "Which pods belong to this object.").Wide(),
    ];

    public static IReadOnlyList<object?> Of(PodTemplateSpec template, LabelSelector? selector) =>
    [
        string.Join(',', template.Spec.Containers.Select(container => container.Name)),
        string.Join(',', template.Spec.Containers.Select(container => container.Image)),
        Selector(selector),
    ];

    /// <summary>A selector as it is written on a command line: <c>app=hello,tier in (a,b),!old</c>.</summary>
    public static string Selector(LabelSelector? selector)
    {
        if (selector is null || (selector.MatchLabels.IsEmpty && selector.MatchExpressions.IsEmpty))
        {
            return "<none>";
        }

        IEnumerable<(string Key, string Text)> requirements =
        [
            .. selector.MatchLabels.Select(label => (label.Key, $"{label.Key}={label.Value}")),
            .. selector.MatchExpressions.Select(requirement => (requirement.Key, Requirement(requirement))),
        ];
        return string.Join(',', requirements.OrderBy(requirement => requirement.Key, StringComparer.Ordinal).Select(requirement => requirement.Text));
    }

    private static string Requirement(LabelSelectorRequirement requirement)
    {
        string values = string.Join(',', requirement.Values.Order(StringComparer.Ordinal));
        return requirement.Operator switch
        {
            "In" => $"{requirement.Key} in ({values})",
            "NotIn" => $"{requirement.Key} notin ({values})",
            "DoesNotExist" => $"!{requirement.Key}",
            _ => requirement.Key,
        };
    }
}
