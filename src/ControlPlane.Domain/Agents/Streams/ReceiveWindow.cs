namespace ControlPlane.Domain.Agents.Streams;

/// <summary>
/// What has come on a channel and is not read yet: a ring of a fixed size. The sender knows how much room there is, for it begins with <see cref="Bytes"/> and gets
/// credit for what was read; credit is given in halves of the window, so that short reads do not each cost a frame.
/// </summary>
internal sealed class ReceiveWindow
{
    /// <summary>The most bytes that wait to be read.</summary>
    public const int Bytes = 128 * 1024;

    private byte[] ring = [];
    private int start;
    private int credit;

    /// <summary>How many bytes wait to be read.</summary>
    public int Count { get; private set; }

    /// <summary>Takes in what has come.</summary>
    /// <exception cref="StreamProtocolException">The sender had no room for so much.</exception>
    public void Add(ReadOnlySpan<byte> data)
    {
        if (data.Length > Bytes - Count - credit)
        {
            throw new StreamProtocolException($"{data.Length} bytes came where there was room for {Bytes - Count - credit}");
        }

        if (ring.Length == 0)
        {
            ring = new byte[Bytes];
        }

        int end = (start + Count) % Bytes;
        int first = Math.Min(data.Length, Bytes - end);
        data[..first].CopyTo(ring.AsSpan(end));
        data[first..].CopyTo(ring);
        Count += data.Length;
    }

    /// <summary>Hands out what waits, as much as there is room for.</summary>
    public int Take(Span<byte> target)
    {
        int taken = Math.Min(target.Length, Count);
        int first = Math.Min(taken, Bytes - start);
        ring.AsSpan(start, first).CopyTo(target);
        ring.AsSpan(0, taken - first).CopyTo(target[first..]);
        start = (start + taken) % Bytes;
        Count -= taken;
        credit += taken;
        return taken;
    }

    /// <summary>The credit to give now: 0 until half the window was read.</summary>
    public int TakeCredit()
    {
        if (credit < Bytes / 2)
        {
            return 0;
        }

        int given = credit;
        credit = 0;
        return given;
    }
}

/// <summary>How much may be sent on a channel before the other side has read more of it.</summary>
internal sealed class SendWindow
{
    private int room = ReceiveWindow.Bytes;

    /// <summary>Takes room for at most so many bytes; 0 when there is none.</summary>
    public int Take(int wanted)
    {
        int taken = Math.Min(wanted, Math.Min(room, StreamFrameHead.PayloadBytesMax));
        room -= taken;
        return taken;
    }

    /// <summary>Adds what the other side has read.</summary>
    /// <exception cref="StreamProtocolException">It has read more than was sent.</exception>
    public void Add(uint credit) => room = credit <= ReceiveWindow.Bytes - room
        ? room + (int)credit
        : throw new StreamProtocolException($"a credit of {credit} bytes, of which {ReceiveWindow.Bytes - room} were sent");
}
