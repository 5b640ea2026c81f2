using System.ComponentModel;
using ControlPlane.Domain.Agents.Streams;
using OsProcess = System.Diagnostics.Process;
using OsProcessStartInfo = System.Diagnostics.ProcessStartInfo;

namespace ControlPlane.Agent.Runtimes.Process;

/// <summary>
/// A command beside a container's process: with its environment, in its working folder. It ends with the container, and when its client has gone, for there is nothing else here that would end it.
/// </summary>
internal sealed class ProcessCommand(ProcessSpec spec, Func<bool> isContainerRunning, TimeProvider time)
{
    /// <summary>Makes the terminal that it is given the controlling one, which is what opening one does for the first process of a session, and becomes the command.</summary>
    private const string OnTerminal = """t=$1; shift; exec <>"$t" >&0 2>&1; exec "$@" """;

    /// <summary>The end of input, as a key.</summary>
    private const byte EndOfInput = 4;

    /// <summary>What a command has left behind in the background may hold its outputs open: silence for so long after the command's end is their end.</summary>
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ContainerCheckInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs it; returns when it has ended and its output was handed on.</summary>
    /// <exception cref="ContainerStartException">It could not be started.</exception>
    public async Task<CommandOutcome> RunAsync(ExecOptions options, StreamConnection client, CancellationToken cancellationToken)
    {
        string[] command = [Programs.Find(spec, options.Command[0]), .. options.Command.Skip(1)];
        using PseudoTerminal? terminal = options.Tty ? PseudoTerminal.Open() : null;
        using OsProcess process = Start(terminal is null ? WithPipes(command) : On(terminal, command));
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            Task exited = ExitAsync(process, ending.Token);
            Task input = terminal is null ? FeedAsync(process, options, client, ending.Token) : TypeAsync(terminal, options, client, ending.Token);
            await (terminal is null
                ? Task.WhenAll(
                    CopyAsync(process.StandardOutput.BaseStream, options.Stdout ? client[StreamChannels.Stdout] : Stream.Null, exited, ending.Token),
                    CopyAsync(process.StandardError.BaseStream, options.Stderr ? client[StreamChannels.Stderr] : Stream.Null, exited, ending.Token))
                : Task.WhenAll(
                    CopyAsync(terminal.Stream, options.Stdout ? client[StreamChannels.Stdout] : Stream.Null, exited, ending.Token),
                    FollowSizeAsync(terminal, client, exited, ending.Token)));
            await exited;
            await ending.CancelAsync();
            await input;
            return new CommandOutcome { ExitCode = process.ExitCode };
        }
        finally
        {
            await ending.CancelAsync();
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private OsProcessStartInfo WithPipes(string[] command)
    {
        OsProcessStartInfo start = ProcessRuntime.StartInfo(command[0], command.Skip(1), spec);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        return start;
    }

    private OsProcessStartInfo On(PseudoTerminal terminal, string[] command)
    {
        OsProcessStartInfo start = ProcessRuntime.StartInfo("setsid", ["sh", "-c", OnTerminal, "exec", terminal.Path, .. command], spec);
        start.Environment.TryAdd("TERM", "xterm");
        return start;
    }

    private static OsProcess Start(OsProcessStartInfo start)
    {
        try
        {
            return OsProcess.Start(start) ?? throw new ContainerStartException($"{start.FileName} did not start");
        }
        catch (Win32Exception exception)
        {
            throw new ContainerStartException(exception.Message, exception);
        }
    }

    /// <summary>Completes when the command has ended, by itself or because its container has.</summary>
    private async Task ExitAsync(OsProcess process, CancellationToken cancellationToken)
    {
        Task exited = process.WaitForExitAsync(cancellationToken);
        while (await Task.WhenAny(exited, Task.Delay(ContainerCheckInterval, time, cancellationToken)) != exited)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!isContainerRunning())
            {
                process.Kill(entireProcessTree: true);
            }
        }

        await exited;
    }

    private static async Task FeedAsync(OsProcess process, ExecOptions options, StreamConnection client, CancellationToken cancellationToken)
    {
        try
        {
            if (options.Stdin)
            {
                await client[StreamChannels.Stdin].CopyToAsync(process.StandardInput.BaseStream, cancellationToken);
            }

            process.StandardInput.Close();
        }
        catch (Exception end) when (end is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The command reads no more, or has ended; that the client has gone is noticed elsewhere.
            return;
        }
    }

    private static async Task TypeAsync(PseudoTerminal terminal, ExecOptions options, StreamConnection client, CancellationToken cancellationToken)
    {
        try
        {
            if (options.Stdin)
            {
                await client[StreamChannels.Stdin].CopyToAsync(terminal.Stream, cancellationToken);
                await terminal.Stream.WriteAsync(new[] { EndOfInput }, cancellationToken);
            }
        }
        catch (Exception end) when (end is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // As for a pipe.
            return;
        }
    }

    private static async Task FollowSizeAsync(PseudoTerminal terminal, StreamConnection client, Task exited, CancellationToken cancellationToken)
    {
        TerminalSizes sizes = new();
        byte[] buffer = new byte[256];
        while (true)
        {
            Task<int> read = client[StreamChannels.Resize].ReadAsync(buffer.AsMemory(), cancellationToken).AsTask();
            if (await Task.WhenAny(read, exited) != read || await read == 0)
            {
                return;
            }

            if (sizes.Read(buffer.AsSpan(0, await read)) is { } size)
            {
                terminal.Resize(size);
            }
        }
    }

    private async Task CopyAsync(Stream source, Stream target, Task exited, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[StreamFrameHead.PayloadBytesMax];
        while (await ReadAsync(source, buffer, exited, cancellationToken) is var count and > 0)
        {
            await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }

    /// <summary>A read of a terminal cannot be cancelled: it is left to itself, and ends when the terminal has no process any more.</summary>
    private async Task<int> ReadAsync(Stream source, byte[] buffer, Task exited, CancellationToken cancellationToken)
    {
        Task<int> read = source.ReadAsync(buffer.AsMemory(), cancellationToken).AsTask();
        if (await Task.WhenAny(read, exited) != read)
        {
            await exited;
            if (await Task.WhenAny(read, Task.Delay(SilenceMax, time, cancellationToken)) != read)
            {
                cancellationToken.ThrowIfCancellationRequested();
                return 0;
            }
        }

        try
        {
            return await read;
        }
        catch (IOException)
        {
            // How a terminal says that no process has it open any more.
            return 0;
        }
    }
}
