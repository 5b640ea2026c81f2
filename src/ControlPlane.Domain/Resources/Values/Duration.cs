using System.Globalization;
using System.Text.RegularExpressions;

namespace ControlPlane.Domain.Resources.Values;

/// <summary>Lengths of time as Go writes them (time.ParseDuration), as far as people write them: <c>250ms</c>, <c>60s</c>, <c>1h30m</c>, <c>1.5s</c>.</summary>
public static partial class Duration
{
    /// <summary>Longer ones are refused.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromDays(30);

    /// <summary>A number is seconds, a text has units. Null when it cannot be read, is negative, or is longer than <see cref="Max"/>.</summary>
    public static TimeSpan? Parse(IntOrString value)
    {
        if (value.IsNumber)
        {
            return value.Number >= 0 && value.Number <= Max.TotalSeconds ? TimeSpan.FromSeconds(value.Number) : null;
        }

        string text = value.Text ?? "";
        Match match = Form().Match(text);
        if (!match.Success || text.Length == 0)
        {
            return null;
        }

        double seconds = 0;
        for (int i = 0; i < match.Groups["number"].Captures.Count; i++)
        {
            double number = double.Parse(match.Groups["number"].Captures[i].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
            seconds += number * match.Groups["unit"].Captures[i].Value switch { "h" => 3600, "m" => 60, "s" => 1, _ => 0.001 };
        }

        return seconds <= Max.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    /// <summary><c>1h30m</c>, <c>250ms</c>, <c>0s</c>.</summary>
    public static string Format(TimeSpan value)
    {
        string text = Part((int)value.TotalHours, "h") + Part(value.Minutes, "m") + Part(value.Seconds, "s") + Part(value.Milliseconds, "ms");
        return text.Length == 0 ? "0s" : text;
    }

    private static string Part(int number, string unit) => number == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{number}{unit}");

    [GeneratedRegex(@"\A(?:(?<number>\d{1,9}(?:\.\d{1,3})?)(?<unit>h|ms|m|s))+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
