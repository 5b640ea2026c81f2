using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ControlPlane.Bench.Hollow;
using ControlPlane.Bench.Measuring;
using ControlPlane.Infrastructure.EmbeddedPostgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace ControlPlane.Bench.Rigs;

/// <summary>The real PostgreSQL, the real API with its reconciler, and hollow nodes: three kinds of processes on this machine.</summary>
internal sealed class Rig : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);
    private readonly string folder;
    private readonly EmbeddedPostgresCluster postgres;
    private readonly ChildProgram api;
    private ChildProgram? nodes;

    private Rig(string folder, EmbeddedPostgresCluster postgres, ChildProgram api, Client client)
    {
        this.folder = folder;
        this.postgres = postgres;
        this.api = api;
        Client = client;
    }

    public Client Client { get; }

    public string ConnectionString => postgres.ConnectionString;

    /// <summary>What is measured, by the names that the figures carry.</summary>
    public IReadOnlyDictionary<string, ProcessTree> Processes { get; private set; } = ImmutableDictionary<string, ProcessTree>.Empty;

    /// <summary>Starts everything and waits until all nodes are ready. Writes are durable, as in production.</summary>
    /// <exception cref="BenchException">Something did not start; the message names its log.</exception>
    public static async Task<Rig> StartAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("controlplane-bench-").FullName;
        EmbeddedPostgresCluster postgres = await EmbeddedPostgresCluster.StartAsync(
            new EmbeddedPostgresOptions { DataFolder = folder }, NullLogger.Instance, cancellationToken);
        int port = FreePort();
        ChildProgram api = ChildProgram.Start(
            ProgramOf("src/ControlPlane.Api", "ControlPlane.Api"),
            ["--http-port", Text(port), "--https-port", "-1", "--data-dir", folder],
            Path.Combine(folder, "api.log"),
            new Dictionary<string, string>
            {
                ["ConnectionStrings__ControlPlane"] = postgres.ConnectionString,
                ["Logging__LogLevel__Default"] = "Warning",
            });
        Client client = new(port, Path.Combine(folder, "admin.token"));
        Rig rig = new(folder, postgres, api, client);
        try
        {
            await rig.StartNodesAsync(options, port, cancellationToken);
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    /// <summary>A program as it lies in the clone's build output.</summary>
    public static string ProgramOf(string project, string name)
    {
        // …/bench/ControlPlane.Bench/bin/Release/net10.0/
        string root = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../.."));
        return Path.Combine(root, project, "bin", "Release", "net10.0", $"{name}.dll");
    }

    public static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public async ValueTask DisposeAsync()
    {
        if (nodes is not null)
        {
            await nodes.DisposeAsync();
        }

        await api.DisposeAsync();
        Client.Dispose();
        string cluster = postgres.Folder;
        await postgres.DisposeAsync();
        Directory.Delete(folder, recursive: true);
        if (Directory.Exists(cluster))
        {
            Directory.Delete(cluster, recursive: true);
        }
    }

    private async Task StartNodesAsync(BenchOptions options, int port, CancellationToken cancellationToken)
    {
        await WaitAsync("the API does not serve", api, Client.IsServingAsync, cancellationToken);
        HollowOptions hollow = new(
            new Uri($"http://127.0.0.1:{Text(port)}"), Path.Combine(folder, "agent.token"), Path.Combine(folder, "nodes"),
            options.Nodes, TimeSpan.FromMilliseconds(options.StartDelay));
        nodes = ChildProgram.Start(
            typeof(Rig).Assembly.Location, ["hollow-nodes", .. hollow.ToArguments()], Path.Combine(folder, "nodes.log"));
        Processes = ImmutableDictionary.CreateRange(
        [
            KeyValuePair.Create("api", new ProcessTree(api.Id)),
            KeyValuePair.Create("postgresql", new ProcessTree(postgres.ProcessId)),
            KeyValuePair.Create("hollow nodes", new ProcessTree(nodes.Id)),
        ]);
        await WaitAsync("the nodes do not join", nodes, async token => await Client.ReadyNodesAsync(token) == options.Nodes, cancellationToken);
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
}
