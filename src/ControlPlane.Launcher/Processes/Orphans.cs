using ControlPlane.Launcher.Output;

namespace ControlPlane.Launcher.Processes;

/// <summary>What a killed launcher left running on its data folder. (PostgreSQL's is found by its own lock file when the cluster is started.)</summary>
internal static class Orphans
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Ends them. Agents are killed: to be told to end would mean to stop their pods, which the next agent shall find and adopt. The API is asked first.
    /// </summary>
    /// <exception cref="LauncherException">One does not end.</exception>
    public static async Task StopAsync(DataFolder data, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        foreach (string file in data.IdentityFiles().OrderByDescending(file => file, StringComparer.Ordinal))
        {
            string name = Path.GetFileNameWithoutExtension(file);
            if (ProcessIdentity.Parse(await File.ReadAllTextAsync(file, cancellationToken)) is { } orphan && orphan.IsRunning())
            {
                terminal.Warn($"ending {name} (process {orphan.Id}), which an earlier ./run left behind");
                bool isAgent = name.StartsWith("node-", StringComparison.Ordinal);
                if (isAgent || !await EndAsync(orphan, Signals.Terminate, time, cancellationToken))
                {
                    _ = await EndAsync(orphan, Signals.Kill, time, cancellationToken)
                        ? true
                        : throw new LauncherException($"{name} (process {orphan.Id}), which an earlier ./run left behind, does not end");
                }
            }

            File.Delete(file);
        }
    }

    private static async Task<bool> EndAsync(ProcessIdentity process, int signal, TimeProvider time, CancellationToken cancellationToken)
    {
        _ = Signals.Send(process.Id, signal);
        long start = time.GetTimestamp();
        while (process.IsRunning())
        {
            if (time.GetElapsedTime(start) > Patience)
            {
                return false;
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }

        return true;
    }
}
