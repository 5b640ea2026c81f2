namespace ControlPlane.Domain.Rules.Defaults;

/// <summary>
/// Kubernetes holds many optional fields in types that have no "absent": 0, false and "" then mean the same as leaving the field out.
/// They are brought to one form here, so that two writings of one template compare equal and hash alike.
/// </summary>
internal static class AbsentValues
{
    public static string? EmptyAsAbsent(this string? value) => string.IsNullOrEmpty(value) ? null : value;

    public static bool? FalseAsAbsent(this bool? value) => value == true ? true : null;

    public static int? ZeroAsAbsent(this int? value) => value == 0 ? null : value;

    /// <summary>The value where it says something, else the default: for numbers in which 0 means "not given".</summary>
    public static int ZeroAs(this int? value, int defaultValue) => value is null or 0 ? defaultValue : value.Value;
}
