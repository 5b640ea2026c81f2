using System.Buffers.Binary;
using System.Text;

namespace ControlPlane.Api.Wire.Spdy;

/// <summary>A header block as it is before compression: a count, then names and values, each after its length, all lengths in 32 bits.</summary>
internal static class SpdyHeaders
{
    /// <summary>The longest block, uncompressed; Kubernetes' clients send some hundred bytes.</summary>
    public const int BytesMax = 16 * 1024;

    /// <summary>The most headers in a block.</summary>
    public const int CountMax = 64;

    /// <summary>Reads a block: names are in small letters, whatever was sent.</summary>
    /// <exception cref="SpdyProtocolException">It is no header block, or has too many headers.</exception>
    public static IReadOnlyDictionary<string, string> Read(ReadOnlySpan<byte> block)
    {
        uint count = TakeLength(ref block);
        if (count > CountMax)
        {
            throw new SpdyProtocolException($"{count} headers are more than {CountMax}");
        }

        Dictionary<string, string> headers = new((int)count, StringComparer.Ordinal);
        for (uint i = 0; i < count; i++)
        {
            string name = TakeText(ref block).ToLowerInvariant();
            if (name.Length == 0 || !headers.TryAdd(name, TakeText(ref block)))
            {
                throw new SpdyProtocolException("a header has no name or stands twice");
            }
        }

        return block.IsEmpty ? headers : throw new SpdyProtocolException("a header block has bytes after its last header");
    }

    /// <summary>Writes a block.</summary>
    public static byte[] Write(IReadOnlyDictionary<string, string> headers)
    {
        using MemoryStream block = new();
        PutLength(block, headers.Count);
        foreach ((string name, string value) in headers)
        {
            PutText(block, name);
            PutText(block, value);
        }

        return block.ToArray();
    }

    private static uint TakeLength(ref ReadOnlySpan<byte> block)
    {
        if (!BinaryPrimitives.TryReadUInt32BigEndian(block, out uint length))
        {
            throw new SpdyProtocolException("a header block ends within a length");
        }

        block = block[sizeof(uint)..];
        return length;
    }

    private static string TakeText(ref ReadOnlySpan<byte> block)
    {
        uint length = TakeLength(ref block);
        if (length > block.Length)
        {
            throw new SpdyProtocolException("a header block ends within a text");
        }

        string text = Encoding.Latin1.GetString(block[..(int)length]);
        block = block[(int)length..];
        return text;
    }

    private static void PutLength(MemoryStream block, int length)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        block.Write(bytes);
    }

    private static void PutText(MemoryStream block, string text)
    {
        PutLength(block, text.Length);
        block.Write(Encoding.Latin1.GetBytes(text));
    }
}
