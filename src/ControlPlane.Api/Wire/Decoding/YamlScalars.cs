using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;

namespace ControlPlane.Api.Wire.Decoding;

/// <summary>
/// What a YAML scalar means, as go-yaml v2 resolves it (which Kubernetes uses): YAML 1.1's booleans (<c>yes</c>, <c>on</c>), octal and
/// hexadecimal and binary integers, underscores in numbers; no base-60 numbers, and dates stay text.
/// </summary>
internal static partial class YamlScalars
{
    private const string TagPrefix = "tag:yaml.org,2002:";

    /// <summary>The value: null, <see cref="bool"/>, <see cref="long"/>, <see cref="ulong"/>, <see cref="double"/> or <see cref="string"/>.</summary>
    /// <exception cref="YamlException">An explicit tag asks for a type that the text is not.</exception>
    public static object? Resolve(YamlScalar scalar)
    {
        string tag = scalar.Tag.StartsWith(TagPrefix, StringComparison.Ordinal) ? scalar.Tag[TagPrefix.Length..] : scalar.Tag;
        object? implied = tag.Length == 0 && !scalar.IsPlain ? scalar.Text : ResolvePlain(scalar.Text);
        return tag switch
        {
            "" => implied,
            "str" or "timestamp" => scalar.Text,
            "binary" => scalar.Text,
            "null" when implied is null => null,
            "bool" when implied is bool => implied,
            "int" when implied is long or ulong => implied,
            "float" when implied is double => implied,
            "float" when implied is long number => (double)number,
            _ => throw new YamlException(scalar.Start, scalar.Start, $"cannot decode `{scalar.Text}` as a !!{tag}"),
        };
    }

    private static object? ResolvePlain(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => null,
        "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON" => true,
        "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF" => false,
        ".nan" or ".NaN" or ".NAN" => double.NaN,
        ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" => double.PositiveInfinity,
        "-.inf" or "-.Inf" or "-.INF" => double.NegativeInfinity,
        _ => text[0] is '+' or '-' or '.' or (>= '0' and <= '9') ? Number(text.Replace("_", "", StringComparison.Ordinal)) ?? text : text,
    };

    private static object? Number(string text)
    {
        if (Integer().Match(text) is { Success: true } match && Magnitude(match) is { } magnitude)
        {
            Int128 value = match.Groups["sign"].Value == "-" ? -(Int128)magnitude : magnitude;
            if (value >= long.MinValue)
            {
                return value <= long.MaxValue ? (object)(long)value : magnitude;
            }
        }

        return Float().IsMatch(text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;
    }

    /// <summary>The digits' value; null when it needs more than 64 bits.</summary>
    private static ulong? Magnitude(Match match)
    {
        (string digits, int radix) = match.Groups["hex"].Success ? (match.Groups["hex"].Value, 16)
            : match.Groups["bin"].Success ? (match.Groups["bin"].Value, 2)
            : match.Groups["oct"].Success ? (match.Groups["oct"].Value, 8)
            : (match.Groups["dec"].Value, 10);
        ulong value = 0;
        foreach (char digit in digits)
        {
            UInt128 next = ((UInt128)value * (uint)radix) + (uint)System.Convert.ToInt32(digit.ToString(), 16);
            if (next > ulong.MaxValue)
            {
                return null;
            }

            value = (ulong)next;
        }

        return value;
    }

    // Go's ParseInt with base 0: 0x, 0b, 0o and a leading 0 for octal; 08 is no integer (and is the float 8 below).
    [GeneratedRegex(@"^(?<sign>[-+]?)(0[xX](?<hex>[0-9a-fA-F]+)|0[bB](?<bin>[01]+)|0[oO]?(?<oct>[0-7]+)|(?<dec>0|[1-9][0-9]*))$", RegexOptions.CultureInvariant)]
    private static partial Regex Integer();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Float();
}
