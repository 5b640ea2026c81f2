using System.Globalization;

namespace ControlPlane.Launcher.Processes;

/// <summary>A process that cannot be mistaken for a later one of the same id: with the time it started (clock ticks since boot) and the boot.</summary>
internal sealed record ProcessIdentity(int Id, long StartTicks, string BootId)
{
    /// <summary>The identity of a process that runs; null when there is none of this id, or only what its parent has not yet taken note of.</summary>
    public static ProcessIdentity? Of(int processId)
    {
        try
        {
            return StartTicksIn(File.ReadAllText($"/proc/{processId}/stat")) is { } ticks ? new ProcessIdentity(processId, ticks, CurrentBoot()) : null;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException || IsGone(error))
        {
            return null;
        }
    }

    /// <summary>
    /// When a process started, in clock ticks since boot, out of the text of its <c>/proc/PID/stat</c>; null when it has ended. One whose first thread has
    /// ended has not, as long as it has others: they hold its files, and the ports it listens on.
    /// </summary>
    internal static long? StartTicksIn(string stat)
    {
        // pid (name) state ppid …: the name may hold blanks and brackets. The number of threads and the start time are the 18th and the 20th field after it. See proc(5).
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        bool hasEnded = fields[0] == "X" || (fields[0] == "Z" && fields[17] is ("0" or "1"));
        return hasEnded ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
    }

    /// <summary>Reads what <see cref="ToString"/> wrote; null when it is no such text.</summary>
    public static ProcessIdentity? Parse(string text) =>
        text.Trim().Split(' ') is [var id, var ticks, var boot]
        && int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int processId)
        && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out long startTicks)
            ? new ProcessIdentity(processId, startTicks, boot)
            : null;

    public bool IsRunning() => Of(Id) == this;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Id} {StartTicks} {BootId}");

    private static string CurrentBoot() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>Reading the file of a process that ends meanwhile answers ESRCH.</summary>
    private static bool IsGone(Exception error) => error is IOException { HResult: 3 };
}
