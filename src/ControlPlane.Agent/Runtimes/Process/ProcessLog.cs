using System.Text;
using ControlPlane.Domain.Agents;

namespace ControlPlane.Agent.Runtimes.Process;

/// <summary>Reads a container's log files, which hold what the process wrote and nothing else, as they are.</summary>
internal sealed class ProcessLog(ContainerFolder folder, Func<bool> isRunning, TimeProvider time)
{
    private const int BufferBytes = 16 * 1024;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    public async Task CopyAsync(LogOptions options, Stream target, CancellationToken cancellationToken)
    {
        long left = options.LimitBytes ?? long.MaxValue;
        long end = 0;
        if (options.TailLines is { } lines)
        {
            (byte[] tail, end) = await TailAsync((int)Math.Min(lines, int.MaxValue), cancellationToken);
            left = await WriteAsync(tail, target, left, cancellationToken);
        }
        else
        {
            foreach (string path in folder.LogPaths)
            {
                (left, end) = await CopyFromAsync(path, offset: 0, target, left, cancellationToken);
            }
        }

        while (options.Follow && left > 0)
        {
            await target.FlushAsync(cancellationToken);

            // In this order: what was written before the container ended is still copied.
            bool goesOn = isRunning();
            if (File.Exists(folder.LogPath))
            {
                bool wasRotated = new FileInfo(folder.LogPath).Length < end;
                (left, end) = await CopyFromAsync(folder.LogPath, wasRotated ? 0 : end, target, left, cancellationToken);
            }

            if (!goesOn)
            {
                return;
            }

            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    /// <summary>The last lines, and how far the newest file was read for them.</summary>
    private async Task<(byte[] Lines, long End)> TailAsync(int lines, CancellationToken cancellationToken)
    {
        Queue<string> last = new();
        long end = 0;
        foreach (string path in folder.LogPaths)
        {
            await using FileStream file = Open(path);
            using StreamReader reader = new(file, Encoding.Latin1);
            string text = await reader.ReadToEndAsync(cancellationToken);
            end = text.Length;
            foreach (string line in text.Split('\n').SkipLast(text.EndsWith('\n') ? 1 : 0))
            {
                last.Enqueue(line + "\n");
                if (last.Count > lines)
                {
                    last.Dequeue();
                }
            }
        }

        // Latin1 is one byte a char, both ways: the bytes come out as they went in, whatever their encoding.
        return (Encoding.Latin1.GetBytes(string.Concat(last)), end);
    }

    private static async Task<(long Left, long End)> CopyFromAsync(string path, long offset, Stream target, long left, CancellationToken cancellationToken)
    {
        await using FileStream file = Open(path);
        file.Position = offset;
        byte[] buffer = new byte[BufferBytes];
        int read;
        while (left > 0 && (read = await file.ReadAsync(buffer, cancellationToken)) > 0)
        {
            left = await WriteAsync(buffer.AsMemory(0, read), target, left, cancellationToken);
        }

        return (left, file.Position);
    }

    private static async Task<long> WriteAsync(ReadOnlyMemory<byte> bytes, Stream target, long left, CancellationToken cancellationToken)
    {
        int count = (int)Math.Min(bytes.Length, left);
        await target.WriteAsync(bytes[..count], cancellationToken);
        return left - count;
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
}
