using System.Globalization;
using System.Text.RegularExpressions;

namespace ControlPlane.Api.Wire.Options;

/// <summary>Durations as Kubernetes' clients write them (Go: <c>time.ParseDuration</c>): <c>120s</c>, <c>1m30s</c>, <c>1.5h</c>.</summary>
internal static partial class Durations
{
    /// <summary>The longest that is read, in characters.</summary>
    private const int LengthMax = 32;

    /// <summary>Reads a duration that is not negative; false when the text is none.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text.Length > LengthMax || !Whole().IsMatch(text))
        {
            return false;
        }

        double seconds = 0;
        foreach (Match part in Part().Matches(text))
        {
            double value = double.Parse(part.Groups["value"].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
            seconds += value * part.Groups["unit"].Value switch { "h" => 3600, "m" => 60, "s" => 1, _ => 0.001 };
        }

        if (seconds > TimeSpan.MaxValue.TotalSeconds / 2)
        {
            return false;
        }

        duration = TimeSpan.FromSeconds(seconds);
        return true;
    }

    [GeneratedRegex(@"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Whole();

    [GeneratedRegex(@"(?<value>[0-9]+(\.[0-9]+)?)(?<unit>ms|s|m|h)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Part();
}
