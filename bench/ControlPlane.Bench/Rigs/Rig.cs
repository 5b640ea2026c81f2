using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using ControlPlane.Bench.Hollow;
using ControlPlane.Bench.Measuring;
using ControlPlane.Infrastructure.EmbeddedPostgres;
using ControlPlane.Infrastructure.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace ControlPlane.Bench.Rigs;

/// <summary>The real PostgreSQL, the real API with its reconciler, and nodes, hollow or real: processes on this machine.</summary>
internal sealed class Rig : IAsyncDisposable
{
    /// <summary>The API then listens at no such port.</summary>
    private const int NoPort = -1;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);
    private readonly string folder;
    private readonly int port;
    private readonly int httpsPort = FreePort.Find(IPAddress.Loopback);
    private readonly IReadOnlyDictionary<string, string> settings;
    private readonly List<RealNode> realNodes = [];
    private readonly List<ChildProgram> retired = [];
    private readonly List<HollowGroup> hollow = [];
    private EmbeddedPostgresCluster postgres;
    private ChildProgram api;
    private ChildProgram? standby;
    private Client? standbyClient;
    private DockerImages? engine;

    private Rig(string folder, EmbeddedPostgresCluster postgres, int port, IReadOnlyDictionary<string, string> settings)
    {
        this.folder = folder;
        this.postgres = postgres;
        this.port = port;
        this.settings = settings;
        api = StartApi(port, httpsPort, folder, postgres, settings);
        Client = new Client(port, Path.Combine(folder, "admin.token"));
    }

    public Client Client { get; }

    /// <summary>A real kubectl that talks to the API.</summary>
    /// <param name="program">Its path, or a name on the PATH.</param>
    public Kubectl KubectlOf(string program) => new(program, httpsPort, folder);

    public string ConnectionString => postgres.ConnectionString;

    /// <summary>What is measured, by the names that the figures carry.</summary>
    public IReadOnlyDictionary<string, ProcessTree> Processes { get; private set; } = ImmutableDictionary<string, ProcessTree>.Empty;

    /// <summary>The nodes whose pods are processes; empty where they are hollow.</summary>
    public IReadOnlyList<RealNode> RealNodes => realNodes;

    /// <summary>How many hollow nodes were started.</summary>
    public int NodeCount => hollow.Sum(group => group.Names.Count);

    /// <summary>Sees to it that an image is there. Processes need none: the agents' catalogue has them.</summary>
    public Task HasImageAsync(string image, CancellationToken cancellationToken) => engine?.HasAsync(image, cancellationToken) ?? Task.CompletedTask;

    /// <summary>Starts everything and waits until all hollow nodes are ready. Writes are durable, as in production.</summary>
    /// <exception cref="BenchException">Something did not start; the message names its log.</exception>
    public static Task<Rig> StartAsync(BenchOptions options, CancellationToken cancellationToken) => StartAsync(options, [options.Nodes], cancellationToken);

    /// <summary>The same with the hollow nodes in groups, each a process that can be killed by itself.</summary>
    /// <param name="options">How large.</param>
    /// <param name="groups">How many nodes each has.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="BenchException">Something did not start; the message names its log.</exception>
    public static Task<Rig> StartAsync(BenchOptions options, IReadOnlyList<int> groups, CancellationToken cancellationToken) => StartAsync(
        new Dictionary<string, string>(), (rig, port) => rig.StartNodesAsync(options, groups, port, cancellationToken), cancellationToken);

    /// <summary>The same with real nodes, each an agent that runs pods as processes and a gateway.</summary>
    /// <param name="nodes">How many.</param>
    /// <param name="drains">False turns draining off.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="runtime">What runs the pods.</param>
    /// <exception cref="BenchException">Something did not start; the message names its log.</exception>
    public static Task<Rig> StartRealAsync(int nodes, bool drains, CancellationToken cancellationToken, string runtime = RealNode.Process) => StartAsync(
        new Dictionary<string, string>
        {
            ["ControlPlane__DrainsPods"] = drains ? "true" : "false",
            ["ControlPlane__ServiceClusterIPRange"] = RealNode.ServiceAddresses,
        },
        (rig, port) => rig.StartRealNodesAsync(nodes, port, runtime, cancellationToken),
        cancellationToken);

    private static async Task<Rig> StartAsync(IReadOnlyDictionary<string, string> settings, Func<Rig, int, Task> startNodes, CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("controlplane-bench-").FullName;
        int port = FreePort.Find(IPAddress.Loopback);
        Rig rig = new(folder, await StartPostgresAsync(folder, cancellationToken), port, settings);
        try
        {
            await WaitAsync("the API does not serve", rig.api, rig.Client.IsServingAsync, cancellationToken);
            await startNodes(rig, port);
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    private static Task<EmbeddedPostgresCluster> StartPostgresAsync(string folder, CancellationToken cancellationToken) =>
        EmbeddedPostgresCluster.StartAsync(new EmbeddedPostgresOptions { DataFolder = folder }, NullLogger.Instance, cancellationToken);

    private static ChildProgram StartApi(
        int port, int httpsPort, string dataFolder, EmbeddedPostgresCluster postgres, IReadOnlyDictionary<string, string> settings) => ChildProgram.Start(
        ProgramOf("src/ControlPlane.Api", "ControlPlane.Api"),
        ["--http-port", Text(port), "--https-port", Text(httpsPort), "--data-dir", dataFolder],
        Path.Combine(dataFolder, "api.log"),
        new Dictionary<string, string>(settings)
        {
            ["ConnectionStrings__ControlPlane"] = postgres.ConnectionString,
            ["Logging__LogLevel__Default"] = "Warning",
            // As ./run has it.
            ["DOTNET_GCgen0size"] = "0x4000000",
        });

    /// <summary>Starts a second replica of the API, which serves and does not lead.</summary>
    /// <exception cref="BenchException">It did not start; the message names its log.</exception>
    public async Task<Client> StartStandbyAsync(CancellationToken cancellationToken)
    {
        string data = Path.Combine(folder, "standby");
        Directory.CreateDirectory(data);
        foreach (string file in new[] { "admin.token", "agent.token" })
        {
            File.Copy(Path.Combine(folder, file), Path.Combine(data, file));
        }

        int port = FreePort.Find(IPAddress.Loopback);
        standby = StartApi(port, NoPort, data, postgres, new Dictionary<string, string>());
        standbyClient = new Client(port, Path.Combine(data, "admin.token"));
        await WaitAsync("the standby does not serve", standby, standbyClient.IsServingAsync, cancellationToken);
        return standbyClient;
    }

    /// <summary>Kills a group of hollow nodes: they vanish without a word.</summary>
    public void KillNodes(int group) => hollow[group].Program.Kill();

    /// <summary>How many pods a group of hollow nodes has.</summary>
    public async Task<int> CountPodsOfGroupAsync(int group, CancellationToken cancellationToken) =>
        (await Client.NodesOfPodsAsync(cancellationToken)).Count(hollow[group].Names.Contains);

    /// <summary>Kills the API that was started first, and leads.</summary>
    public void KillLeader() => api.Kill();

    /// <summary>Kills the API and starts it again, as its supervisor would; returns when it serves.</summary>
    /// <exception cref="BenchException">It did not start; the message names its log.</exception>
    public async Task RestartApiAsync(CancellationToken cancellationToken)
    {
        api.Kill();
        await api.EndedAsync(cancellationToken);
        retired.Add(api);
        api = StartApi(port, httpsPort, folder, postgres, settings);
        await WaitAsync("the API does not serve", api, Client.IsServingAsync, cancellationToken);
    }

    /// <summary>Kills PostgreSQL and starts it again on what it has stored.</summary>
    public async Task RestartPostgresAsync(CancellationToken cancellationToken)
    {
        await postgres.KillAsync();
        await postgres.DisposeAsync();
        postgres = await StartPostgresAsync(folder, cancellationToken);
    }

    /// <summary>A program as it lies in the clone's build output.</summary>
    public static string ProgramOf(string project, string name) => FileOf(Path.Combine(project, "bin", "Release", "net10.0", $"{name}.dll"));

    /// <summary>A file of the clone.</summary>
    public static string FileOf(string path)
    {
        // …/bench/ControlPlane.Bench/bin/Release/net10.0/
        string root = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../.."));
        return Path.Combine(root, path);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(realNodes.Select(node => node.DisposeAsync().AsTask()));
        await Task.WhenAll(hollow.Select(group => group.Program.DisposeAsync().AsTask()));

        await api.DisposeAsync();
        foreach (ChildProgram before in retired)
        {
            await before.DisposeAsync();
        }

        Client.Dispose();
        standbyClient?.Dispose();
        if (standby is not null)
        {
            await standby.DisposeAsync();
        }

        await (engine?.CleanAsync(realNodes.Select(node => node.Name)) ?? Task.CompletedTask);
        string cluster = postgres.Folder;
        await postgres.DisposeAsync();
        Directory.Delete(folder, recursive: true);
        if (Directory.Exists(cluster))
        {
            Directory.Delete(cluster, recursive: true);
        }
    }

    private async Task StartNodesAsync(BenchOptions options, IReadOnlyList<int> groups, int port, CancellationToken cancellationToken)
    {
        int first = 1;
        foreach (int size in groups)
        {
            hollow.Add(StartGroup(options, first, size, port));
            first += size;
        }

        // Where processor time is measured there is but one group.
        Processes = ImmutableDictionary.CreateRange(
        [
            KeyValuePair.Create("api", new ProcessTree(api.Id)),
            KeyValuePair.Create("postgresql", new ProcessTree(postgres.ProcessId)),
            KeyValuePair.Create("hollow nodes", new ProcessTree(hollow[0].Program.Id)),
        ]);
        await WaitAsync("the nodes do not join", hollow[0].Program, async token => await Client.ReadyNodesAsync(token) == options.Nodes, cancellationToken);
    }

    private HollowGroup StartGroup(BenchOptions options, int first, int size, int port)
    {
        HollowOptions nodes = new(
            new Uri($"http://127.0.0.1:{Text(port)}"), Path.Combine(folder, "agent.token"), Path.Combine(folder, "nodes"),
            first, size, options.Behaviour);
        ChildProgram program = ChildProgram.Start(
            typeof(Rig).Assembly.Location, ["hollow-nodes", .. nodes.ToArguments()], Path.Combine(folder, $"nodes-{Text(first)}.log"));
        return new HollowGroup(program, nodes.Names.ToHashSet(StringComparer.Ordinal));
    }

    private async Task StartRealNodesAsync(int count, int port, string runtime, CancellationToken cancellationToken)
    {
        engine = runtime == RealNode.Docker ? await DockerImages.StartAsync(cancellationToken) : null;
        for (int index = 1; index <= count; index++)
        {
            realNodes.Add(new RealNode(index, new Uri($"http://127.0.0.1:{Text(port)}"), folder, runtime));
        }

        Processes = ImmutableDictionary.CreateRange(
            realNodes.Select(node => KeyValuePair.Create($"the agent of {node.Name}", new ProcessTree(node.Agent.Id)))
                .Prepend(KeyValuePair.Create("postgresql", new ProcessTree(postgres.ProcessId)))
                .Prepend(KeyValuePair.Create("api", new ProcessTree(api.Id))));

        await WaitAsync("the nodes do not join", realNodes[0].Agent, async token => await Client.ReadyNodesAsync(token) == count, cancellationToken);
    }

    private static async Task WaitAsync(string failure, ChildProgram child, Func<CancellationToken, Task<bool>> isSo, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(StartTimeout);
        while (!await isSo(cancellationToken))
        {
            if (child.HasEnded || late.IsCancellationRequested)
            {
                string words = File.Exists(child.LogFile) ? string.Join('\n', File.ReadLines(child.LogFile).TakeLast(20)) : "";
                throw new BenchException($"{failure}{(child.HasEnded ? " (it has ended)" : "")}; the last of its log:\n{words}");
            }

            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Hollow nodes that are one process.</summary>
    private sealed record HollowGroup(ChildProgram Program, IReadOnlySet<string> Names);
}
