using ControlPlane.Api.Wire.Decoding;
using YamlDotNet.Core;

namespace ControlPlane.Api.Wire.Yaml;

/// <summary>
/// How a text is written in YAML so that every reader, of YAML 1.1 or 1.2, takes it for this text: without quotes only where it begins like a word and is none
/// of those that mean something else (<c>yes</c>, <c>null</c>); what begins like a number, a date or a sign is quoted.
/// </summary>
internal static class YamlStyles
{
    public static ScalarStyle Of(string text) =>
        IsPlain(text) ? ScalarStyle.Plain
        : IsBlock(text) ? ScalarStyle.Literal
        : text.All(IsShown) ? ScalarStyle.SingleQuoted
        : ScalarStyle.DoubleQuoted;

    private static bool IsPlain(string text) =>
        text.Length > 0
        && (char.IsAsciiLetter(text[0]) || text[0] == '/')
        && text[^1] is not (' ' or ':')
        && text.All(static one => one is >= ' ' and <= '~')
        && !text.Contains(": ", StringComparison.Ordinal)
        && !text.Contains(" #", StringComparison.Ordinal)
        && YamlScalars.Resolve(new YamlScalar(Mark.Empty, text, IsPlain: true, Tag: "")) is string;

    /// <summary>Lines that stay what they are when they are indented: none begins the text with space, and none ends with it.</summary>
    private static bool IsBlock(string text) =>
        text.Contains('\n', StringComparison.Ordinal)
        && text[0] is not (' ' or '\t' or '\n')
        && !text.EndsWith("\n\n", StringComparison.Ordinal)
        && text[^1] is not (' ' or '\t')
        && !text.Contains(" \n", StringComparison.Ordinal)
        && !text.Contains("\t\n", StringComparison.Ordinal)
        && text.All(static one => IsShown(one) || one is '\n' or '\t');

    /// <summary>Whether a character is shown as it is: others, and the halves of pairs, are escaped.</summary>
    private static bool IsShown(char one) => one is >= ' ' and <= '~' || (one > '\u00A0' && char.IsLetterOrDigit(one));
}
