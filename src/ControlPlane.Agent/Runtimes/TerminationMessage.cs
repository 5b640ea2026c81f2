using System.Text;
using ControlPlane.Domain.Resources;

namespace ControlPlane.Agent.Runtimes;

/// <summary>What a container says of its end, and how much of it is kept (the kubelet's numbers).</summary>
internal static class TerminationMessage
{
    public const string DefaultPath = "/dev/termination-log";

    public const int BytesMax = 4096;

    /// <summary>As much of a log as stands in for a message: so many lines, and of those so many bytes.</summary>
    public const int LogLinesMax = 80;

    public const int LogBytesMax = 2048;

    private const string FallbackToLogs = "FallbackToLogsOnError";

    public static string PathOf(Container container) => container.TerminationMessagePath is { Length: > 0 } path ? path : DefaultPath;

    /// <summary>Whether the end of the log takes the place of a message that was not left.</summary>
    public static bool FallsBack(string? policy, int exitCode) => policy == FallbackToLogs && exitCode != 0;

    public static string TextOf(ReadOnlySpan<byte> message) => Encoding.UTF8.GetString(message);

    /// <summary>The last bytes of a file that may have any size.</summary>
    public static byte[] EndOf(string path, int bytesMax)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Position = Math.Max(0, file.Length - bytesMax);
        byte[] end = new byte[Math.Min(bytesMax, file.Length)];
        return end[..file.ReadAtLeast(end, end.Length, throwOnEndOfStream: false)];
    }

    /// <summary>The last lines of the end of a log.</summary>
    public static string LinesOf(ReadOnlySpan<byte> endOfLog)
    {
        string text = TextOf(endOfLog);
        int start = text.Length;
        for (int lines = 0; lines < LogLinesMax && start > 0; lines++)
        {
            start = start < 2 ? 0 : text.LastIndexOf('\n', start - 2) + 1;
        }

        return text[start..];
    }
}

/// <summary>The last bytes of what is written to it.</summary>
internal sealed class LastBytes(int max)
{
    private byte[] kept = [];

    public ReadOnlySpan<byte> Kept => kept;

    public void Add(ReadOnlySpan<byte> more) =>
        kept = more.Length >= max ? [.. more[^max..]] : [.. kept.AsSpan(Math.Max(0, kept.Length + more.Length - max)), .. more];
}
