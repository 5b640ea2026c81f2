using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace ControlPlane.Agent.Runtimes.Process;

/// <summary>Looks at processes through <c>/proc</c> and sends signals, which .NET cannot do by itself.</summary>
internal static partial class ProcessGroup
{
    public const int Terminate = 15;
    public const int Kill = 9;

    /// <summary>True while a process lives and has a word in its command line: an id that was given to another process since does not.</summary>
    public static bool IsAlive(int pid, string word)
    {
        try
        {
            return !IsZombie(pid) && File.ReadAllText($"/proc/{pid}/cmdline", Encoding.UTF8).Contains(word, StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Sends a signal to one process; a process that is gone is no error.</summary>
    public static void Signal(int pid, int signal) => Send(pid, signal);

    /// <summary>Kills every process of a group whose environment has an entry, which tells the group from a later one of the same number.</summary>
    public static void KillGroup(int group, string environmentEntry) => KillWhere(pid => GroupOf(pid) == group && HasEntry(pid, environmentEntry));

    /// <summary>Kills every process whose environment has an entry.</summary>
    public static void KillAll(string environmentEntry) => KillWhere(pid => HasEntry(pid, environmentEntry));

    /// <summary>Looks again until there is none: one may have come from another before that was killed.</summary>
    private static void KillWhere(Func<int, bool> isMeant)
    {
        HashSet<int> killed = [];
        bool isDone;
        do
        {
            isDone = true;
            foreach (string folder in Directory.EnumerateDirectories("/proc"))
            {
                if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && isMeant(pid) && killed.Add(pid))
                {
                    Send(pid, Kill);
                    isDone = false;
                }
            }
        }
        while (!isDone);
    }

    private static void Send(int pid, int signal)
    {
        const int NoSuchProcess = 3;
        if (kill(pid, signal) != 0 && Marshal.GetLastPInvokeError() is var error and not NoSuchProcess)
        {
            throw new RuntimeUnavailableException($"signal {signal} to process {pid}: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    private static bool IsZombie(int pid) => StatOf(pid) is ["Z" or "X", ..];

    private static int GroupOf(int pid) =>
        StatOf(pid) is [_, _, var group, ..] && int.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;

    /// <summary>The fields of <c>/proc/PID/stat</c> after the name: state, parent, group, …; empty when the process is gone.</summary>
    private static string[] StatOf(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static bool HasEntry(int pid, string entry)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/environ").Split('\0').Contains(entry);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int kill(int pid, int signal);
}
