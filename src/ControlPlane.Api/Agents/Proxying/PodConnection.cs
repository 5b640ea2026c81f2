using System.Text;
using ControlPlane.Domain.Agents.Streams;

namespace ControlPlane.Api.Agents.Proxying;

/// <summary>A connection to a pod's port: the bytes of a stream's data channel. That it broke on the pod's side is what the agent says at its end.</summary>
internal sealed class PodConnection(PendingStream stream, StreamConnection agent) : Stream
{
    /// <summary>As much of the agent's reason as is told, in bytes.</summary>
    private const int ReasonBytesMax = 4096;

    private readonly StreamChannel data = agent[StreamChannels.Data];

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The pod's side, or the agent's, was broken off.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await data.ReadAsync(buffer, cancellationToken);
        if (count == 0 && !buffer.IsEmpty && await ReasonAsync(cancellationToken) is { Length: > 0 } reason)
        {
            throw new IOException(reason);
        }

        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => data.WriteAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("read it asynchronously");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("write it asynchronously");

    /// <summary>Nothing is held back.</summary>
    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            stream.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<string> ReasonAsync(CancellationToken cancellationToken)
    {
        byte[] reason = new byte[ReasonBytesMax];
        int length = await agent[StreamChannels.Error].ReadAtLeastAsync(reason, reason.Length, throwOnEndOfStream: false, cancellationToken);
        return Encoding.UTF8.GetString(reason, 0, length);
    }
}
