using System.IO.Pipelines;

namespace ControlPlane.Api.Wire.Spdy;

/// <summary>One stream of a connection: opened by the client, with headers that say what it is for; bytes both ways, each of which is ended for itself.</summary>
internal sealed class SpdyStream : IForwardedStream
{
    /// <summary>Bytes that are kept for a reader. SPDY's windows are not used by Kubernetes' clients: beyond this the whole connection waits for the reader.</summary>
    public const int BufferBytes = 256 * 1024;

    private readonly SpdyConnection connection;
    private readonly Pipe input = new(new PipeOptions(pauseWriterThreshold: BufferBytes, resumeWriterThreshold: BufferBytes / 2, useSynchronizationContext: false));
    private readonly Lock gate = new();
    private bool hasEnded;
    private bool hasPeerEnded;
    private bool isBroken;

    public SpdyStream(SpdyConnection connection, int id, IReadOnlyDictionary<string, string> headers)
    {
        this.connection = connection;
        Id = id;
        Headers = headers;
    }

    public int Id { get; }

    /// <summary>By name, in small letters.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>
    /// What the client sends: completed when it has ended its direction; an <see cref="IOException"/> when it has broken the stream off or has gone. Whoever wants no more completes it: the rest is dropped.
    /// </summary>
    public PipeReader Input => input.Reader;

    /// <summary>Where the connection puts what the client sends.</summary>
    internal PipeWriter Received => input.Writer;

    /// <summary>Whether nothing goes in either direction any more.</summary>
    internal bool IsOver
    {
        get
        {
            lock (gate)
            {
                return isBroken || (hasEnded && hasPeerEnded);
            }
        }
    }

    /// <summary>Sends all of it.</summary>
    /// <exception cref="IOException">The stream or the connection was broken off, or this side has ended the stream.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        while (!data.IsEmpty)
        {
            lock (gate)
            {
                if (isBroken || hasEnded)
                {
                    throw new IOException($"the stream {Id} is over");
                }
            }

            ReadOnlyMemory<byte> part = data[..Math.Min(data.Length, SpdyConnection.WriteBytesMax)];
            await connection.SendAsync(new SpdyFrameHead(SpdyFrameType.Data, Id, 0, part.Length), part, cancellationToken);
            data = data[part.Length..];
        }
    }

    /// <summary>Says that this side sends nothing more; what the client sends can still be read. Said twice it is said once.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (hasEnded || isBroken)
            {
                return;
            }

            hasEnded = true;
        }

        await connection.SendAsync(new SpdyFrameHead(SpdyFrameType.Data, Id, SpdyFrameHead.Fin, 0), ReadOnlyMemory<byte>.Empty, cancellationToken);
        connection.ForgetIfOver(this);
    }

    /// <summary>The client has ended its direction.</summary>
    internal void OnEnd()
    {
        lock (gate)
        {
            hasPeerEnded = true;
        }

        input.Writer.Complete();
        connection.ForgetIfOver(this);
    }

    /// <summary>The client has broken the stream off, or the connection has ended.</summary>
    internal void OnBroken(string why)
    {
        lock (gate)
        {
            isBroken = true;
            if (hasPeerEnded)
            {
                return;
            }
        }

        input.Writer.Complete(new IOException(why));
        connection.ForgetIfOver(this);
    }

    /// <summary>Whether the client may still send.</summary>
    internal bool IsOpenForPeer
    {
        get
        {
            lock (gate)
            {
                return !hasPeerEnded && !isBroken;
            }
        }
    }
}
