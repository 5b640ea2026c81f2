using System.Buffers;
using System.IO.Pipelines;

namespace ControlPlane.Gateway.Listening;

/// <summary>Tells HTTP/2 with prior knowledge from HTTP/1.1 by how the client begins (RFC 9113, 3.4), and leaves what was read to be read again.</summary>
internal static class Preface
{
    private static ReadOnlySpan<byte> Bytes => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    public static async Task<bool> IsHttp2Async(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await reader.ReadAsync(cancellationToken);
            bool? answer = IsHttp2(read.Buffer);
            bool isDone = answer is not null || read.IsCompleted;
            reader.AdvanceTo(read.Buffer.Start, isDone ? read.Buffer.Start : read.Buffer.End);
            if (isDone)
            {
                return answer ?? false;
            }
        }
    }

    /// <summary>Null when more bytes must tell.</summary>
    public static bool? IsHttp2(ReadOnlySequence<byte> begin)
    {
        int length = (int)Math.Min(begin.Length, Bytes.Length);
        Span<byte> first = stackalloc byte[length];
        begin.Slice(0, length).CopyTo(first);
        if (!first.SequenceEqual(Bytes[..length]))
        {
            return false;
        }

        return length == Bytes.Length ? true : null;
    }
}
