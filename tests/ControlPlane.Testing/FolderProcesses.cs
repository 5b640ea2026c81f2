using System.Diagnostics;
using System.Globalization;

namespace ControlPlane.Testing;

/// <summary>The programs that have a folder in their command line or their environment: what was started for a test, by whomever.</summary>
public static class FolderProcesses
{
    private static readonly TimeSpan GoneWithin = TimeSpan.FromSeconds(30);

    /// <summary>Ends what still runs with a folder, a moment for what is ending anyway.</summary>
    /// <returns>What had to be ended, one line each; empty when nothing was left.</returns>
    public static async Task<IReadOnlyList<string>> EndLeftAsync(string folder)
    {
        long begun = Stopwatch.GetTimestamp();
        while (Find(folder).Any())
        {
            if (Stopwatch.GetElapsedTime(begun) > GoneWithin)
            {
                return [.. Find(folder).ToList().Select(End)];
            }

            await Task.Delay(50);
        }

        return [];
    }

    private static IEnumerable<int> Find(string folder) =>
        from path in Directory.EnumerateDirectories("/proc")
        let id = int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0
        where id > 0 && id != Environment.ProcessId && (Text(id, "cmdline") + Text(id, "environ")).Contains(folder, StringComparison.Ordinal)
        select id;

    private static string End(int id)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{id} {Text(id, "cmdline").Replace('\0', ' ')}");
        try
        {
            using Process process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // It has ended by itself in this moment.
        }

        return line;
    }

    /// <summary>Empty for a process that has ended, and for another user's.</summary>
    private static string Text(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
