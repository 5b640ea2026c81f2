using System.Globalization;
using System.Text;

namespace ControlPlane.Api.Wire;

/// <summary>
/// The values of <c>Warning</c> headers (RFC 7234, 299 is a persistent warning). What they say is partly the client's own words, so they are bounded, and
/// hold only what a header may: printable ASCII, all else as its number.
/// </summary>
internal static class WarningHeaders
{
    /// <summary>Characters of one warning.</summary>
    public const int ItemCharsMax = 512;

    /// <summary>Characters of all warnings of a reply. Clients read headers of 64 KiB at most, some much less.</summary>
    public const int TotalCharsMax = 4096;

    public static IEnumerable<string> Of(IReadOnlyList<string> warnings)
    {
        int chars = 0;
        for (int at = 0; at < warnings.Count; at++)
        {
            string text = Printable(warnings[at]);
            chars += text.Length;
            if (chars > TotalCharsMax)
            {
                yield return Header($"and {warnings.Count - at} more warnings");
                yield break;
            }

            yield return Header(text);
        }
    }

    private static string Header(string text) =>
        $"299 - \"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static string Printable(string warning)
    {
        StringBuilder text = new();
        foreach (char one in warning)
        {
            if (text.Length >= ItemCharsMax)
            {
                return text.Append("...").ToString();
            }

            if (one is >= ' ' and <= '~')
                text.Append(one);
            else
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)one:x4}");
        }

        return text.ToString();
    }
}
