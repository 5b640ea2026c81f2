namespace ControlPlane.Api.Agents.Proxying;

/// <summary>Looks for the end of one start tag that comes in pieces; no byte is looked at twice.</summary>
internal struct TagScan
{
    private int scanned;
    private byte quote;
    private bool isValueNext;

    /// <param name="tag">All that has come of it, from its <c>&lt;</c> on: as much as the last time, and more.</param>
    /// <returns>Its length, with the <c>&gt;</c>; -1 when that has not come yet.</returns>
    public int LengthOf(ReadOnlySpan<byte> tag)
    {
        for (int at = Math.Max(1, scanned); at < tag.Length; at++)
        {
            byte one = tag[at];
            if (quote != 0)
            {
                quote = one == quote ? (byte)0 : quote;
            }
            else if (one == '>')
            {
                return at + 1;
            }
            else if (isValueNext && HtmlLinks.IsQuote(one))
            {
                quote = one;
                isValueNext = false;
            }
            else
            {
                isValueNext = one == '=' || (isValueNext && HtmlLinks.IsBlank(one));
            }
        }

        scanned = tag.Length;
        return -1;
    }
}
