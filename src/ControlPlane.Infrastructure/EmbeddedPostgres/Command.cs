using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ControlPlane.Infrastructure.EmbeddedPostgres;

internal sealed record CommandResult(int ExitCode, string Output, string Errors);

/// <summary>Short-lived programs, and signals to long-lived ones.</summary>
internal static class Command
{
    public const int Interrupt = 2;
    public const int Quit = 3;
    public const int Kill = 9;

    /// <summary>Runs a program to its end. The working folder is <c>/</c>, because the program may run as a user that cannot enter ours.</summary>
    /// <exception cref="EmbeddedPostgresException">It could not be started.</exception>
    public static async Task<CommandResult> RunAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        using Process process = Start(command);
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
            return new CommandResult(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <exception cref="EmbeddedPostgresException">It ended with another code than 0.</exception>
    public static async Task RunOrThrowAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        CommandResult result = await RunAsync(command, cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new EmbeddedPostgresException($"{string.Join(' ', command)} ended with {result.ExitCode}: {(result.Errors + result.Output).Trim()}");
        }
    }

    /// <exception cref="EmbeddedPostgresException">It could not be started.</exception>
    public static Process Start(IReadOnlyList<string> command)
    {
        ProcessStartInfo start = new(command[0], command.Skip(1))
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Programs answer in English, whatever the caller's locale, so that what is read back is known.
        start.Environment["LC_ALL"] = "C";
        foreach (string variable in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(variable);
        }

        try
        {
            Process process = Process.Start(start) ?? throw new EmbeddedPostgresException($"{command[0]} did not start.");
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception error)
        {
            throw new EmbeddedPostgresException($"{command[0]} could not be started: {error.Message}", error);
        }
    }

    /// <summary>Sends a signal; false when there is no such process (any more).</summary>
    public static bool Signal(int processId, int signal) => SendSignal(processId, signal) == 0;

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processId, int signal);
}
