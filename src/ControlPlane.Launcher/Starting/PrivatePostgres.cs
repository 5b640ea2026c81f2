using ControlPlane.Infrastructure.EmbeddedPostgres;
using ControlPlane.Launcher.Output;
using ControlPlane.Launcher.Processes;

namespace ControlPlane.Launcher.Starting;

/// <summary>One life of the private PostgreSQL, as something that is supervised.</summary>
internal sealed class PrivatePostgres(EmbeddedPostgresCluster cluster) : IService
{
    public Task<int> Completion => cluster.Completion;

    public string ConnectionString => cluster.ConnectionString;

    public string Folder => cluster.Folder;

    /// <summary>Installs PostgreSQL's programs when there are none, where that is permitted.</summary>
    /// <exception cref="LauncherException">There are none and they could not be installed; the message says what to do.</exception>
    public static async Task EnsureInstalledAsync(string root, Terminal terminal, CancellationToken cancellationToken)
    {
        try
        {
            _ = await PostgresBinaries.FindAsync(binFolder: null, majorVersion: null, cancellationToken);
        }
        catch (EmbeddedPostgresException missing) when (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(PostgresBinaries.BinFolderVariable)))
        {
            if (await Script.RunAsync(Path.Combine(root, "scripts", "install-postgresql"), [], terminal.Warn, cancellationToken) is not null)
            {
                throw new LauncherException(missing.Message, missing);
            }
        }
    }

    public static async Task<PrivatePostgres> StartAsync(DataFolder data, LogFileLogger logger, CancellationToken cancellationToken) =>
        new(await EmbeddedPostgresCluster.StartAsync(new EmbeddedPostgresOptions { DataFolder = data.Path }, logger, cancellationToken));

    public async Task StopAsync(CancellationToken hurry)
    {
        // A stop that nobody waits for any more ends as a power failure would: the next start recovers.
        using CancellationTokenRegistration kill = hurry.Register(() => Signals.Send(cluster.ProcessId, Signals.Kill));
        await cluster.DisposeAsync();
    }
}
