using System.Diagnostics;
using System.Globalization;

namespace ControlPlane.Testing;

/// <summary>
/// A folder for a test's files, deleted at its end. Its name holds the process id, so that what a killed test process left
/// (a running PostgreSQL server, too) can be told from what is in use.
/// </summary>
public sealed class TemporaryFolder : IDisposable
{
    private const string Prefix = "controlplane-test-";

    /// <summary>Ten seconds of attempts: what ends of itself may need them on a busy machine.</summary>
    private const int AttemptsMax = 200;
    private const int AttemptDelayMs = 50;

    private static int last;

    public TemporaryFolder(string name)
    {
        Path = System.IO.Path.Combine(
            System.IO.Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{Interlocked.Increment(ref last)}-{name}"));
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public void Dispose() => DeleteStubbornly(Path);

    /// <summary>Ends the servers and deletes the folders of test processes that no longer run.</summary>
    internal static void SweepAfterKilledProcesses()
    {
        foreach (string folder in Directory.GetDirectories(System.IO.Path.GetTempPath(), Prefix + "*"))
        {
            string owner = System.IO.Path.GetFileName(folder)[Prefix.Length..].Split('-')[0];
            if (!int.TryParse(owner, NumberStyles.None, CultureInfo.InvariantCulture, out int processId) || Directory.Exists($"/proc/{processId}"))
            {
                continue;
            }

            try
            {
                KillServerOf(folder);
                DeleteStubbornly(folder);
            }
            catch (Exception notOurs) when (notOurs is UnauthorizedAccessException or IOException)
            {
                // Another user's, theirs to sweep; or busy still, such as what a killed engine has mounted.
                continue;
            }
        }
    }

    private static void KillServerOf(string folder)
    {
        string lockFile = System.IO.Path.Combine(folder, "postgres", "data", "postmaster.pid");
        if (!File.Exists(lockFile) || !int.TryParse(File.ReadLines(lockFile).First(), NumberStyles.None, CultureInfo.InvariantCulture, out int processId))
        {
            return;
        }

        string serverFolder = new FileInfo($"/proc/{processId}/cwd").LinkTarget ?? "";
        if (serverFolder.StartsWith(folder, StringComparison.Ordinal))
        {
            using Process server = Process.GetProcessById(processId);
            server.Kill();
            server.WaitForExit(TimeSpan.FromSeconds(5));
        }
    }

    /// <summary>A killed server's sessions may still write a file while its folder is being deleted.</summary>
    private static void DeleteStubbornly(string folder)
    {
        for (int attempt = 1; Directory.Exists(folder); attempt++)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (IOException) when (attempt < AttemptsMax)
            {
                Thread.Sleep(AttemptDelayMs);
            }
        }
    }
}
