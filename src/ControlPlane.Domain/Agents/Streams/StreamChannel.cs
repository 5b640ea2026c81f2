namespace ControlPlane.Domain.Agents.Streams;

/// <summary>
/// One channel of a <see cref="StreamConnection"/>: reads what the other side sends on it, until that side ends it, and sends. One reads and one writes at a
/// time. A write waits until the other side has room, so a reader that stands still stands the writer still, and nobody else.
/// </summary>
public sealed class StreamChannel : Stream
{
    private readonly StreamConnection connection;
    private readonly Lock gate = new();
    private readonly ReceiveWindow received = new();
    private readonly SendWindow room = new();
    private TaskCompletionSource changed = NewSignal();
    private bool hasPeerEnded;
    private bool hasEnded;
    private Exception? broken;

    internal StreamChannel(StreamConnection connection, int number) => (this.connection, Number) = (connection, number);

    /// <summary>See <see cref="StreamChannels"/>.</summary>
    public int Number { get; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Reads what there is, at least one byte; 0 once the other side has ended the channel and all was read.</summary>
    /// <exception cref="IOException">The connection was broken off before.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            Task waited;
            lock (gate)
            {
                if (received.Count > 0)
                {
                    break;
                }

                if (hasPeerEnded)
                {
                    return 0;
                }

                waited = UnlessBroken();
            }

            await waited.WaitAsync(cancellationToken);
        }

        (int count, int credit) = Take(buffer.Span);
        if (credit > 0)
        {
            await connection.SendCreditAsync(Number, credit, cancellationToken);
        }

        return count;
    }

    /// <summary>Sends all of it; returns when the last of it was handed to the transport.</summary>
    /// <exception cref="IOException">The connection was broken off, or this side has ended the channel.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            int count = await TakeRoomAsync(buffer.Length, cancellationToken);
            await connection.SendAsync(StreamFrameKind.Data, Number, buffer[..count], cancellationToken);
            buffer = buffer[count..];
        }
    }

    /// <summary>Says that this side sends nothing more on the channel; what the other sends can still be read. Said twice it is said once.</summary>
    /// <exception cref="IOException">The connection was broken off.</exception>
    public async Task EndAsync(CancellationToken cancellationToken = default)
    {
        lock (gate)
        {
            if (hasEnded)
            {
                return;
            }

            hasEnded = true;
        }

        await connection.SendAsync(StreamFrameKind.End, Number, ReadOnlyMemory<byte>.Empty, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("read it asynchronously");

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("write it asynchronously");

    /// <summary>Nothing is held back.</summary>
    public override void Flush()
    {
    }

    /// <summary>Nothing is held back.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    internal void OnData(ReadOnlySpan<byte> data)
    {
        lock (gate)
        {
            if (hasPeerEnded)
            {
                throw new StreamProtocolException($"data on channel {Number} after its end");
            }

            received.Add(data);
            Signal();
        }
    }

    internal void OnEnd()
    {
        lock (gate)
        {
            hasPeerEnded = true;
            Signal();
        }
    }

    internal void OnCredit(uint credit)
    {
        lock (gate)
        {
            room.Add(credit);
            Signal();
        }
    }

    internal void OnBroken(Exception why)
    {
        lock (gate)
        {
            broken = why;
            Signal();
        }
    }

    private (int Count, int Credit) Take(Span<byte> target)
    {
        lock (gate)
        {
            int count = received.Take(target);
            return (count, hasPeerEnded || broken is not null ? 0 : received.TakeCredit());
        }
    }

    private async Task<int> TakeRoomAsync(int wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task waited;
            lock (gate)
            {
                if (hasEnded)
                {
                    throw new IOException($"channel {Number} has been ended");
                }

                waited = UnlessBroken();
                if (room.Take(wanted) is var count and > 0)
                {
                    return count;
                }
            }

            await waited.WaitAsync(cancellationToken);
        }
    }

    private Task UnlessBroken() => broken is null ? changed.Task : throw new IOException(broken.Message, broken);

    private void Signal()
    {
        TaskCompletionSource was = changed;
        changed = NewSignal();
        was.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
