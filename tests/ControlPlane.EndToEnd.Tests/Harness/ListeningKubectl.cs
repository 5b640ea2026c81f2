using System.Diagnostics;
using System.Text;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>A kubectl that listens on local ports of its own choice until it is disposed.</summary>
internal abstract class ListeningKubectl(Kubectl kubectl, params string[] arguments) : IAsyncDisposable
{
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(90);

    private readonly StringBuilder said = new();
    private readonly TaskCompletionSource listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Process? process;

    /// <summary>Both of kubectl's outputs so far.</summary>
    public string Said
    {
        get
        {
            lock (said)
            {
                return said.ToString();
            }
        }
    }

    /// <summary>Ends with kubectl, which may end by itself.</summary>
    public Task Ended => process!.WaitForExitAsync();

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false })
        {
            process.Kill();
        }

        await Ended;
        process!.Dispose();
    }

    /// <summary>Starts it, and returns once it listens.</summary>
    protected static async Task<T> StartAsync<T>(T one)
        where T : ListeningKubectl
    {
        one.Run();
        if (await Task.WhenAny(one.listening.Task, one.Ended, Task.Delay(StartMax)) != one.listening.Task)
        {
            await one.DisposeAsync();
            Assert.Fail($"kubectl {one.Words} does not listen\n{one.Said}");
        }

        return one;
    }

    /// <summary>Takes a line that kubectl has said.</summary>
    /// <returns>Whether it listens on all of its ports now.</returns>
    protected abstract bool Listens(string line);

    private string Words => string.Join(' ', arguments);

    private void Run()
    {
        ProcessStartInfo start = new("sh", ["-c", $"exec {kubectl.LineOf(arguments)}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string? value) in kubectl.Environment)
        {
            start.Environment[name] = value;
        }

        process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    private void Hear(string? line)
    {
        lock (said)
        {
            said.AppendLine(line);
            if (line is not null && Listens(line))
            {
                listening.TrySetResult();
            }
        }
    }
}
