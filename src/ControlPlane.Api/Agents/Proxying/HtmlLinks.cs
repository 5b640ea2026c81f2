using System.Buffers;
using System.Collections.Frozen;
using System.Text;

namespace ControlPlane.Api.Agents.Proxying;

/// <summary>Which attributes of HTML's tags are links, and how those of one tag are rewritten (Kubernetes: apimachinery, util/proxy, atomsToAttrs). Links in style sheets and scripts are not among them.</summary>
internal static class HtmlLinks
{
    private static readonly FrozenDictionary<string, string[]> Attributes = new Dictionary<string, string[]>
    {
        ["a"] = ["href"],
        ["area"] = ["href"],
        ["audio"] = ["src"],
        ["base"] = ["href"],
        ["blockquote"] = ["cite"],
        ["body"] = ["background"],
        ["button"] = ["formaction"],
        ["del"] = ["cite"],
        ["embed"] = ["src"],
        ["form"] = ["action"],
        ["frame"] = ["longdesc", "src"],
        ["head"] = ["profile"],
        ["html"] = ["manifest"],
        ["iframe"] = ["longdesc", "src"],
        ["img"] = ["longdesc", "src", "usemap"],
        ["input"] = ["src", "usemap", "formaction"],
        ["ins"] = ["cite"],
        ["link"] = ["href"],
        ["object"] = ["classid", "codebase", "data", "usemap"],
        ["q"] = ["cite"],
        ["script"] = ["src"],
        ["source"] = ["src"],
        ["track"] = ["src"],
        ["video"] = ["poster", "src"],
    }.ToFrozenDictionary();

    private static readonly SearchValues<byte> NameEnds = SearchValues.Create(" \t\r\n\f/>"u8);

    /// <summary>A start tag's name in lower case.</summary>
    /// <param name="tag">From its <c>&lt;</c> on.</param>
    public static string NameOf(ReadOnlySpan<byte> tag)
    {
        int end = tag.IndexOfAny(NameEnds);
        return Encoding.Latin1.GetString(tag[1..(end < 0 ? tag.Length : end)]).ToLowerInvariant();
    }

    /// <summary>Writes a start tag, its links rewritten and the rest byte for byte as it is.</summary>
    public static void Write(ReadOnlySpan<byte> tag, string name, Func<string, string> rewrite, IBufferWriter<byte> target)
    {
        int copied = 0;
        if (Attributes.TryGetValue(name, out string[]? links))
        {
            int at = 1 + name.Length;
            while (NextValue(tag, ref at) is (var attribute, var value) && attribute.Length > 0)
            {
                // Latin-1 keeps each byte, whatever the page's encoding is.
                string link = Encoding.Latin1.GetString(tag[value]);
                if (links.Contains(attribute) && rewrite(link) is var rewritten && rewritten != link)
                {
                    target.Write(tag[copied..value.Start.Value]);
                    target.Write(Encoding.Latin1.GetBytes(rewritten));
                    copied = value.End.Value;
                }
            }
        }

        target.Write(tag[copied..]);
    }

    /// <summary>The next attribute that has a value: its name in lower case, and where in the tag the value is. An empty name when there is none.</summary>
    private static (string Name, Range Value) NextValue(ReadOnlySpan<byte> tag, ref int at)
    {
        while (at < tag.Length)
        {
            Skip(tag, ref at, static one => IsBlank(one) || one == '/');
            int start = at;
            Skip(tag, ref at, static one => !IsBlank(one) && one is not ((byte)'=' or (byte)'>' or (byte)'/'));
            string name = Encoding.Latin1.GetString(tag[start..at]).ToLowerInvariant();
            Skip(tag, ref at, IsBlank);
            if (at >= tag.Length || tag[at] != '=')
            {
                at += at == start ? 1 : 0;
                continue;
            }

            at++;
            Skip(tag, ref at, IsBlank);
            return (name.Length > 0 ? name : "=", ValueAt(tag, ref at));
        }

        return ("", default);
    }

    private static Range ValueAt(ReadOnlySpan<byte> tag, ref int at)
    {
        if (at == tag.Length || !IsQuote(tag[at]))
        {
            int bare = at;
            Skip(tag, ref at, static one => !IsBlank(one) && one != '>');
            return bare..at;
        }

        byte quote = tag[at];
        int start = ++at;
        Skip(tag, ref at, one => one != quote);
        int end = at++;
        return start..end;
    }

    private static void Skip(ReadOnlySpan<byte> tag, ref int at, Func<byte, bool> isSkipped)
    {
        while (at < tag.Length && isSkipped(tag[at]))
        {
            at++;
        }
    }

    internal static bool IsQuote(byte one) => one is (byte)'"' or (byte)'\'';

    internal static bool IsBlank(byte one) => one is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)'\f';
}
