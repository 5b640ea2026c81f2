using System.Text.Json;
using FluentValidation;
using FluentValidation.Results;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>Lets a validator hang a check, a function from a value to its problems, on a field.</summary>
internal static class FieldRules
{
    public static void Check<T, TValue>(this IRuleBuilder<T, TValue> rule, Func<TValue, FieldProblem?> check) =>
        rule.Custom((value, context) => Add(context, check(value)));

    public static void CheckAll<T, TValue>(this IRuleBuilder<T, TValue> rule, Func<TValue, IEnumerable<FieldProblem>> check) =>
        rule.Custom((value, context) =>
        {
            foreach (FieldProblem problem in check(value))
            {
                Add(context, problem);
            }
        });

    /// <summary>A check of the object that holds the field.</summary>
    public static void CheckWith<T, TValue>(this IRuleBuilder<T, TValue> rule, Func<T, TValue, FieldProblem?> check) =>
        rule.Custom((value, context) => Add(context, check(context.InstanceToValidate, value)));

    /// <summary>Checks of the object that holds the field.</summary>
    public static void CheckAllWith<T, TValue>(this IRuleBuilder<T, TValue> rule, Func<T, TValue, IEnumerable<FieldProblem>> check) =>
        rule.Custom((value, context) =>
        {
            foreach (FieldProblem problem in check(context.InstanceToValidate, value))
            {
                Add(context, problem);
            }
        });

    public static void AtLeastZero<T>(this IRuleBuilder<T, int?> rule) =>
        rule.Check(value => value < 0 ? FieldProblem.Invalid(value, NotNegative) : null);

    public static void AtLeastZero<T>(this IRuleBuilder<T, long?> rule) =>
        rule.Check(value => value < 0 ? FieldProblem.Invalid(value, NotNegative) : null);

    public static void OneOf<T>(this IRuleBuilder<T, string?> rule, params string[] supported) =>
        rule.Check(value => supported.Contains(value, StringComparer.Ordinal) ? null : FieldProblem.NotSupported(value, supported));

    public static IEnumerable<FieldError> Errors<T>(this IValidator<T> validator, T value) =>
        validator.Validate(value).Errors.Select(failure => new FieldError(failure.PropertyName, failure.ErrorCode, failure.ErrorMessage));

    public const string NotNegative = "must be greater than or equal to 0";

    private static void Add<T>(ValidationContext<T> context, FieldProblem? problem)
    {
        if (problem is not null)
        {
            string path = JsonPath(context.PropertyPath) + problem.At;
            context.AddFailure(new ValidationFailure(path.TrimStart('.'), problem.Message) { ErrorCode = problem.Reason });
        }
    }

    /// <summary><c>Spec.Template.Containers[0]</c> as clients know it: <c>spec.template.containers[0]</c>.</summary>
    private static string JsonPath(string? path) =>
        string.Join('.', (path ?? "").Split('.', StringSplitOptions.RemoveEmptyEntries).Select(JsonNamingPolicy.CamelCase.ConvertName));
}
