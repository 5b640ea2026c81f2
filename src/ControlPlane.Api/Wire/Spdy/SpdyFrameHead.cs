using System.Buffers.Binary;

namespace ControlPlane.Api.Wire.Spdy;

/// <summary>What a control frame says; the numbers are SPDY/3's.</summary>
internal enum SpdyFrameType
{
    /// <summary>No control frame: bytes of a stream.</summary>
    Data = 0,
    SynStream = 1,
    SynReply = 2,
    RstStream = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    Headers = 8,
    WindowUpdate = 9,
}

/// <summary>The first eight bytes of every frame.</summary>
/// <param name="Type">What it says.</param>
/// <param name="Stream">For <see cref="SpdyFrameType.Data"/> the stream; control frames name theirs in what follows.</param>
/// <param name="Flags">See <see cref="Fin"/>.</param>
/// <param name="Length">Bytes that follow: at most <see cref="PayloadBytesMax"/>.</param>
internal readonly record struct SpdyFrameHead(SpdyFrameType Type, int Stream, byte Flags, int Length)
{
    /// <summary>The length of a head.</summary>
    public const int Bytes = 8;

    /// <summary>The longest payload that is taken: spdystream cuts what it sends to the writes of its user, which copy by 32 KiB.</summary>
    public const int PayloadBytesMax = 1024 * 1024;

    /// <summary>The flag by which the sender ends its direction of the stream.</summary>
    public const byte Fin = 0x01;

    private const int Version = 3;
    private const int LengthMask = 0xFFFFFF;

    /// <summary>Whether the sender sends nothing more on the stream.</summary>
    public bool IsLast => (Flags & Fin) != 0;

    /// <summary>Reads a head.</summary>
    /// <exception cref="SpdyProtocolException">SPDY/3 has no such frame, or it is too long.</exception>
    public static SpdyFrameHead Read(ReadOnlySpan<byte> source)
    {
        uint first = BinaryPrimitives.ReadUInt32BigEndian(source);
        byte flags = source[4];
        int length = (int)(BinaryPrimitives.ReadUInt32BigEndian(source[4..]) & LengthMask);
        if (length > PayloadBytesMax)
        {
            throw new SpdyProtocolException($"a frame of {length} bytes is longer than {PayloadBytesMax}");
        }

        bool isControl = (first & 0x80000000) != 0;
        if (!isControl)
        {
            return new SpdyFrameHead(SpdyFrameType.Data, (int)first, flags, length);
        }

        int version = (int)(first >> 16) & 0x7FFF;
        SpdyFrameType type = (SpdyFrameType)(first & 0xFFFF);
        return version != Version ? throw new SpdyProtocolException($"a frame is of version {version}")
            : type == SpdyFrameType.Data || !Enum.IsDefined(type) ? throw new SpdyProtocolException($"there is no control frame {(int)type}")
            : new SpdyFrameHead(type, 0, flags, length);
    }

    /// <summary>Writes the head into the first <see cref="Bytes"/> of a buffer.</summary>
    public void Write(Span<byte> target)
    {
        uint first = Type == SpdyFrameType.Data ? (uint)Stream : 0x80000000 | (Version << 16) | (uint)Type;
        BinaryPrimitives.WriteUInt32BigEndian(target, first);
        BinaryPrimitives.WriteUInt32BigEndian(target[4..], ((uint)Flags << 24) | (uint)Length);
    }
}
