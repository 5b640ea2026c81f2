using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using ControlPlane.Domain.Agents;

namespace ControlPlane.Agent.Runtimes.Process;

/// <summary>Reads a container's log files line by line, for whoever wants the lines since a time, or each with its time.</summary>
internal sealed class TimedProcessLog(ContainerFolder folder, Func<bool> isRunning, TimeProvider time)
{
    /// <summary>A longer line is cut into pieces, each a line of its own.</summary>
    private const int LineBytesMax = 64 * 1024;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <summary>As the kubelet: the last lines first, of these those that are young enough; the limit counts what is sent, times and all.</summary>
    public async Task CopyAsync(LogOptions options, Stream target, CancellationToken cancellationToken)
    {
        Writer writer = new(target, options, SinceOf(options));
        int tail = (int)Math.Min(options.TailLines ?? int.MaxValue, int.MaxValue);
        Queue<Line> last = new();
        long end = 0;
        foreach (string path in folder.LogPaths.ToList())
        {
            end = 0;
            await foreach (Line line in LinesAsync(path, from: 0, takesRest: !options.Follow, cancellationToken))
            {
                end = line.End;
                last.Enqueue(line);
                while (last.Count > (options.TailLines is null ? 0 : tail))
                {
                    Line next = last.Dequeue();
                    await (options.TailLines is null ? writer.WriteAsync(next, cancellationToken) : Task.CompletedTask);
                }
            }
        }

        foreach (Line line in last)
        {
            await writer.WriteAsync(line, cancellationToken);
        }

        if (options.Follow)
        {
            await FollowAsync(writer, end, target, cancellationToken);
        }
    }

    private DateTimeOffset SinceOf(LogOptions options) =>
        options.SinceTime ?? (options.SinceSeconds is { } seconds ? time.GetUtcNow() - TimeSpan.FromSeconds(seconds) : DateTimeOffset.MinValue);

    private async Task FollowAsync(Writer writer, long end, Stream target, CancellationToken cancellationToken)
    {
        bool goesOn = true;
        while (goesOn && !writer.IsFull)
        {
            await target.FlushAsync(cancellationToken);
            await Task.Delay(Poll, time, cancellationToken);

            // In this order: what was written before the container ended is still copied.
            goesOn = isRunning();
            if (!File.Exists(folder.LogPath))
            {
                continue;
            }

            bool wasRotated = new FileInfo(folder.LogPath).Length < end;
            end = wasRotated ? 0 : end;
            await foreach (Line line in LinesAsync(folder.LogPath, end, takesRest: !goesOn, cancellationToken))
            {
                end = line.End;
                await writer.WriteAsync(line, cancellationToken);
            }
        }
    }

    /// <summary>The lines of a file from a byte on; the last one without an end only when it is asked for.</summary>
    private static async IAsyncEnumerable<Line> LinesAsync(string path, long from, bool takesRest, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Position = from;
        LogTimes times = LogTimes.Of(path);
        PipeReader reader = PipeReader.Create(file);
        for (bool isOver = false; !isOver;)
        {
            ReadResult read = await reader.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> buffer = read.Buffer;
            while (TakeLine(ref buffer, takesRest && read.IsCompleted) is { } bytes)
            {
                from += bytes.Length;
                yield return new Line(bytes, from, times.At(from));
            }

            isOver = read.IsCompleted;
            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static byte[]? TakeLine(ref ReadOnlySequence<byte> buffer, bool takesRest)
    {
        SequencePosition? end = buffer.PositionOf((byte)'\n') is { } newline ? buffer.GetPosition(1, newline)
            : buffer.Length >= LineBytesMax ? buffer.GetPosition(LineBytesMax)
            : takesRest && buffer.Length > 0 ? buffer.End
            : null;
        if (end is not { } cut)
        {
            return null;
        }

        byte[] line = buffer.Slice(0, cut).ToArray();
        buffer = buffer.Slice(cut);
        return line;
    }

    /// <param name="Bytes">With the newline at its end, if it has one.</param>
    /// <param name="End">The byte behind it.</param>
    /// <param name="At">When it was written.</param>
    private sealed record Line(byte[] Bytes, long End, DateTimeOffset At);

    /// <summary>Writes the lines that are young enough, up to the limit.</summary>
    private sealed class Writer(Stream target, LogOptions options, DateTimeOffset since)
    {
        private long left = options.LimitBytes ?? long.MaxValue;

        public bool IsFull => left == 0;

        public async Task WriteAsync(Line line, CancellationToken cancellationToken)
        {
            if (line.At < since)
            {
                return;
            }

            if (options.Timestamps)
            {
                string stamp = line.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'000000Z '", CultureInfo.InvariantCulture);
                await SendAsync(Encoding.ASCII.GetBytes(stamp), cancellationToken);
            }

            await SendAsync(line.Bytes, cancellationToken);
        }

        private async Task SendAsync(byte[] bytes, CancellationToken cancellationToken)
        {
            int count = (int)Math.Min(bytes.Length, left);
            await target.WriteAsync(bytes.AsMemory(0, count), cancellationToken);
            left -= count;
        }
    }
}
