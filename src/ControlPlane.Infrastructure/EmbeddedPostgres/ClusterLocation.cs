using System.Security.Cryptography;
using System.Text;

namespace ControlPlane.Infrastructure.EmbeddedPostgres;

/// <summary>
/// Where a private cluster's files and socket are and which user runs it. PostgreSQL refuses to run as root: root runs it as
/// <c>postgres</c>, with its files where that user can reach them.
/// </summary>
/// <param name="Root">The cluster's folder, mode 0700, owned by the user that runs it.</param>
/// <param name="SocketFolder">The folder of the Unix socket: the only way in, and closed to other users.</param>
/// <param name="RunAs">What stands before a command so that it runs as the cluster's user; empty when that is us.</param>
internal sealed record ClusterLocation(string Root, string SocketFolder, IReadOnlyList<string> RunAs)
{
    public const string ServiceUser = "postgres";

    public const int Port = 5432;

    private const string ShelterRoot = "/var/lib/controlplane";

    // sun_path holds 107 characters on Linux (103 on macOS); the socket's name is ".s.PGSQL.5432.lock" at its longest.
    private const int LongestSocketFolder = 84;

    public string DataFolder => Path.Combine(Root, "data");

    public static async Task<ClusterLocation> PrepareAsync(string dataFolder, CancellationToken cancellationToken)
    {
        string wanted = Path.Combine(Path.GetFullPath(dataFolder), "postgres");
        Directory.CreateDirectory(Path.GetDirectoryName(wanted)!);
        IReadOnlyList<string> runAs = Environment.IsPrivilegedProcess ? await AsServiceUserAsync(cancellationToken) : [];
        string root = runAs.Count == 0 ? PrepareOwn(wanted) : await PrepareForServiceUserAsync(wanted, runAs, cancellationToken);
        string socketFolder = root;
        if (Encoding.UTF8.GetByteCount(root) > LongestSocketFolder)
        {
            socketFolder = $"/tmp/cp-{HashOf(root)}";
            await PreparePrivateFolderAsync(socketFolder, runAs, cancellationToken);
        }

        return new ClusterLocation(root, socketFolder, runAs);
    }

    /// <summary>Removes the socket's folder when it is one outside the cluster's; the next start makes it again.</summary>
    public void DeleteSocketFolder()
    {
        if (SocketFolder != Root && Directory.Exists(SocketFolder))
        {
            Directory.Delete(SocketFolder, recursive: true);
        }
    }

    private static string PrepareOwn(string folder)
    {
        string root = new DirectoryInfo(folder).LinkTarget ?? folder;
        Directory.CreateDirectory(root);
        RestrictToOwner(root);
        return root;
    }

    private static async Task<string> PrepareForServiceUserAsync(string wanted, IReadOnlyList<string> runAs, CancellationToken cancellationToken)
    {
        if (new DirectoryInfo(wanted).LinkTarget is { } shelterOfBefore)
        {
            await PreparePrivateFolderAsync(shelterOfBefore, runAs, cancellationToken);
            return shelterOfBefore;
        }

        bool isNew = !Directory.Exists(wanted);
        await PreparePrivateFolderAsync(wanted, runAs, cancellationToken);
        if ((await Command.RunAsync([.. runAs, "test", "-w", wanted], cancellationToken)).ExitCode == 0)
        {
            return wanted;
        }

        if (!isNew && Directory.EnumerateFileSystemEntries(wanted).Any())
        {
            throw new EmbeddedPostgresException($"The user {ServiceUser} cannot reach the cluster in {wanted}; give it access to the folders above, or use another data folder.");
        }

        // A link, so that the data folder says where its cluster is, and a data folder that was deleted starts with a new one.
        string shelter = Path.Combine(ShelterRoot, $"{HashOf(wanted)}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
        await Command.RunOrThrowAsync(["install", "-d", "-m", "0755", ShelterRoot], cancellationToken);
        await PreparePrivateFolderAsync(shelter, runAs, cancellationToken);
        Directory.Delete(wanted);
        Directory.CreateSymbolicLink(wanted, shelter);
        return shelter;
    }

    /// <exception cref="EmbeddedPostgresException">The folder belongs to somebody else.</exception>
    private static async Task PreparePrivateFolderAsync(string folder, IReadOnlyList<string> runAs, CancellationToken cancellationToken)
    {
        if (runAs.Count > 0)
        {
            await Command.RunOrThrowAsync(["install", "-d", "-m", "0700", "-o", ServiceUser, folder], cancellationToken);
            return;
        }

        Directory.CreateDirectory(folder);
        RestrictToOwner(folder);
    }

    private static void RestrictToOwner(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new EmbeddedPostgresException("A private PostgreSQL cluster needs Linux or macOS; use a database of your own.");
        }

        try
        {
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new EmbeddedPostgresException($"{folder} belongs to another user.", error);
        }
    }

    private static async Task<IReadOnlyList<string>> AsServiceUserAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<string> runAs = ["setpriv", $"--reuid={ServiceUser}", $"--regid={ServiceUser}", "--init-groups", "--"];
        CommandResult result = await Command.RunAsync([.. runAs, "true"], cancellationToken);
        return result.ExitCode == 0
            ? runAs
            : throw new EmbeddedPostgresException(
                $"PostgreSQL does not run as root, and running it as the user {ServiceUser} failed: {result.Errors.Trim()}. "
                + "Installing PostgreSQL from the distribution's packages makes that user.");
    }

    private static string HashOf(string path) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)))[..12];
}
