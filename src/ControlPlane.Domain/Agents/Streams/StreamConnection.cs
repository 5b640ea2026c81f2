using System.Buffers.Binary;

namespace ControlPlane.Domain.Agents.Streams;

/// <summary>
/// The channels between a replica and an agent, over one transport of bytes in both directions: each channel is ended for itself, and each has room of its own at its reader, so that one
/// that is not read holds up no other, and the transport's end is noticed at once. Disposing breaks off what has not ended.
/// </summary>
public sealed class StreamConnection : IAsyncDisposable
{
    private readonly Stream transport;
    private readonly StreamChannel[] channels;
    private readonly SemaphoreSlim sending = new(1);
    private readonly CancellationTokenSource closing = new();
    private readonly byte[] frame = new byte[StreamFrameHead.Bytes + StreamFrameHead.PayloadBytesMax];
    private Exception? broken;

    /// <param name="transport">Is the connection's own from now on.</param>
    public StreamConnection(Stream transport)
    {
        this.transport = transport;
        channels = [.. Enumerable.Range(0, StreamChannels.Count).Select(number => new StreamChannel(this, number))];
        Closed = ReceiveAsync();
    }

    /// <summary>Completes, never with an error, when the other side has closed the transport or it is broken: nothing more comes or goes.</summary>
    public Task Closed { get; }

    /// <summary>A channel by its number: see <see cref="StreamChannels"/>.</summary>
    public StreamChannel this[int number] => channels[number];

    /// <summary>Closes the transport.</summary>
    public async ValueTask DisposeAsync()
    {
        Break(new IOException("the stream was closed"));
        await closing.CancelAsync();
        await transport.DisposeAsync();
        await Closed;
    }

    internal Task SendCreditAsync(int channel, int credit, CancellationToken cancellationToken)
    {
        byte[] payload = new byte[StreamFrameHead.CreditBytes];
        BinaryPrimitives.WriteUInt32BigEndian(payload, (uint)credit);
        return SendAsync(StreamFrameKind.Credit, channel, payload, cancellationToken);
    }

    /// <summary>Once begun a frame is sent whole, whoever gives up waiting: nothing could follow a part of one. The other side never stops reading, so it takes no time.</summary>
    internal async Task SendAsync(StreamFrameKind kind, int channel, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        await sending.WaitAsync(cancellationToken);
        try
        {
            if (broken is { } why)
            {
                throw new IOException(why.Message, why);
            }

            new StreamFrameHead(kind, channel, payload.Length).Write(frame);
            payload.CopyTo(frame.AsMemory(StreamFrameHead.Bytes));
            await transport.WriteAsync(frame.AsMemory(0, StreamFrameHead.Bytes + payload.Length), closing.Token);
            await transport.FlushAsync(closing.Token);
        }
        catch (Exception failure) when (IsEnd(failure))
        {
            Break(failure);
            throw new IOException("the stream was broken off", failure);
        }
        finally
        {
            sending.Release();
        }
    }

    private async Task ReceiveAsync()
    {
        byte[] head = new byte[StreamFrameHead.Bytes];
        byte[] payload = new byte[StreamFrameHead.PayloadBytesMax];
        try
        {
            while (await transport.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, closing.Token) == head.Length)
            {
                StreamFrameHead next = StreamFrameHead.Read(head);
                await transport.ReadExactlyAsync(payload.AsMemory(0, next.Length), closing.Token);
                Handle(next, payload);
            }

            Break(new IOException("the other side has closed the stream"));
        }
        catch (Exception failure) when (IsEnd(failure))
        {
            Break(failure);
        }
    }

    /// <summary>Whether the transport is at its end. One that was closed here may say anything about that: a pipe's is an <see cref="InvalidOperationException"/>.</summary>
    private bool IsEnd(Exception failure) => failure is IOException or ObjectDisposedException or OperationCanceledException || closing.IsCancellationRequested;

    private void Handle(StreamFrameHead head, byte[] payload)
    {
        StreamChannel channel = channels[head.Channel];
        switch (head.Kind)
        {
            case StreamFrameKind.Data:
                channel.OnData(payload.AsSpan(0, head.Length));
                break;
            case StreamFrameKind.End:
                channel.OnEnd();
                break;
            default:
                channel.OnCredit(BinaryPrimitives.ReadUInt32BigEndian(payload));
                break;
        }
    }

    private void Break(Exception why)
    {
        Exception first = Interlocked.CompareExchange(ref broken, why, null) ?? why;
        foreach (StreamChannel channel in channels)
        {
            channel.OnBroken(first);
        }
    }
}
