using System.Diagnostics;
using ControlPlane.Infrastructure.EmbeddedPostgres;
using Npgsql;

namespace ControlPlane.Testing;

/// <summary><c>pg_dump</c> and <c>pg_restore</c>, as an administrator runs them.</summary>
public static class PostgresTools
{
    /// <summary>Writes a database to a file.</summary>
    public static Task DumpAsync(string connectionString, string file) => RunAsync("pg_dump", connectionString, "-Fc", "-f", file);

    /// <summary>Puts what a file holds into an empty database.</summary>
    public static Task RestoreAsync(string connectionString, string file) =>
        RunAsync("pg_restore", connectionString, "--no-owner", "--single-transaction", file);

    private static async Task RunAsync(string program, string connectionString, params string[] arguments)
    {
        PostgresBinaries binaries = await PostgresBinaries.FindAsync(binFolder: null, majorVersion: null, CancellationToken.None);
        NpgsqlConnectionStringBuilder database = new(connectionString);
        string[] folders = [binaries.BinFolder, $"/usr/lib/postgresql/{binaries.MajorVersion}/bin", .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')];
        ProcessStartInfo start = new(
            folders.Select(folder => Path.Combine(folder, program)).First(File.Exists),
            ["-h", database.Host!, "-p", $"{database.Port}", "-U", database.Username!, "-d", database.Database!, .. arguments])
        {
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        string errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {errors}");
        }
    }
}
