using System.ComponentModel;
using System.Diagnostics;
using ControlPlane.Launcher.Output;

namespace ControlPlane.Launcher.Processes;

/// <summary>How a child is started and stopped.</summary>
/// <param name="Name">Names its log and its pid file: <c>api</c>, <c>node-1</c>.</param>
/// <param name="Command">The program and its arguments.</param>
/// <param name="Environment">Variables beside ours; null removes one.</param>
/// <param name="StopTimeout">How long it may take to end after SIGTERM.</param>
internal sealed record ChildSpec(
    string Name, IReadOnlyList<string> Command, string WorkingFolder, IReadOnlyDictionary<string, string?> Environment, TimeSpan StopTimeout);

/// <summary>
/// One life of a child program. It is in a session of its own: Ctrl-C in a terminal reaches the launcher alone, which stops its children in order.
/// A file notes who it is, so that the next start can stop it should this launcher be killed.
/// </summary>
/// <remarks>
/// Children are not tied to the launcher's death (<c>PR_SET_PDEATHSIG</c>): that signal comes when the <em>thread</em> that started the child ends, and
/// those are pool threads here. A killed launcher leaves a control plane that works on, until the next start replaces it.
/// </remarks>
internal sealed class ChildProcess : IService
{
    /// <summary>Programs of its own that a child leaves behind hold its pipes; they are not waited for longer than this.</summary>
    private static readonly TimeSpan LastWordsMax = TimeSpan.FromSeconds(1);

    private readonly ChildSpec spec;
    private readonly Process process;
    private readonly ChildOutput output;
    private readonly string identityFile;

    private ChildProcess(ChildSpec spec, Process process, ChildOutput output, string identityFile)
    {
        this.spec = spec;
        this.process = process;
        this.output = output;
        this.identityFile = identityFile;
        Completion = FollowAsync();
    }

    public Task<int> Completion { get; }

    /// <exception cref="LauncherException">The program could not be started.</exception>
    public static ChildProcess Start(ChildSpec spec, DataFolder data, ChildOutput output)
    {
        ProcessStartInfo start = new("setsid", spec.Command)
        {
            WorkingDirectory = spec.WorkingFolder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string? value) in spec.Environment)
        {
            start.Environment[name] = value;
        }

        try
        {
            // setsid replaces itself with the program, so the id is the program's.
            Process process = Process.Start(start) ?? throw new LauncherException($"{spec.Name} did not start");
            process.StandardInput.Close();
            string identityFile = data.IdentityFileOf(spec.Name);
            File.WriteAllText(identityFile, ProcessIdentity.Of(process.Id)?.ToString() ?? "");
            return new ChildProcess(spec, process, output, identityFile);
        }
        catch (Win32Exception error)
        {
            throw new LauncherException($"{spec.Name} could not be started with {spec.Command[0]}: {error.Message}", error);
        }
    }

    public async Task StopAsync(CancellationToken hurry)
    {
        _ = Signals.Send(process.Id, Signals.Terminate);
        try
        {
            await Completion.WaitAsync(spec.StopTimeout, hurry);
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            output.Write($"{spec.Name} does not end and is killed", isTrouble: true);
            process.Kill();
            await Completion;
        }
    }

    private async Task<int> FollowAsync()
    {
        Task words = Task.WhenAll(
            PumpAsync(process.StandardOutput, isErrorStream: false),
            PumpAsync(process.StandardError, isErrorStream: true));
        await process.WaitForExitAsync();
        int exitCode = process.ExitCode;
        await Task.WhenAny(words, Task.Delay(LastWordsMax));
        File.Delete(identityFile);
        return exitCode;
    }

    private async Task PumpAsync(StreamReader reader, bool isErrorStream)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            output.Write(line, isErrorStream);
        }
    }
}
