namespace ControlPlane.Api.Agents;

/// <summary>
/// Reports quote what containers print (a probe's output, a termination message), and PostgreSQL holds every text but one with U+0000. One such
/// container must not keep its node's report from being stored, so the character is replaced by U+FFFD.
/// </summary>
internal static class ReportText
{
    private static ReadOnlySpan<byte> Nul => "\\u0000"u8;

    private static ReadOnlySpan<byte> Replacement => "\\ufffd"u8;

    /// <summary>
    /// A JSON text with each escape <c>\u0000</c> replaced; <c>\\u0000</c>, a backslash and five characters, stays. The same bytes when there is
    /// none, else a copy.
    /// </summary>
    public static ReadOnlyMemory<byte> WithoutNul(ReadOnlyMemory<byte> json)
    {
        byte[]? copy = null;
        for (int at = Find(json.Span, 0); at >= 0; at = Find(json.Span, at + Nul.Length))
        {
            copy ??= json.ToArray();
            Replacement.CopyTo(copy.AsSpan(at));
        }

        return copy ?? json;
    }

    /// <summary>Where the next escape is, from a place on; -1 for none. It begins with an odd backslash: an even one is itself escaped.</summary>
    private static int Find(ReadOnlySpan<byte> json, int from)
    {
        while (json[from..].IndexOf(Nul) is >= 0 and int offset)
        {
            int at = from + offset;
            if ((at - json[..at].LastIndexOfAnyExcept((byte)'\\')) % 2 == 1)
            {
                return at;
            }

            from = at + 1;
        }

        return -1;
    }
}
