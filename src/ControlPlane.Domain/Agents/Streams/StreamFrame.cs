using System.Buffers.Binary;

namespace ControlPlane.Domain.Agents.Streams;

/// <summary>What a frame says.</summary>
public enum StreamFrameKind
{
    /// <summary>Bytes of a channel.</summary>
    Data = 0,

    /// <summary>The sender sends nothing more on the channel; the other direction is not touched.</summary>
    End = 1,

    /// <summary>The sender has room for so many bytes more on the channel: a number of 32 bits, the high byte first.</summary>
    Credit = 2,
}

/// <summary>
/// The head of each frame of a <see cref="StreamConnection"/>: a byte for the kind, one for the channel, two for the length of what follows, the high byte first.
/// </summary>
/// <param name="Kind">What the frame says.</param>
/// <param name="Channel">Which channel it speaks of: see <see cref="StreamChannels"/>.</param>
/// <param name="Length">Bytes that follow: at most <see cref="PayloadBytesMax"/>.</param>
public readonly record struct StreamFrameHead(StreamFrameKind Kind, int Channel, int Length)
{
    /// <summary>The length of a head.</summary>
    public const int Bytes = 4;

    /// <summary>The longest payload of a frame.</summary>
    public const int PayloadBytesMax = 32 * 1024;

    /// <summary>The length of a credit's payload.</summary>
    public const int CreditBytes = sizeof(uint);

    /// <summary>Reads a head.</summary>
    /// <exception cref="StreamProtocolException">No such frame is ever sent.</exception>
    public static StreamFrameHead Read(ReadOnlySpan<byte> source)
    {
        StreamFrameHead head = new((StreamFrameKind)source[0], source[1], BinaryPrimitives.ReadUInt16BigEndian(source[2..Bytes]));
        bool isLengthRight = head.Kind switch
        {
            StreamFrameKind.Data => head.Length is > 0 and <= PayloadBytesMax,
            StreamFrameKind.End => head.Length == 0,
            StreamFrameKind.Credit => head.Length == CreditBytes,
            _ => throw new StreamProtocolException($"there is no frame of kind {source[0]}"),
        };
        return !isLengthRight ? throw new StreamProtocolException($"a frame {head.Kind} cannot have {head.Length} bytes")
            : head.Channel >= StreamChannels.Count ? throw new StreamProtocolException($"there is no channel {head.Channel}")
            : head;
    }

    /// <summary>Writes the head into the first <see cref="Bytes"/> of a buffer.</summary>
    public void Write(Span<byte> target)
    {
        target[0] = (byte)Kind;
        target[1] = (byte)Channel;
        BinaryPrimitives.WriteUInt16BigEndian(target[2..Bytes], (ushort)Length);
    }
}

/// <summary>The channels of a <see cref="StreamConnection"/>; the first five have the numbers that Kubernetes' channel protocol gives them.</summary>
public static class StreamChannels
{
    /// <summary>To the process.</summary>
    public const int Stdin = 0;

    /// <summary>From the process; with a terminal all that it shows.</summary>
    public const int Stdout = 1;

    /// <summary>From the process.</summary>
    public const int Stderr = 2;

    /// <summary>How it ended, from the agent: for a command a <see cref="CommandOutcome"/> in JSON, for a forwarded port a text that says what failed, or nothing.</summary>
    public const int Error = 3;

    /// <summary>The terminal's sizes, to the process: each a JSON object with <c>Width</c> and <c>Height</c>.</summary>
    public const int Resize = 4;

    /// <summary>A forwarded port's bytes, in both directions.</summary>
    public const int Data = 5;

    /// <summary>How many channels there are.</summary>
    public const int Count = 6;
}

/// <summary>The other side of a stream does not keep to its protocol.</summary>
public sealed class StreamProtocolException(string message) : IOException(message);
