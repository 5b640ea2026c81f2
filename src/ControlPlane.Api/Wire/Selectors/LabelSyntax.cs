using System.Text.RegularExpressions;

namespace ControlPlane.Api.Wire.Selectors;

/// <summary>What may stand in a selector as a label's key and value (Kubernetes, labels and selectors, syntax and character set).</summary>
internal static partial class LabelSyntax
{
    private const int MaxNameLength = 63;
    private const int MaxPrefixLength = 253;

    /// <exception cref="ApiException">400.</exception>
    public static void CheckKey(string key)
    {
        int slash = key.IndexOf('/', StringComparison.Ordinal);
        string name = key[(slash + 1)..];
        string? because = name.Length == 0 ? "name part must be non-empty"
            : name.Length > MaxNameLength ? $"name part must be no more than {MaxNameLength} characters"
            : !Name().IsMatch(name) ? "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
            : slash == 0 ? "prefix part must be non-empty"
            : slash > MaxPrefixLength ? $"prefix part must be no more than {MaxPrefixLength} characters"
            : slash > 0 && !Prefix().IsMatch(key[..slash]) ? "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
            : null;
        if (because is not null)
        {
            throw StatusError.BadRequest($"unable to parse requirement: key: Invalid value: \"{key}\": {because}");
        }
    }

    /// <exception cref="ApiException">400.</exception>
    public static void CheckValue(string key, string value)
    {
        string? because = value.Length > MaxNameLength ? $"must be no more than {MaxNameLength} characters"
            : value.Length > 0 && !Name().IsMatch(value) ? "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
            : null;
        if (because is not null)
        {
            throw StatusError.BadRequest($"unable to parse requirement: values[0][{key}]: Invalid value: \"{value}\": {because}");
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Prefix();
}
