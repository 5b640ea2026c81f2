using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ControlPlane.Bench.Rigs;

/// <summary>A program that a benchmark starts and stops. Its output goes to a file.</summary>
internal sealed class ChildProgram : IAsyncDisposable
{
    private const int Terminate = 15;
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(20);
    private readonly Process process;
    private readonly Task output;

    private ChildProgram(Process process, string logFile)
    {
        this.process = process;
        LogFile = logFile;
        output = CopyAsync(process, logFile);
    }

    public int Id => process.Id;

    public string LogFile { get; }

    public bool HasEnded => process.HasExited;

    /// <summary>Starts a .NET program.</summary>
    /// <exception cref="BenchException">It could not be started.</exception>
    public static ChildProgram Start(string program, IEnumerable<string> arguments, string logFile, IReadOnlyDictionary<string, string>? environment = null) =>
        StartNative("dotnet", [program, .. arguments], Path.GetDirectoryName(program)!, logFile, environment);

    /// <summary>Starts a program of the machine, by its name or path.</summary>
    /// <exception cref="BenchException">It could not be started.</exception>
    public static ChildProgram StartNative(
        string program, IEnumerable<string> arguments, string folder, string logFile, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        try
        {
            return new ChildProgram(Process.Start(start) ?? throw new BenchException($"{program} did not start"), logFile);
        }
        catch (Win32Exception failure)
        {
            throw new BenchException($"{program} did not start: {failure.Message}");
        }
    }

    /// <summary>Its exit code, once it has ended.</summary>
    public async Task<int> EndedAsync(CancellationToken cancellationToken)
    {
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode;
    }

    /// <summary>All that it has said, once it has ended.</summary>
    public async Task<string> SaidAsync(CancellationToken cancellationToken)
    {
        await output.WaitAsync(cancellationToken);
        return await File.ReadAllTextAsync(LogFile, cancellationToken);
    }

    /// <summary>Kills it (SIGKILL): it has no time for anything.</summary>
    public void Kill() => process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            _ = kill(process.Id, Terminate);
            using CancellationTokenSource late = new(StopTimeout);
            await process.WaitForExitAsync(late.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!process.HasExited)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }

        await output;
        process.Dispose();
    }

    private static async Task CopyAsync(Process process, string logFile)
    {
        await using StreamWriter file = new(logFile) { AutoFlush = true };
        using SemaphoreSlim gate = new(1);
        async Task PumpAsync(StreamReader reader)
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                await gate.WaitAsync();
                await file.WriteLineAsync(line);
                gate.Release();
            }
        }

        await Task.WhenAll(PumpAsync(process.StandardOutput), PumpAsync(process.StandardError));
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int processId, int signal);
}
