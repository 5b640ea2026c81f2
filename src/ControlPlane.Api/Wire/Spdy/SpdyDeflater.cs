namespace ControlPlane.Api.Wire.Spdy;

/// <summary>
/// Writes header blocks as the zlib stream that SPDY/3 wants, without compressing: a server's replies have no headers to speak of, and stored blocks need no dictionary. Not thread-safe.
/// </summary>
internal sealed class SpdyDeflater
{
    /// <summary>Deflate with a window of 32 KiB, no preset dictionary; a multiple of 31, as zlib wants it.</summary>
    private static readonly byte[] s_zlibHead = [0x78, 0x01];

    private bool _isBegun;

    /// <summary>The next block. An empty one ends it, as a flush does: before that Go's inflater gives nothing out.</summary>
    /// <exception cref="ArgumentException">It is longer than <see cref="SpdyHeaders.BytesMax"/>.</exception>
    public byte[] Deflate(ReadOnlySpan<byte> headers)
    {
        if (headers.Length > SpdyHeaders.BytesMax)
        {
            throw new ArgumentException($"headers are longer than {SpdyHeaders.BytesMax} bytes", nameof(headers));
        }

        byte[] head = _isBegun ? [] : s_zlibHead;
        _isBegun = true;
        return [.. head, .. StoredBlock.Head(headers.Length), .. headers, .. StoredBlock.Head(0)];
    }
}
