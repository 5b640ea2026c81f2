using System.IO.Compression;
using System.IO.Pipelines;
using Microsoft.Net.Http.Headers;

namespace ControlPlane.Api.Wire;

/// <summary>
/// An answer's body that is compressed where the client takes gzip and there is more than <see cref="SmallMax"/> of it (Kubernetes,
/// APIResponseCompression). What is written is held until that is known.
/// </summary>
internal sealed class CompressingWriter : PipeWriter, IAsyncDisposable
{
    /// <summary>Bytes of a body that is sent as it is: compressing it costs more than it saves (Kubernetes: 128 KiB).</summary>
    internal const int SmallMax = 128 * 1024;

    private readonly HttpContext http;
    private readonly LateStream target = new();

    /// <summary>What gzip writes to: it can be ended without ending the answer.</summary>
    private readonly LateStream compressed = new();
    private readonly PipeWriter pending;

    private CompressingWriter(HttpContext http)
    {
        this.http = http;
        pending = Create(target, new StreamPipeWriterOptions(leaveOpen: true));
    }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => pending.UnflushedBytes;

    /// <summary>Has a body written. One that fails before it is known to be large has left nothing behind, so that an error can be answered instead.</summary>
    public static async Task WriteAsync(HttpContext http, Func<PipeWriter, Task> writeAsync)
    {
        if (!IsAccepted(http.Request))
        {
            await writeAsync(http.Response.BodyWriter);
            return;
        }

        await using CompressingWriter body = new(http);
        await writeAsync(body);
        await body.EndAsync();
    }

    /// <summary>Whether gzip is among what the client takes, without a weight, as clients send it.</summary>
    private static bool IsAccepted(HttpRequest request) =>
        request.Headers.AcceptEncoding.Any(value => value is not null && value.Split(',', StringSplitOptions.TrimEntries).Contains("gzip"));

    public override void Advance(int bytes) => pending.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => pending.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => pending.GetSpan(sizeHint);

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (!target.IsOpen)
        {
            if (pending.UnflushedBytes <= SmallMax)
            {
                return default;
            }

            http.Response.Headers.ContentEncoding = "gzip";
            http.Response.Headers.Append(HeaderNames.Vary, HeaderNames.AcceptEncoding);
            http.Response.ContentLength = null;
            compressed.Open(http.Response.Body, isOwned: false);
            target.Open(new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true), isOwned: true);
        }

        return await pending.FlushAsync(cancellationToken);
    }

    public override void CancelPendingFlush() => pending.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => throw new NotSupportedException("who had the body written completes it");

    /// <summary>What is held goes back to where it was borrowed; a body that did not end is not ended here either.</summary>
    public async ValueTask DisposeAsync()
    {
        compressed.Leave();
        await target.EndAsync();
        target.Leave();
        await pending.CompleteAsync();
    }

    private async Task EndAsync()
    {
        await FlushAsync(http.RequestAborted);
        if (!target.IsOpen)
        {
            http.Response.ContentLength = pending.UnflushedBytes;
            target.Open(http.Response.Body, isOwned: false);
            await pending.FlushAsync(http.RequestAborted);
        }

        await target.EndAsync();
    }

    /// <summary>A stream of which it is not known yet where it leads.</summary>
    private sealed class LateStream : Stream
    {
        private Stream to = Null;
        private bool isOwned;

        public bool IsOpen { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Open(Stream stream, bool isOwned)
        {
            (to, this.isOwned) = (stream, isOwned);
            IsOpen = true;
        }

        /// <summary>From here on nothing is written any more.</summary>
        public void Leave() => to = Null;

        /// <summary>Writes what ends the compressed form; nothing a second time.</summary>
        public ValueTask EndAsync() => isOwned ? to.DisposeAsync() : ValueTask.CompletedTask;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => to.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        /// <summary>Nothing to do: what was compressed is sent as it comes.</summary>
        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Flush()
        {
        }

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("write it asynchronously");

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
