using System.Diagnostics;
using System.Text;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>A kubectl that runs on, so that a test can wait for what it says before doing what it shall see. Ends with its disposal at the latest.</summary>
internal sealed class RunningKubectl : IAsyncDisposable
{
    private static readonly TimeSpan SaysMax = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(180);

    private readonly StringBuilder output = new();
    private readonly StringBuilder errors = new();
    private readonly string what;
    private readonly Process process;

    private RunningKubectl(Process process, string what)
    {
        this.process = process;
        this.what = what;
    }

    public bool HasEnded => process.HasExited;

    public string Output => Text(output);

    public string Errors => Text(errors);

    public static RunningKubectl Start(Kubectl kubectl, params string[] arguments)
    {
        ProcessStartInfo start = new("sh", ["-c", $"exec {kubectl.LineOf(arguments)}"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string? value) in kubectl.Environment)
        {
            start.Environment[name] = value;
        }

        RunningKubectl running = new(Process.Start(start)!, $"kubectl {string.Join(' ', arguments)}");
        running.process.OutputDataReceived += (_, line) => Hear(running.output, line.Data);
        running.process.ErrorDataReceived += (_, line) => Hear(running.errors, line.Data);
        running.process.BeginOutputReadLine();
        running.process.BeginErrorReadLine();
        return running;
    }

    /// <summary>Waits until its standard output or its standard error has this in it.</summary>
    public Task SaysAsync(string expected) => SaysAsync($"\"{expected}\"", said => said.Contains(expected, StringComparison.Ordinal));

    /// <summary>Waits until all that it has said on one of them is as wanted, line by line.</summary>
    /// <param name="expected">In words.</param>
    /// <param name="isSaid">Whether it has been said.</param>
    public async Task SaysAsync(string expected, Func<string, bool> isSaid)
    {
        long begun = Stopwatch.GetTimestamp();
        while (!isSaid(Output) && !isSaid(Errors))
        {
            if (HasEnded)
            {
                // What it said last may still be on its way.
                await process.WaitForExitAsync();
                Assert.True(isSaid(Output) || isSaid(Errors), $"{what} has ended without {expected}\n{Output}{Errors}");
                return;
            }

            Assert.True(Stopwatch.GetElapsedTime(begun) < SaysMax, $"{what} has not said {expected}\n{Output}{Errors}");
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }

    /// <summary>Waits until it ends by itself.</summary>
    public async Task<CommandResult> EndsAsync()
    {
        using CancellationTokenSource late = new(EndMax);
        await process.WaitForExitAsync(late.Token);
        return new CommandResult(what, process.ExitCode, Output, Errors);
    }

    /// <summary>Kills it.</summary>
    public Task<CommandResult> StopAsync()
    {
        process.Kill();
        return EndsAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasEnded)
        {
            await StopAsync();
        }

        process.Dispose();
    }

    private static void Hear(StringBuilder said, string? line)
    {
        if (line is not null)
        {
            lock (said)
            {
                said.Append(line).Append('\n');
            }
        }
    }

    private static string Text(StringBuilder said)
    {
        lock (said)
        {
            return said.ToString();
        }
    }
}
