using System.Globalization;

namespace ControlPlane.Launcher;

/// <summary>The folder that everything is kept in, held by one launcher at a time.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly string given;
    private readonly FileStream heldLock;

    private DataFolder(string given, FileStream heldLock)
    {
        this.given = given;
        Path = System.IO.Path.GetFullPath(given);
        this.heldLock = heldLock;
    }

    public string Path { get; }

    public string AdminToken => In("admin.token");

    public string AgentToken => In("agent.token");

    public string Authority => In("ca.crt");

    public string Kubeconfig => In("kubeconfig");

    /// <summary>Makes the folder where needed and takes its lock, which ends with this process, however that ends.</summary>
    /// <exception cref="LauncherException">Another launcher has it, or it cannot be written.</exception>
    public static DataFolder Open(string given)
    {
        string path = System.IO.Path.GetFullPath(given);
        string pidFile = System.IO.Path.Combine(path, "run", "launcher");
        try
        {
            Directory.CreateDirectory(System.IO.Path.Combine(path, "logs"));
            Directory.CreateDirectory(System.IO.Path.Combine(path, "run"));
            DataFolder folder = new(given, new FileStream(System.IO.Path.Combine(path, "run", "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            File.WriteAllText(pidFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return folder;
        }
        catch (UnauthorizedAccessException error)
        {
            throw new LauncherException($"the data folder {given} cannot be written ({error.Message}); name another one with --data", error);
        }
        catch (IOException error) when (File.Exists(pidFile))
        {
            throw new LauncherException(
                $"another ./run (process {File.ReadAllText(pidFile).Trim()}) works on the data folder {given}; stop it, or name another folder with --data", error);
        }
    }

    /// <summary>A file's path as a person would write it: relative when the folder was given so.</summary>
    public string Show(string file) => System.IO.Path.Combine(given, System.IO.Path.GetFileName(file));

    public string LogFileOf(string name) => System.IO.Path.Combine(Path, "logs", $"{name}.log");

    public string NodeFolder(string node) => System.IO.Path.Combine(Path, "nodes", node);

    public string GatewayFolder(string node) => System.IO.Path.Combine(NodeFolder(node), "gateway");

    /// <summary>A gateway writes its newest routes there once it listens for them.</summary>
    public string RoutesOf(string node) => System.IO.Path.Combine(GatewayFolder(node), "routes.json");

    /// <summary>Notes which process is this child.</summary>
    public string IdentityFileOf(string name) => System.IO.Path.Combine(Path, "run", $"{name}.pid");

    public IEnumerable<string> IdentityFiles() => Directory.EnumerateFiles(System.IO.Path.Combine(Path, "run"), "*.pid");

    public void Dispose() => heldLock.Dispose();

    private string In(string file) => System.IO.Path.Combine(Path, file);
}
