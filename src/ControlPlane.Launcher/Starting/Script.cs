using System.ComponentModel;
using System.Diagnostics;

namespace ControlPlane.Launcher.Starting;

/// <summary>Runs one of the repository's scripts to its end.</summary>
internal static class Script
{
    /// <summary>Null when it ended well; else what it said last.</summary>
    public static async Task<string?> RunAsync(string path, IReadOnlyList<string> arguments, Action<string> onLine, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new(path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(start) ?? throw new LauncherException($"{path} did not start");
            process.StandardInput.Close();
            string last = "";
            async Task PumpAsync(StreamReader reader)
            {
                while (await reader.ReadLineAsync(cancellationToken) is { } line)
                {
                    last = line;
                    onLine(line);
                }
            }

            try
            {
                await Task.WhenAll(PumpAsync(process.StandardOutput), PumpAsync(process.StandardError));
                await process.WaitForExitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }

            return process.ExitCode == 0 ? null : $"{path} ended with {process.ExitCode}: {last}";
        }
        catch (Win32Exception error)
        {
            return $"{path} could not be started: {error.Message}";
        }
    }
}
