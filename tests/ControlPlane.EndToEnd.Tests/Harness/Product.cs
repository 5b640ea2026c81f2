using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using ControlPlane.Testing;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>The product as a user has it: started by the launcher of <c>./run</c>, with a data folder of its own, on free ports.</summary>
internal sealed partial class Product : Installation, IAsyncDisposable
{
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(180);
    private const int StoryLinesMax = 60;

    private readonly TemporaryFolder folder = new("product");
    private readonly string[] arguments;
    private readonly IReadOnlyDictionary<string, string?> environment;
    private readonly List<string> lines = [];
    private Process? launcher;
    private Task output = Task.CompletedTask;
    private Task errors = Task.CompletedTask;

    private Product(string[] arguments, IReadOnlyDictionary<string, string?> environment)
    {
        this.arguments = arguments;
        this.environment = environment;
    }

    public override string DataFolder => Path.Combine(folder.Path, "data");

    public string Server { get; private set; } = "";

    /// <summary>What the launcher has printed so far, both streams.</summary>
    public IReadOnlyList<string> Printed
    {
        get
        {
            lock (lines)
            {
                return [.. lines];
            }
        }
    }

    public static async Task<Product> StartAsync(IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        Product product = new([.. arguments], environment ?? new Dictionary<string, string?>());
        try
        {
            await product.StartAgainAsync();
            return product;
        }
        catch
        {
            await product.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it on the data folder as it is, and returns once it says that it is ready.</summary>
    public async Task StartAgainAsync()
    {
        lock (lines)
        {
            lines.Clear();
        }

        ProcessStartInfo start = new("dotnet", [Clone.Launcher, "--root", Clone.Root, "--port", "0", "--tls-port", "0", "--data", DataFolder, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach ((string name, string? value) in environment)
        {
            start.Environment[name] = value;
        }

        TaskCompletionSource<string> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        launcher = Process.Start(start)!;
        launcher.StandardInput.Close();
        output = FollowAsync(launcher.StandardOutput, ready);
        errors = FollowAsync(launcher.StandardError, ready);
        Task ended = launcher.WaitForExitAsync();
        if (await Task.WhenAny(ready.Task, ended, Task.Delay(StartMax)) != ready.Task)
        {
            Assert.Fail($"the product did not become ready\n{Tail()}");
        }

        Server = await ready.Task;
    }

    /// <summary>Ctrl-C: everything stops in order.</summary>
    /// <returns>The launcher's exit code.</returns>
    public async Task<int> InterruptAsync()
    {
        Assert.True(Signals.Send(launcher!.Id, Signals.Interrupt), "the launcher is gone");
        return await EndedAsync();
    }

    /// <summary>SIGKILL for the launcher alone, as the kernel would when memory is short.</summary>
    public async Task KillLauncherAsync()
    {
        launcher!.Kill();
        await EndedAsync();
    }

    /// <summary>The process id of a child: <c>api</c>, <c>node-1</c>.</summary>
    public int ProcessIdOf(string child) =>
        int.Parse(File.ReadAllText(Path.Combine(DataFolder, "run", $"{child}.pid")).Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>SIGKILL for a child.</summary>
    public void Kill(string child) => Assert.True(Signals.Send(ProcessIdOf(child), Signals.Kill), $"{child} is gone already");

    /// <summary>SIGKILL for a child that may be ending by itself.</summary>
    public void KillIfRunning(string child)
    {
        try
        {
            Signals.Send(ProcessIdOf(child), Signals.Kill);
        }
        catch (FileNotFoundException)
        {
            // It has ended, and its successor has not been started yet.
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (launcher is { HasExited: false })
        {
            await InterruptAsync();
        }

        KeepStory();
        launcher?.Dispose();
        folder.Dispose();
    }

    /// <summary>The last lines of the launcher and of each child's log.</summary>
    public override string Tail()
    {
        string logs = Path.Combine(DataFolder, "logs");
        IEnumerable<string> files = Directory.Exists(logs) ? Directory.EnumerateFiles(logs, "*.log").Order(StringComparer.Ordinal) : [];
        return string.Join('\n', files.Select(file => $"-- {Path.GetFileName(file)}\n{string.Join('\n', LastLines(file))}").Prepend($"-- ./run\n{string.Join('\n', Printed.TakeLast(30))}"));
    }

    private static IEnumerable<string> LastLines(string file) =>
        File.ReadLines(file).Where(line => !line.Contains(" Debug: ", StringComparison.Ordinal)).TakeLast(15);

    /// <summary>What the product said and how it ended, for whoever wonders why tests failed: <c>./test</c> prints it then.</summary>
    private void KeepStory()
    {
        if (Environment.GetEnvironmentVariable("CONTROLPLANE_TEST_RESULTS") is { Length: > 0 } results && launcher is { HasExited: true })
        {
            Directory.CreateDirectory(results);
            File.WriteAllLines(
                Path.Combine(results, $"{Path.GetFileName(folder.Path)}.story"),
                [$"./run {string.Join(' ', arguments)} ended with {launcher.ExitCode}, having said:", .. Printed.Skip(Printed.Count - StoryLinesMax)]);
        }
    }

    private async Task<int> EndedAsync()
    {
        using CancellationTokenSource late = new(StopMax);
        try
        {
            await launcher!.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            launcher!.Kill(entireProcessTree: true);
            Assert.Fail($"the product did not stop within {StopMax.TotalSeconds:0} s\n{Tail()}");
        }

        await Task.WhenAll(output, errors);
        return launcher.ExitCode;
    }

    private async Task FollowAsync(StreamReader reader, TaskCompletionSource<string> ready)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (lines)
            {
                lines.Add(line);
            }

            if (ReadyLine().Match(line) is { Success: true } match)
            {
                ready.TrySetResult(match.Groups["server"].Value);
            }
        }
    }

    [GeneratedRegex(@"^ready (?<server>https://\S+) kubeconfig=\S+$")]
    private static partial Regex ReadyLine();
}
