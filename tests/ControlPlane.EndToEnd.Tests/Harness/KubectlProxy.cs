using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>A <c>kubectl proxy</c> that runs until it is disposed, on a local port that kubectl chooses.</summary>
internal sealed partial class KubectlProxy : IAsyncDisposable
{
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(30);

    private readonly Process process;
    private readonly StringBuilder said = new();
    private readonly TaskCompletionSource<Uri> listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private KubectlProxy(Kubectl kubectl)
    {
        ProcessStartInfo start = new("sh", ["-c", $"exec {kubectl.LineOf(["proxy", "--address=127.0.0.1", "--port=0"])}"])
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

    /// <summary>Where it listens.</summary>
    public Uri Address => listening.Task.Result;

    public static async Task<KubectlProxy> StartAsync(Kubectl kubectl)
    {
        KubectlProxy proxy = new(kubectl);
        if (await Task.WhenAny(proxy.listening.Task, proxy.process.WaitForExitAsync(), Task.Delay(StartMax)) != proxy.listening.Task)
        {
            await proxy.DisposeAsync();
            Assert.Fail($"kubectl proxy does not listen\n{proxy.said}");
        }

        return proxy;
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
        }

        if (Listening().Match(line ?? "") is { Success: true } match)
        {
            listening.TrySetResult(new Uri($"http://{match.Groups["address"].Value}"));
        }
    }

    [GeneratedRegex(@"^Starting to serve on (?<address>127\.0\.0\.1:\d+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Listening();
}
