using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>A <c>kubectl port-forward</c> that runs until it is disposed, on local ports that kubectl chooses.</summary>
internal sealed partial class PortForward : IAsyncDisposable
{
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(30);

    private readonly Process process;
    private readonly StringBuilder said = new();
    private readonly Dictionary<string, int> local = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int ports;

    private PortForward(Kubectl kubectl, string pod, string[] ports)
    {
        this.ports = ports.Length;
        ProcessStartInfo start = new("sh", ["-c", $"exec {kubectl.LineOf(["port-forward", "--address=127.0.0.1", $"pod/{pod}", .. ports.Select(port => $":{port}")])}"])
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

    /// <summary>The local port of a pod's port.</summary>
    public int this[string port]
    {
        get
        {
            lock (said)
            {
                return local[port];
            }
        }
    }

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

    public static async Task<PortForward> StartAsync(Kubectl kubectl, string pod, params string[] ports)
    {
        PortForward forward = new(kubectl, pod, ports);
        Task ended = forward.process.WaitForExitAsync();
        if (await Task.WhenAny(forward.listening.Task, ended, Task.Delay(StartMax)) != forward.listening.Task)
        {
            await forward.DisposeAsync();
            Assert.Fail($"kubectl port-forward does not listen\n{forward.Said}");
        }

        return forward;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        await process.WaitForExitAsync();
        process.Dispose();
    }

    private void Hear(string? line)
    {
        lock (said)
        {
            said.AppendLine(line);
            if (Listening().Match(line ?? "") is { Success: true } match)
            {
                local[match.Groups["pod"].Value] = int.Parse(match.Groups["local"].ValueSpan, CultureInfo.InvariantCulture);
            }

            if (local.Count == ports)
            {
                listening.TrySetResult();
            }
        }
    }

    [GeneratedRegex(@"^Forwarding from 127\.0\.0\.1:(?<local>\d+) -> (?<pod>\d+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Listening();
}
