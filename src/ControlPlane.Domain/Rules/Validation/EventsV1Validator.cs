using FluentValidation;
using Event = ControlPlane.Domain.Resources.EventsV1.Event;
using EventSeries = ControlPlane.Domain.Resources.EventsV1.EventSeries;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>
/// What a new Event of events.k8s.io/v1 must say beyond one of core/v1 (Kubernetes: core validation, ValidateEventCreate): its own fields, and none of the deprecated ones.
/// </summary>
internal sealed class EventsV1Validator : AbstractValidator<Event>
{
    private const int TextMax = 128;
    private const int NoteMax = 1024;
    private const string Unset = "needs to be unset";

    public EventsV1Validator()
    {
        RuleFor(item => item.EventTime).Check(time => time is null ? FieldProblem.Required() : null);
        RuleFor(item => item.ReportingController).Check(name => string.IsNullOrEmpty(name) ? FieldProblem.Required()
            : Names.QualifiedName(name) is { } problem ? FieldProblem.Invalid(name, problem) : null);
        RuleFor(item => item.ReportingInstance).Check(Required);
        RuleFor(item => item.Action).Check(Required);
        RuleFor(item => item.Reason).Check(Required);
        RuleFor(item => item.Note).Check(note => note?.Length > NoteMax ? FieldProblem.Invalid("", $"can have at most {NoteMax} characters") : null);
        RuleFor(item => item.Type).Check(type => type is "Normal" or "Warning" ? null : FieldProblem.Invalid("", $"has invalid value: {type}"));
        RuleFor(item => item.Series).CheckAll(Series);
        RuleFor(item => item.DeprecatedFirstTimestamp).Check(time => time is null ? null : FieldProblem.Invalid("", Unset));
        RuleFor(item => item.DeprecatedLastTimestamp).Check(time => time is null ? null : FieldProblem.Invalid("", Unset));
        RuleFor(item => item.DeprecatedCount).Check(count => count is null or 0 ? null : FieldProblem.Invalid("", Unset));
        RuleFor(item => item.DeprecatedSource).Check(source =>
            string.IsNullOrEmpty(source?.Component) && string.IsNullOrEmpty(source?.Host) ? null : FieldProblem.Invalid("", Unset));
    }

    private static FieldProblem? Required(string? text) => string.IsNullOrEmpty(text) ? FieldProblem.Required()
        : text.Length > TextMax ? FieldProblem.Invalid("", $"can have at most {TextMax} characters") : null;

    private static IEnumerable<FieldProblem> Series(EventSeries? series)
    {
        if (series is null)
        {
            yield break;
        }

        if ((series.Count ?? 0) < 2)
        {
            yield return FieldProblem.Invalid("", "should be at least 2") with { At = ".count" };
        }

        if (series.LastObservedTime is null)
        {
            yield return FieldProblem.Required() with { At = ".lastObservedTime" };
        }
    }
}
