using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>Fields that stay as they were created.</summary>
internal static class ImmutableFields
{
    public static IEnumerable<FieldError> Selector(LabelSelector? updated, LabelSelector? stored, string kind)
    {
        if (updated != stored)
        {
            yield return Error(
                "spec.selector",
                FieldProblem.Invalid(
                    updated,
                    $"field is immutable; to select other pods, delete the {kind} (with --cascade=orphan its pods keep running) and create it anew"));
        }
    }

    public static FieldError Error(string field, FieldProblem problem) => new(field, problem.Reason, problem.Message);
}
