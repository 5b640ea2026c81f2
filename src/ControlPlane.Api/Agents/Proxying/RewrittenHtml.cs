namespace ControlPlane.Api.Agents.Proxying;

/// <summary>A page as a pod sends it, its links rewritten; read as it comes, never held as a whole.</summary>
internal sealed class RewrittenHtml(Stream page, Func<string, string> rewrite) : Stream
{
    private readonly HtmlRewriter rewriter = new(rewrite);
    private readonly byte[] piece = new byte[16 * 1024];
    private ReadOnlyMemory<byte> ready;
    private bool hasEnded;

    public override bool CanRead => true;

    public override bool CanWrite => false;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (ready.IsEmpty && !hasEnded)
        {
            int read = await page.ReadAsync(piece.AsMemory(), cancellationToken);
            hasEnded = read == 0;
            ready = hasEnded ? rewriter.End() : rewriter.Add(piece.AsSpan(0, read));
        }

        int count = Math.Min(buffer.Length, ready.Length);
        ready[..count].CopyTo(buffer);
        ready = ready[count..];
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("read it asynchronously");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            page.Dispose();
        }

        base.Dispose(disposing);
    }
}
