using System.Globalization;

namespace ControlPlane.Agent.Runtimes.Process;

/// <summary>
/// When the bytes of a log file were written. A process writes its log itself, so the agent notes, some times a second, up to which byte it has grown and
/// when it was last written: lines <c>OFFSET MILLISECONDS</c> in a file beside it. What was written while no agent ran has the time of the last of it.
/// </summary>
internal sealed class LogTimes
{
    private readonly List<long> offsets = [];
    private readonly List<long> times = [];
    private readonly DateTimeOffset lastWrite;

    private LogTimes(string log)
    {
        lastWrite = File.GetLastWriteTimeUtc(log);
        foreach ((long offset, long atMs) in Entries(log))
        {
            offsets.Add(offset);
            times.Add(atMs);
        }
    }

    public static string PathOf(string log) => $"{log}.times";

    public static LogTimes Of(string log) => new(log);

    /// <summary>The byte up to which the times of a log are noted.</summary>
    public static long UpTo(string log) => Entries(log).Select(entry => entry.Offset).DefaultIfEmpty().Max();

    public static void Note(string log, long offset, DateTimeOffset at) =>
        File.AppendAllText(PathOf(log), string.Create(CultureInfo.InvariantCulture, $"{offset} {at.ToUnixTimeMilliseconds()}\n"));

    /// <summary>When a line was written that ends before a byte.</summary>
    public DateTimeOffset At(long end)
    {
        int index = offsets.BinarySearch(end);
        index = index < 0 ? ~index : index;
        return index < times.Count ? DateTimeOffset.FromUnixTimeMilliseconds(times[index]) : lastWrite;
    }

    /// <summary>A line that is not whole, for its agent died at it, is none.</summary>
    private static IEnumerable<(long Offset, long AtMs)> Entries(string log)
    {
        string path = PathOf(log);
        foreach (string line in File.Exists(path) ? File.ReadLines(path) : [])
        {
            if (line.Split(' ') is [var offset, var atMs]
                && long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes)
                && long.TryParse(atMs, NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds))
            {
                yield return (bytes, milliseconds);
            }
        }
    }
}
