using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace ControlPlane.Infrastructure.EmbeddedPostgres;

/// <summary>What a killed run left behind: a server that still runs on the cluster's files, or its lock file.</summary>
internal static class OrphanedServer
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>Stops a server that still runs on these files and removes a lock file that no server holds.</summary>
    /// <exception cref="EmbeddedPostgresException">It would not stop.</exception>
    public static async Task StopAsync(string dataFolder, TimeSpan timeout, ILogger logger, CancellationToken cancellationToken)
    {
        string lockFile = Path.Combine(dataFolder, "postmaster.pid");
        if (!File.Exists(lockFile))
        {
            return;
        }

        string[] lines = await File.ReadAllLinesAsync(lockFile, cancellationToken);
        if (lines.Length > 0 && int.TryParse(lines[0], NumberStyles.None, CultureInfo.InvariantCulture, out int processId) && Serves(processId, dataFolder))
        {
            logger.StoppingOrphan(processId, dataFolder);
            foreach (int signal in new[] { Command.Interrupt, Command.Quit, Command.Kill })
            {
                _ = Command.Signal(processId, signal);
                if (await HasStoppedAsync(processId, dataFolder, timeout / 3, cancellationToken))
                {
                    break;
                }
            }

            if (Serves(processId, dataFolder))
            {
                throw new EmbeddedPostgresException($"The PostgreSQL server {processId}, which an earlier run left on {dataFolder}, does not stop.");
            }
        }

        // PostgreSQL takes a lock file for live when its process id has been given to any other process of the same user.
        File.Delete(lockFile);
    }

    private static async Task<bool> HasStoppedAsync(int processId, string dataFolder, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (Serves(processId, dataFolder))
        {
            if (Stopwatch.GetElapsedTime(start) > timeout)
            {
                return false;
            }

            await Task.Delay(PollInterval, cancellationToken);
        }

        return true;
    }

    /// <summary>A server's working folder is its data folder; a process id that was reused stands elsewhere.</summary>
    private static bool Serves(int processId, string dataFolder)
    {
        try
        {
            return new FileInfo($"/proc/{processId}/cwd").LinkTarget == dataFolder;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
