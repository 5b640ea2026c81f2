namespace ControlPlane.Domain.Rules;

/// <summary>One thing wrong with an object, at a field's path, in Kubernetes' words for <c>causes</c>.</summary>
/// <param name="Field">The path, such as <c>spec.template.spec.containers[0].image</c>.</param>
/// <param name="Reason">One of <see cref="FieldErrorReason"/>.</param>
/// <param name="Message">Kubernetes' wording for the reason and the value, such as <c>Invalid value: -1: must be greater than or equal to 0</c>.</param>
public sealed record FieldError(string Field, string Reason, string Message);

/// <summary>Kubernetes' <c>metav1.CauseType</c>s.</summary>
public static class FieldErrorReason
{
    public const string Required = "FieldValueRequired";
    public const string Invalid = "FieldValueInvalid";
    public const string Duplicate = "FieldValueDuplicate";
    public const string NotFound = "FieldValueNotFound";
    public const string NotSupported = "FieldValueNotSupported";
    public const string Forbidden = "FieldValueForbidden";
    public const string TooLong = "FieldValueTooLong";
    public const string TooMany = "FieldValueTooMany";
}
