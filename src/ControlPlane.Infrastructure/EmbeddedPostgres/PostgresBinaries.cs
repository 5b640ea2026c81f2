using System.Globalization;

namespace ControlPlane.Infrastructure.EmbeddedPostgres;

/// <summary>PostgreSQL's programs as found on this machine.</summary>
/// <param name="BinFolder">The folder that holds <c>postgres</c> and <c>initdb</c>.</param>
public sealed record PostgresBinaries(string BinFolder, int MajorVersion)
{
    public const int OldestMajorVersion = 15;

    public const string BinFolderVariable = "CONTROLPLANE_POSTGRES_BIN";

    private const string DebianRoot = "/usr/lib/postgresql";

    public string Server => Path.Combine(BinFolder, "postgres");

    public string InitDb => Path.Combine(BinFolder, "initdb");

    /// <summary>
    /// The newest usable programs, or those of one major version, because a cluster's files belong to the version that made them.
    /// </summary>
    /// <exception cref="EmbeddedPostgresException">None are here.</exception>
    public static async Task<PostgresBinaries> FindAsync(string? binFolder, int? majorVersion, CancellationToken cancellationToken)
    {
        string? fixedFolder = binFolder ?? Environment.GetEnvironmentVariable(BinFolderVariable);
        List<PostgresBinaries> found = [];
        foreach (string folder in string.IsNullOrEmpty(fixedFolder) ? Candidates() : [fixedFolder])
        {
            if (File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "initdb")))
            {
                found.Add(new PostgresBinaries(folder, await ReadMajorVersionAsync(folder, cancellationToken)));
            }
        }

        PostgresBinaries? best = found
            .Where(binaries => majorVersion is null ? binaries.MajorVersion >= OldestMajorVersion : binaries.MajorVersion == majorVersion)
            .MaxBy(binaries => binaries.MajorVersion);
        return best ?? throw new EmbeddedPostgresException(Explain(fixedFolder, majorVersion, found));
    }

    private static IEnumerable<string> Candidates()
    {
        IEnumerable<string> path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<string> debian = Directory.Exists(DebianRoot)
            ? Directory.GetDirectories(DebianRoot).Select(version => Path.Combine(version, "bin"))
            : [];
        return path.Concat(debian).Distinct(StringComparer.Ordinal);
    }

    /// <summary><c>postgres (PostgreSQL) 15.12 (Debian 15.12-0+deb12u2)</c> → 15; <c>18beta1</c> → 18.</summary>
    private static async Task<int> ReadMajorVersionAsync(string folder, CancellationToken cancellationToken)
    {
        CommandResult result = await Command.RunAsync([Path.Combine(folder, "postgres"), "--version"], cancellationToken);
        int at = result.Output.IndexOf("(PostgreSQL) ", StringComparison.Ordinal);
        string digits = at < 0 ? "" : new string([.. result.Output[(at + "(PostgreSQL) ".Length)..].TakeWhile(char.IsAsciiDigit)]);
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int major) ? major : 0;
    }

    private static string Explain(string? fixedFolder, int? majorVersion, List<PostgresBinaries> found)
    {
        string wanted = majorVersion is null ? $"PostgreSQL {OldestMajorVersion} or later" : $"PostgreSQL {majorVersion} (the data folder was made by it)";
        string where = string.IsNullOrEmpty(fixedFolder) ? $"PATH and {DebianRoot}/*/bin" : fixedFolder;
        string instead = found.Count == 0 ? "" : $" (found: {string.Join(", ", found.Select(binaries => $"{binaries.MajorVersion} in {binaries.BinFolder}"))})";
        return $"{wanted} was not found in {where}{instead}. Install it (Debian, Ubuntu: apt-get install postgresql-{majorVersion ?? OldestMajorVersion}; "
            + $"others: the package postgresql-server), or name its folder in {BinFolderVariable}, or use a database of your own through ConnectionStrings__ControlPlane.";
    }
}
