using System.Diagnostics;
using System.Text;
using Xunit;

namespace ControlPlane.Testing;

/// <summary>
/// A Docker Engine of the tests' own, from the machine's packages: private socket, state, containerd and bridge address, no rules in the
/// firewall. Containers reach each other and the host; published ports work on the host's addresses through Docker's own proxy. It needs root.
/// Engines share the host's bridge <c>docker0</c>, so there is one at a time on the machine: another test process waits for its turn.
/// The sample images <c>hello:v1</c> and <c>hello:v2</c> are made at the start.
/// </summary>
public sealed class DockerEngineFixture : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(180);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan TurnTimeout = TimeSpan.FromMinutes(7);
    private static readonly string TurnPath = Path.Combine(Path.GetTempPath(), "controlplane-test-docker.turn");

    private readonly TemporaryFolder folder = new("docker");
    private readonly StringBuilder log = new();
    private Process? engine;
    private FileStream? turn;

    /// <summary>Value for <c>DOCKER_HOST</c>.</summary>
    public string Host => $"unix://{Path.Combine(folder.Path, "d.sock")}";

    public async Task InitializeAsync()
    {
        turn = await TakeTurnAsync();
        await StartAsync();
        await RunAsync(Path.Combine(Repository(), "examples", "hello", "make-image"), "hello:v1", "hello:v2");
    }

    public async Task DisposeAsync()
    {
        if (engine is { HasExited: false })
        {
            string containers = await RunAsync("docker", "ps", "-aq");
            if (containers.Length > 0)
            {
                await RunAsync("docker", ["rm", "-f", .. containers.Split('\n', StringSplitOptions.RemoveEmptyEntries)]);
            }

            // An engine that stops leaves their bridges on the host.
            await RunAsync("docker", "network", "prune", "-f");
        }

        await StopAsync();

        // So it leaves the host's network, where a container was in that, and its folder could not be removed.
        await TryAsync("umount", Path.Combine(folder.Path, "exec", "netns", "default"));
    }

    public void Dispose()
    {
        engine?.Dispose();
        folder.Dispose();
        turn?.Dispose();
    }

    /// <summary>Starts the engine, for the first time or again on what it had, and waits until it answers.</summary>
    public async Task StartAsync()
    {
        ProcessStartInfo start = new("dockerd")
        {
            RedirectStandardError = true,
            ArgumentList =
            {
                "--host", Host, "--data-root", Path.Combine(folder.Path, "root"), "--exec-root", Path.Combine(folder.Path, "exec"),
                "--pidfile", Path.Combine(folder.Path, "d.pid"), "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false",
            },
        };
        engine = Process.Start(start) ?? throw new InvalidOperationException("dockerd did not start");
        engine.ErrorDataReceived += (_, line) => Note(line.Data);
        engine.BeginErrorReadLine();
        long begun = Stopwatch.GetTimestamp();
        while ((await TryAsync("docker", "version")).ExitCode != 0)
        {
            if (engine.HasExited || Stopwatch.GetElapsedTime(begun) > StartTimeout)
            {
                throw new InvalidOperationException($"dockerd does not answer; it said:\n{Log}");
            }

            await Task.Delay(100);
        }
    }

    /// <summary>Stops the engine, and with it its containers.</summary>
    public async Task StopAsync()
    {
        if (engine is null or { HasExited: true })
        {
            return;
        }

        await TryAsync("kill", "-TERM", engine.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await engine.WaitForExitAsync().WaitAsync(StopTimeout);
    }

    /// <summary>Runs a program against this engine and returns what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message has its output.</exception>
    public async Task<string> RunAsync(string program, params string[] arguments)
    {
        (int exitCode, string output) = await TryAsync(program, arguments);
        return exitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} exited with {exitCode}:\n{output}\n{Log}");
    }

    // A lock that the system lets go of when the process ends, however it ends.
    private static async Task<FileStream> TakeTurnAsync()
    {
        long begun = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(TurnPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException error) when (Stopwatch.GetElapsedTime(begun) > TurnTimeout)
            {
                throw new InvalidOperationException($"another test process has had its Docker Engine for {TurnTimeout.TotalMinutes} min ({TurnPath})", error);
            }
            catch (IOException)
            {
                await Task.Delay(100);
            }
        }
    }

    private string Log
    {
        get
        {
            lock (log)
            {
                return log.ToString();
            }
        }
    }

    private async Task<(int ExitCode, string Output)> TryAsync(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOCKER_HOST"] = Host;
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }

    private void Note(string? line)
    {
        lock (log)
        {
            log.AppendLine(line);
        }
    }

    private static string Repository()
    {
        DirectoryInfo? candidate = new(AppContext.BaseDirectory);
        while (candidate is not null && !File.Exists(Path.Combine(candidate.FullName, "ControlPlane.sln")))
        {
            candidate = candidate.Parent;
        }

        return candidate?.FullName ?? throw new InvalidOperationException("the tests run outside the repository");
    }
}
