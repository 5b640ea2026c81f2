using System.Buffers.Binary;
using System.IO.Compression;

namespace ControlPlane.Api.Wire.Spdy;

/// <summary>
/// Decompresses the header blocks of one direction of a connection: all of them are one zlib stream, flushed after each block. .NET's inflater takes no preset dictionary, so it is fed the dictionary
/// first, as a stored block whose output is dropped: what follows may then refer back to it, exactly as to a preset one. Not thread-safe.
/// </summary>
internal sealed class SpdyInflater : IDisposable
{
    /// <summary>Method and flags, then the dictionary's checksum.</summary>
    private const int ZlibHeadBytes = 6;

    private const byte Deflate = 8;
    private const byte MethodMask = 0x0F;
    private const byte HasDictionary = 0x20;

    private readonly MemoryStream _source = new();
    private readonly DeflateStream _inflater;
    private bool _isBegun;

    public SpdyInflater() => _inflater = new DeflateStream(_source, CompressionMode.Decompress);

    /// <summary>Decompresses the next block.</summary>
    /// <exception cref="SpdyProtocolException">It is not compressed as SPDY/3 wants it, or is longer than <see cref="SpdyHeaders.BytesMax"/>.</exception>
    public byte[] Inflate(ReadOnlySpan<byte> block)
    {
        if (!_isBegun)
        {
            Begin(block);
            block = block[ZlibHeadBytes..];
        }

        Feed(block);
        byte[] headers = new byte[SpdyHeaders.BytesMax + 1];
        int length = Drain(headers);
        return length > SpdyHeaders.BytesMax ? throw new SpdyProtocolException($"headers are longer than {SpdyHeaders.BytesMax} bytes")
            : _source.Position < _source.Length ? throw new SpdyProtocolException("compressed headers end before their block does")
            : headers[..length];
    }

    public void Dispose() => _inflater.Dispose();

    private void Begin(ReadOnlySpan<byte> block)
    {
        if (block.Length < ZlibHeadBytes || (block[0] & MethodMask) != Deflate || (block[1] & HasDictionary) == 0
            || BinaryPrimitives.ReadUInt16BigEndian(block) % 31 != 0 || BinaryPrimitives.ReadUInt32BigEndian(block[2..]) != SpdyDictionary.Checksum)
        {
            throw new SpdyProtocolException("the headers are not compressed with SPDY/3's dictionary");
        }

        ReadOnlySpan<byte> dictionary = SpdyDictionary.Bytes.Span;
        Feed([.. StoredBlock.Head(dictionary.Length), .. dictionary]);
        Drain(new byte[dictionary.Length + 1]);
        _isBegun = true;
    }

    private void Feed(ReadOnlySpan<byte> compressed)
    {
        _source.SetLength(0);
        _source.Write(compressed);
        _source.Position = 0;
    }

    private int Drain(Span<byte> target)
    {
        int length = 0;
        try
        {
            while (length < target.Length && _inflater.Read(target[length..]) is int read and > 0)
            {
                length += read;
            }
        }
        catch (InvalidDataException e)
        {
            throw new SpdyProtocolException($"headers do not decompress: {e.Message}");
        }

        return length;
    }
}
