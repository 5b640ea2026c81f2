using System.Text.RegularExpressions;

namespace ControlPlane.Domain.Rules;

/// <summary>
/// An image's name as Docker reads it: <c>[registry[:port]/]path[:tag][@digest]</c>. Grammar and bounds: the distribution project, package reference.
/// </summary>
internal sealed partial record ImageReference
{
    private const int NameLengthMax = 255;

    /// <summary>Registry and path, as they were written.</summary>
    public required string Name { get; init; }

    /// <summary>The tag; null when none was written.</summary>
    public string? Tag { get; init; }

    /// <summary>The digest, such as <c>sha256:…</c>; null when none was written.</summary>
    public string? Digest { get; init; }

    /// <summary>Reads a reference; null when no registry could hold such an image.</summary>
    public static ImageReference? Parse(string? text)
    {
        if (text is null || Grammar().Match(text) is not { Success: true } match || ImageId().IsMatch(text))
        {
            return null;
        }

        string name = match.Groups["name"].Value;
        return name.Length > NameLengthMax || !HasPath(name)
            ? null
            : new ImageReference { Name = name, Tag = ValueOf(match.Groups["tag"]), Digest = ValueOf(match.Groups["digest"]) };
    }

    /// <summary>
    /// The first part is a registry when it looks like a host (a dot, a port, capitals, or localhost); what follows must be a path in lower case.
    /// </summary>
    private static bool HasPath(string name)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        string first = slash < 0 ? "" : name[..slash];
        bool isHost = first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal)
            || first == "localhost" || first.Any(char.IsAsciiLetterUpper);
        return LowerCasePath().IsMatch(isHost ? name[(slash + 1)..] : name);
    }

    private static string? ValueOf(Group group) => group.Success ? group.Value : null;

    private const string Host = @"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?";
    private const string Part = @"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*";

    [GeneratedRegex(@"\A(?<name>(?:" + Host + "/)?" + Part + "(?:/" + Part + @")*)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Grammar();

    [GeneratedRegex(@"\A" + Part + "(?:/" + Part + @")*\z", RegexOptions.CultureInvariant)]
    private static partial Regex LowerCasePath();

    /// <summary>64 hexadecimal digits are an image's id, which no registry takes for a name.</summary>
    [GeneratedRegex(@"\A[a-f0-9]{64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ImageId();
}
