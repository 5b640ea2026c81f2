using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace ControlPlane.Api.Wire.Spdy;

/// <summary>
/// The server's side of a SPDY/3.1 connection, as far as Kubernetes' clients go (they use moby/spdystream): the client opens streams, and each is replied to at once. Flow control is left to the
/// transport, as spdystream does; pings are answered.
/// </summary>
internal sealed class SpdyConnection(Stream transport) : IAsyncDisposable
{
    /// <summary>The most streams that are open at once.</summary>
    public const int StreamsMax = 256;

    /// <summary>The longest payload that is sent.</summary>
    public const int WriteBytesMax = 32 * 1024;

    private const int Ok = 0;
    private const int ProtocolError = 1;
    private const int RefusedStream = 3;
    private const int IdMask = 0x7FFFFFFF;

    /// <summary>What stands in a SYN_STREAM before the headers: two ids, priority, slot.</summary>
    private const int SynStreamBytes = 10;

    private readonly ConcurrentDictionary<int, SpdyStream> streams = new();
    private readonly SemaphoreSlim sending = new(1);
    private readonly byte[] frame = new byte[SpdyFrameHead.Bytes + WriteBytesMax];
    private readonly byte[] head = new byte[SpdyFrameHead.Bytes];
    private readonly SpdyInflater inflater = new();
    private readonly SpdyDeflater deflater = new();
    private int lastStream;
    private bool isPeerLeaving;
    private bool hasSaidGoAway;

    /// <summary>Takes what the client sends until it has gone, or leaves and has no stream left. Called once.</summary>
    /// <param name="onOpened">Hears of each stream, before its first byte; returns without waiting.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">The connection has broken, or the client does not keep to the protocol, which it is told.</exception>
    public async Task RunAsync(Action<SpdyStream> onOpened, CancellationToken cancellationToken)
    {
        try
        {
            while (!(isPeerLeaving && streams.IsEmpty) && await ReadFrameAsync(onOpened, cancellationToken))
            {
            }
        }
        catch (SpdyProtocolException)
        {
            await GoAwayAsync(ProtocolError, cancellationToken);
            throw;
        }
        finally
        {
            foreach (SpdyStream stream in streams.Values)
            {
                stream.OnBroken("the connection has ended");
            }

            inflater.Dispose();
        }
    }

    /// <summary>Says goodbye, if that can still be heard, and leaves the transport.</summary>
    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource soon = new(TimeSpan.FromSeconds(1));
        try
        {
            await GoAwayAsync(Ok, soon.Token);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client did not wait for it.
        }

        await transport.DisposeAsync();
    }

    /// <summary>Sends a frame.</summary>
    internal async Task SendAsync(SpdyFrameHead what, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        await sending.WaitAsync(cancellationToken);
        try
        {
            what.Write(frame);
            payload.CopyTo(frame.AsMemory(SpdyFrameHead.Bytes));
            await transport.WriteAsync(frame.AsMemory(0, SpdyFrameHead.Bytes + payload.Length), cancellationToken);
            await transport.FlushAsync(cancellationToken);
        }
        finally
        {
            sending.Release();
        }
    }

    internal void ForgetIfOver(SpdyStream stream)
    {
        if (stream.IsOver)
        {
            streams.TryRemove(stream.Id, out _);
        }
    }

    /// <summary>False at the end of the connection.</summary>
    private async Task<bool> ReadFrameAsync(Action<SpdyStream> onOpened, CancellationToken cancellationToken)
    {
        int count = await transport.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        if (count < head.Length)
        {
            return count == 0 ? false : throw new EndOfStreamException("the connection has ended within a frame");
        }

        SpdyFrameHead next = SpdyFrameHead.Read(head);
        if (next.Type == SpdyFrameType.Data)
        {
            await TakeDataAsync(next, cancellationToken);
            return true;
        }

        if (next.Length > SpdyHeaders.BytesMax)
        {
            throw new SpdyProtocolException($"a control frame of {next.Length} bytes is longer than {SpdyHeaders.BytesMax}");
        }

        byte[] payload = new byte[next.Length];
        await transport.ReadExactlyAsync(payload, cancellationToken);
        await TakeControlAsync(next, payload, onOpened, cancellationToken);
        return true;
    }

    private async Task TakeControlAsync(SpdyFrameHead next, byte[] payload, Action<SpdyStream> onOpened, CancellationToken cancellationToken)
    {
        switch (next.Type)
        {
            case SpdyFrameType.SynStream:
                await OpenAsync(next, payload, onOpened, cancellationToken);
                break;
            case SpdyFrameType.SynReply or SpdyFrameType.Headers:
                // Nobody asked for them, yet the next headers refer back to these.
                NumberIn(payload, 0);
                inflater.Inflate(payload.AsSpan(sizeof(int)));
                break;
            case SpdyFrameType.RstStream:
                if (streams.TryGetValue(NumberIn(payload, 0), out SpdyStream? broken))
                {
                    broken.OnBroken("the client has broken the stream off");
                }

                break;
            case SpdyFrameType.Ping when (NumberIn(payload, 0) & 1) == 1:
                await SendAsync(next, payload, cancellationToken);
                break;
            case SpdyFrameType.GoAway:
                isPeerLeaving = true;
                break;
            default:
                // Settings and windows say nothing to a side that has no windows; an even ping would be an answer to one of ours.
                break;
        }
    }

    private async Task OpenAsync(SpdyFrameHead next, byte[] payload, Action<SpdyStream> onOpened, CancellationToken cancellationToken)
    {
        int id = NumberIn(payload, 0);
        if (payload.Length < SynStreamBytes || id % 2 == 0 || id <= lastStream)
        {
            throw new SpdyProtocolException($"a client cannot open stream {id} after {lastStream}");
        }

        lastStream = id;
        SpdyStream stream = new(this, id, SpdyHeaders.Read(inflater.Inflate(payload.AsSpan(SynStreamBytes))));
        if (streams.Count >= StreamsMax || isPeerLeaving)
        {
            byte[] refusal = [.. Number(id), .. Number(RefusedStream)];
            await SendAsync(new SpdyFrameHead(SpdyFrameType.RstStream, 0, 0, refusal.Length), refusal, cancellationToken);
            return;
        }

        streams[id] = stream;
        byte[] reply = [.. Number(id), .. deflater.Deflate(SpdyHeaders.Write(new Dictionary<string, string>()))];
        await SendAsync(new SpdyFrameHead(SpdyFrameType.SynReply, 0, 0, reply.Length), reply, cancellationToken);
        if (next.IsLast)
        {
            stream.OnEnd();
        }

        onOpened(stream);
    }

    /// <summary>Data of a stream that is over was on its way when it ended: it is dropped.</summary>
    private async Task TakeDataAsync(SpdyFrameHead next, CancellationToken cancellationToken)
    {
        SpdyStream? stream = streams.TryGetValue(next.Stream, out SpdyStream? open) && open.IsOpenForPeer ? open : null;
        int remaining = next.Length;
        while (remaining > 0)
        {
            Memory<byte> room = stream?.Received.GetMemory() ?? new byte[Math.Min(remaining, WriteBytesMax)];
            int count = await transport.ReadAsync(room[..Math.Min(room.Length, remaining)], cancellationToken);
            if (count == 0)
            {
                throw new EndOfStreamException("the connection has ended within a frame");
            }

            remaining -= count;
            if (stream is not null)
            {
                stream.Received.Advance(count);
                await stream.Received.FlushAsync(cancellationToken);
            }
        }

        if (next.IsLast)
        {
            stream?.OnEnd();
        }
    }

    private async Task GoAwayAsync(int status, CancellationToken cancellationToken)
    {
        if (!hasSaidGoAway)
        {
            hasSaidGoAway = true;
            byte[] goodbye = [.. Number(lastStream), .. Number(status)];
            await SendAsync(new SpdyFrameHead(SpdyFrameType.GoAway, 0, 0, goodbye.Length), goodbye, cancellationToken);
        }
    }

    private static int NumberIn(byte[] payload, int at) => payload.Length >= at + sizeof(int)
        ? BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(at)) & IdMask
        : throw new SpdyProtocolException("a control frame ends within a number");

    private static byte[] Number(int value)
    {
        byte[] bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
