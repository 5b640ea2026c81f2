using System.Diagnostics;
using System.Globalization;
using System.Text;
using ControlPlane.Domain.Agents;
using ControlPlane.Domain.Resources;
using ControlPlane.Testing;

namespace ControlPlane.Agent.Tests.Running;

/// <summary>The agent as a program of its own, so that it can be killed and started again.</summary>
internal sealed class AgentProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly StringBuilder output = new();

    private AgentProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => Note(line.Data);
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public static AgentProcess Start(Uri server, string folder, string runtime, string? dockerHost = null, params string[] more)
    {
        string token = Path.Combine(folder, "token");
        File.WriteAllText(token, "secret");
        string hello = Path.Combine(Repository(), "examples", "hello", "bin", Configuration, "net10.0", "Hello.dll");
        ProcessStartInfo start = new("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                typeof(AgentOptions).Assembly.Location, "--server", server.ToString(), "--token-file", token, "--node-name", "node-1",
                "--node-address", "127.0.1.1", "--runtime", runtime, "--data", Path.Combine(folder, "agent"),
                "--catalogue", SampleApplication.CatalogueEntry(hello), "--catalogue", "shell=sh",
            },
        };
        foreach (string argument in more)
        {
            start.ArgumentList.Add(argument);
        }

        if (dockerHost is not null)
        {
            start.Environment["DOCKER_HOST"] = dockerHost;
        }

        return new AgentProcess(Process.Start(start)!);
    }

    public string Output
    {
        get
        {
            lock (output)
            {
                return output.ToString();
            }
        }
    }

    /// <summary>SIGKILL: the agent has no time for anything.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGSTOP: it does nothing until <see cref="ResumeAsync"/>.</summary>
    public Task PauseAsync() => SignalAsync("STOP");

    public Task ResumeAsync() => SignalAsync("CONT");

    /// <summary>SIGTERM, and its exit code.</summary>
    public async Task<int> StopAsync()
    {
        await SignalAsync("TERM");
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(120));
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }

        process.Dispose();
    }

    private async Task SignalAsync(string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private void Note(string? line)
    {
        lock (output)
        {
            output.AppendLine(line);
        }
    }

    private static string Configuration =>
#if DEBUG
        "Debug";
#else
        "Release";
#endif

    internal static string Repository()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ControlPlane.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("the tests run outside the repository");
    }
}

internal static class Wait
{
    /// <summary>Waits until something is so, and says what was seen instead when it does not come.</summary>
    public static async Task UntilAsync(Func<bool> isSo, Func<string> seen, int seconds = 120)
    {
        long begun = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(seconds), $"not so within {seconds} s; seen: {seen()}");
            await Task.Delay(20);
        }
    }
}

/// <summary>Pods to order.</summary>
internal static class Pods
{
    public static Pod Hello(string name, string image = "hello:v1", string restartPolicy = "Always", Func<Container, Container>? change = null)
    {
        Container container = new()
        {
            Name = "hello",
            Image = image,
            Ports = [new ContainerPort { Name = "http", Number = 8080 }],
            ReadinessProbe = new Probe { HttpGet = new HttpGetAction { Path = "/healthz", Port = "http" }, PeriodSeconds = 1, TimeoutSeconds = 10 },
        };
        return new Pod
        {
            ApiVersion = "v1",
            Kind = "Pod",
            Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = $"{name}-{Guid.NewGuid():n}" },
            Spec = new PodSpec
            {
                NodeName = "node-1",
                RestartPolicy = restartPolicy,
                TerminationGracePeriodSeconds = 5,
                Containers = [change is null ? container : change(container)],
            },
        };
    }

    public static Pod Deleting(this Pod pod) => pod with
    {
        Metadata = pod.Metadata with { DeletionTimestamp = DateTimeOffset.UnixEpoch, DeletionGracePeriodSeconds = 5 },
    };

    /// <summary>Waits until the agent has acted on what is desired now: until it has started a pod that was added just now.</summary>
    public static async Task HaveBeenLookedAtAsync(FakeControlPlane server)
    {
        Pod marker = Hello($"marker-{Guid.NewGuid():n}"[..16]);
        server.Set([.. server.DesiredPods, marker]);
        await Wait.UntilAsync(
            () => server.Pods.GetValueOrDefault(marker.Name).IsReady(), () => string.Join(' ', server.Pods.Keys));
    }

    public static bool IsReady(this PodReport? report) =>
        report?.Status?.Conditions.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;
}
