using System.Text.Json.Nodes;
using ControlPlane.EndToEnd.Tests.Harness;

namespace ControlPlane.EndToEnd.Tests;

/// <summary>The product is stopped, killed and started again on its data folder, with its private PostgreSQL.</summary>
[Collection(OwnProduct.Name)]
public sealed class RestartTests
{
    private const int Replicas = 3;

    [Fact]
    public async Task StartedAgain_AfterCtrlCAndAfterAKill_HasEveryRecordAndItsPodsRun()
    {
        await using Product product = await Product.StartAsync(["--runtime", "process"]);
        Assert.Single(product.Printed, line => line.StartsWith("ready ", StringComparison.Ordinal));
        Assert.Contains("runtime: process (as told)", product.Printed);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(product.Kubeconfig));
        Kubectl kubectl = new(product, "recent");
        await kubectl.OkAsync("apply", "-f", Clone.Example("hello.yaml"));
        await PodsBecomeReadyAsync(product);
        await kubectl.OkAsync("create", "secret", "generic", "kept", "--from-literal=word=peace");
        string records = await RecordsAsync(product);

        Assert.Equal(0, await product.InterruptAsync());
        Assert.Equal("stopped", product.Printed[^1]);
        Assert.Empty(ContainerProcesses.PodUidsOf(product));
        await product.StartAgainAsync();
        await PodsBecomeReadyAsync(product);
        Assert.Equal(records, await RecordsAsync(product));

        // Until the agent has said otherwise, the records are of the pods before the stop.
        await product.EventuallyAsync(
            "the pods' processes run again",
            TimeSpan.FromSeconds(90),
            () => Task.FromResult(ContainerProcesses.Of(product).Count() is var running && running == Replicas ? null : $"{running} run"));
        await PodsBecomeReadyAsync(product);

        await product.KillLauncherAsync();
        int[] processes = [.. ContainerProcesses.Of(product).Order()];
        await product.StartAgainAsync();
        await PodsBecomeReadyAsync(product);
        Assert.Equal(records, await RecordsAsync(product));
        Assert.Contains(product.Printed, line => line.StartsWith("ending api (process ", StringComparison.Ordinal));
        Assert.Equal(processes, ContainerProcesses.Of(product).Order());
    }

    [Fact]
    public async Task LeavePods_KeepsThemRunningOverAStop_AndTheNextStartAdoptsThem()
    {
        await using Product product = await Product.StartAsync(["--runtime", "process", "--leave-pods"]);
        try
        {
            await new Kubectl(product, "recent").OkAsync("apply", "-f", Clone.Example("hello.yaml"));
            await PodsBecomeReadyAsync(product);
            string containers = await ContainersAsync(product);
            int[] processes = [.. ContainerProcesses.Of(product).Order()];

            Assert.Equal(0, await product.InterruptAsync());

            Assert.Equal("stopped", product.Printed[^1]);
            Assert.Equal(Replicas, processes.Length);
            Assert.Equal(processes, ContainerProcesses.Of(product).Order());
            await product.StartAgainAsync();
            await PodsBecomeReadyAsync(product);
            Assert.Equal(containers, await ContainersAsync(product));
            Assert.Equal(processes, ContainerProcesses.Of(product).Order());
        }
        finally
        {
            await product.InterruptAsync();
            foreach (int process in ContainerProcesses.Of(product).ToList())
            {
                Signals.Send(process, Signals.Kill);
            }
        }
    }

    [Fact]
    public async Task SecondStartOnOneDataFolder_IsRefusedAndSaysWhy()
    {
        await using Product product = await Product.StartAsync(["--runtime", "process"]);

        CommandResult second = await RunLauncherAsync("--port", "0", "--tls-port", "0", "--data", product.DataFolder);

        Assert.Equal(1, second.ExitCode);
        Assert.Matches(@"another \./run \(process \d+\) works on the data folder .*; stop it, or name another folder with --data", second.Errors);

        using ApiClient api = new(product);
        string port = new Uri(product.Server).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        CommandResult third = await RunLauncherAsync("--port", "0", "--tls-port", port, "--data", product.DataFolder + "2");
        Assert.Equal(1, third.ExitCode);
        Assert.Contains($"port {port} is in use by another program; choose another one with --tls-port", third.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--nodes", "0", "--nodes: expected a number from 1 to 100, got '0'")]
    [InlineData("--runtime", "podman", "--runtime: expected auto, docker or process, got 'podman'")]
    [InlineData("--what", "ever", "--what: no such option")]
    [InlineData("--catalogue", "hello", "--catalogue: expected IMAGE=COMMAND, got 'hello'")]
    public async Task WrongOption_IsNamed(string option, string value, string expected)
    {
        CommandResult result = await RunLauncherAsync(option, value);

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith(expected, result.Errors, StringComparison.Ordinal);
    }

    private static Task<CommandResult> RunLauncherAsync(params string[] arguments) =>
        Command.RunAsync("dotnet", [Clone.Launcher, "--root", Clone.Root, .. arguments]);

    private static async Task PodsBecomeReadyAsync(Product product)
    {
        using ApiClient api = new(product);
        await new Deployments(product, api, "default").BecomeReadyAsync(Replicas);
    }

    /// <summary>The containers that the pods' records name, and how often they were restarted.</summary>
    private static async Task<string> ContainersAsync(Product product)
    {
        using ApiClient api = new(product);
        IEnumerable<JsonNode> statuses = (await api.ListAsync("/api/v1/pods")).SelectMany(pod => pod["status"]!["containerStatuses"]!.AsArray()).OfType<JsonNode>();
        return string.Join(' ', statuses.Select(status => $"{status["containerID"]}x{status["restartCount"]}").Order(StringComparer.Ordinal));
    }

    /// <summary>What a user has declared and what was made of it: names, uids and specs.</summary>
    private static async Task<string> RecordsAsync(Product product)
    {
        using ApiClient api = new(product);
        List<string> records = [];
        foreach (string path in new[] { "/apis/apps/v1/deployments", "/apis/apps/v1/replicasets", "/api/v1/pods", "/api/v1/secrets", "/api/v1/namespaces" })
        {
            foreach (JsonNode resource in await api.ListAsync(path))
            {
                records.Add($"{path} {resource.Name()} {resource.Uid()} {resource["spec"]?.ToJsonString()}{resource["data"]?.ToJsonString()}");
            }
        }

        return string.Join('\n', records.Order(StringComparer.Ordinal));
    }
}
