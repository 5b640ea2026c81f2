using System.Text.Json;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>What is wrong with one value, before it is known where the value stands. Wording: apimachinery, field.Error.</summary>
/// <param name="At">Where below the checked field, such as <c>.labels</c> or <c>[0]</c>; usually empty.</param>
internal sealed record FieldProblem(string Reason, string Message, string At = "")
{
    public static FieldProblem Required(string detail = "") =>
        new(FieldErrorReason.Required, detail.Length == 0 ? "Required value" : $"Required value: {detail}");

    public static FieldProblem Invalid(object? value, string detail) => new(FieldErrorReason.Invalid, $"Invalid value: {Show(value)}: {detail}");

    public static FieldProblem NotSupported(string? value, params IEnumerable<string> supported) => new(
        FieldErrorReason.NotSupported,
        $"Unsupported value: {Show(value ?? "")}: supported values: {string.Join(", ", supported.Select(Show))}");

    public static FieldProblem Forbidden(string detail) => new(FieldErrorReason.Forbidden, $"Forbidden: {detail}");

    public static FieldProblem TooLong(int bytesMax) => new(FieldErrorReason.TooLong, $"Too long: may not be more than {bytesMax} bytes");

    public static FieldProblem TooMany(int actual, int max) => new(FieldErrorReason.TooMany, $"Too many: {actual}: must have at most {max} items");

    public static FieldProblem NotFound(object? value) => new(FieldErrorReason.NotFound, $"Not found: {Show(value)}");

    public static FieldProblem Duplicate(object? value) => new(FieldErrorReason.Duplicate, $"Duplicate value: {Show(value)}");

    /// <summary>The problem, with one key of the checked map.</summary>
    public FieldProblem On(string key) => this with { At = $"[{key}]" };

    /// <summary>The problem, with a member of the checked object, such as <c>.duration</c>.</summary>
    public FieldProblem Under(string member) => this with { At = member + At };

    /// <summary>Texts in quotes, numbers and flags plain, objects as JSON.</summary>
    private static string Show(object? value) => value is null ? "null" : JsonSerializer.Serialize(value, value.GetType(), ResourceJson.Options);
}
