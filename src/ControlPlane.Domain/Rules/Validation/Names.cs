using System.Text.RegularExpressions;

namespace ControlPlane.Domain.Rules.Validation;

/// <summary>How things may be called, in Kubernetes' words (apimachinery, util/validation).</summary>
internal static partial class Names
{
    private const int LabelLengthMax = 63;
    private const int SubdomainLengthMax = 253;
    private const int PortNameLengthMax = 15;

    private const string LabelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private const string SubdomainPattern = LabelPattern + @"(\." + LabelPattern + ")*";
    private const string NamePartPattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
    private const string LabelValuePattern = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";

    private const string LabelRule =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character "
        + "(e.g. 'my-name',  or '123-abc', regex used for validation is '" + LabelPattern + "')";

    private const string ServiceNameRule =
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric "
        + "character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

    private const string SubdomainRule =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric "
        + "character (e.g. 'example.com', regex used for validation is '" + SubdomainPattern + "')";

    private const string NamePartRule =
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
        + "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '" + NamePartPattern + "')";

    private const string QualifiedNameRule =
        "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
        + "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '" + NamePartPattern
        + "') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";

    private const string LabelValueRule =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
        + "character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '" + LabelValuePattern + "')";

    /// <summary>What is wrong with a name of at most 63 characters, such as a namespace's; null when nothing is.</summary>
    public static string? DnsLabel(string value) => LengthUpTo(value, LabelLengthMax) ?? (DnsLabelRegex().IsMatch(value) ? null : LabelRule);

    /// <summary>What is wrong with a Service's name, which clients use as a variable's name, too; null when nothing is.</summary>
    public static string? ServiceName(string value) =>
        LengthUpTo(value, LabelLengthMax) ?? (DnsLabelRegex().IsMatch(value) && char.IsAsciiLetterLower(value[0]) ? null : ServiceNameRule);

    /// <summary>What is wrong with a name of dotted parts, as most objects have it; null when nothing is.</summary>
    public static string? DnsSubdomain(string value) =>
        LengthUpTo(value, SubdomainLengthMax) ?? (DnsSubdomainRegex().IsMatch(value) ? null : SubdomainRule);

    /// <summary>What is wrong with a key such as <c>app</c> or <c>example.com/app</c>; null when nothing is.</summary>
    public static string? QualifiedName(string value)
    {
        string[] parts = value.Split('/');
        return parts switch
        {
            [string name] => NamePart(name),
            ["", _] => "prefix part must be non-empty",
            [string prefix, string name] => DnsSubdomain(prefix) is { } problem ? "prefix part " + problem : NamePart(name),
            _ => QualifiedNameRule,
        };
    }

    public static string? LabelValue(string value) =>
        LengthUpTo(value, LabelLengthMax) ?? (LabelValueRegex().IsMatch(value) ? null : LabelValueRule);

    public static string? PortName(string value) =>
        value.Length > PortNameLengthMax ? $"must be no more than {PortNameLengthMax} characters"
        : !value.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') ? "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
        : !value.Any(char.IsAsciiLetterLower) ? "must contain at least one letter (a-z)"
        : value.Contains("--", StringComparison.Ordinal) ? "must not contain consecutive hyphens"
        : value[0] == '-' || value[^1] == '-' ? "must not begin or end with a hyphen"
        : null;

    public static string? EnvironmentVariable(string value) =>
        value.All(c => c is >= ' ' and <= '~' and not '=')
            ? null
            : "a valid environment variable name must consist only of printable ASCII characters other than '='";

    /// <summary>A key of a Secret: a file name.</summary>
    public static string? DataKey(string value) =>
        value is "." or ".." ? $"must not be '{value}'"
        : value.StartsWith("..", StringComparison.Ordinal) ? "must not start with '..'"
        : LengthUpTo(value, SubdomainLengthMax) ?? (DataKeyRegex().IsMatch(value) ? null : DataKeyRule);

    public static string? Port(long port) => port is >= 1 and <= 65535 ? null : "must be between 1 and 65535, inclusive";

    private const string DataKeyRule =
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
        + "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

    private static string? NamePart(string name) =>
        name.Length == 0 ? "name part must be non-empty"
        : name.Length > LabelLengthMax ? $"name part must be no more than {LabelLengthMax} characters"
        : NamePartRegex().IsMatch(name) ? null : NamePartRule;

    private static string? LengthUpTo(string value, int max) => value.Length > max ? $"must be no more than {max} characters" : null;

    [GeneratedRegex(@"\A" + LabelPattern + @"\z", RegexOptions.CultureInvariant)]
    private static partial Regex DnsLabelRegex();

    [GeneratedRegex(@"\A" + SubdomainPattern + @"\z", RegexOptions.CultureInvariant)]
    private static partial Regex DnsSubdomainRegex();

    [GeneratedRegex(@"\A" + NamePartPattern + @"\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePartRegex();

    [GeneratedRegex(@"\A" + LabelValuePattern + @"\z", RegexOptions.CultureInvariant)]
    private static partial Regex LabelValueRegex();

    [GeneratedRegex(@"\A[-._a-zA-Z0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex DataKeyRegex();
}
