using System.Diagnostics;
using System.Net;
using ControlPlane.Infrastructure.EmbeddedPostgres;
using ControlPlane.Infrastructure.Network;
using ControlPlane.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ControlPlane.EndToEnd.Tests.Harness;

/// <summary>Two API processes on one PostgreSQL, and agents of the process runtime that know both.</summary>
internal sealed class Replicated : Installation, IAsyncDisposable
{
    private static readonly TimeSpan ReadyMax = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(50);

    private readonly TemporaryFolder folder = new("replicated");
    private readonly Dictionary<string, (Process Process, Task Output)> parts = new(StringComparer.Ordinal);
    private readonly int[] ports = [FreePort.Find(IPAddress.Any), FreePort.Find(IPAddress.Any)];
    private readonly List<string> lines = [];
    private EmbeddedPostgresCluster? database;

    private Replicated()
    {
    }

    public override string DataFolder => DataFolderOf(0);

    /// <summary>A client of each replica.</summary>
    public IReadOnlyList<ApiClient> Apis { get; private set; } = [];

    public static async Task<Replicated> StartAsync(int agents)
    {
        Replicated made = new();
        try
        {
            await made.StartPartsAsync(agents);
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGKILL for a replica.</summary>
    public async Task KillAsync(int replica)
    {
        (Process process, Task output) = parts[NameOf(replica)];
        process.Kill();
        await process.WaitForExitAsync();
        await output;
    }

    /// <summary>The replica that leads; null while none does. The lease names its process.</summary>
    public async Task<int?> LeaderAsync()
    {
        await using NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder(database!.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new("SELECT holder FROM leader WHERE expires_at > clock_timestamp()", connection);
        string holder = await command.ExecuteScalarAsync() as string ?? "";
        int found = Array.FindIndex(ports, port => holder.Contains($"-{parts[NameOf(Array.IndexOf(ports, port))].Process.Id}-", StringComparison.Ordinal));
        return found < 0 ? null : found;
    }

    public override string Tail()
    {
        lock (lines)
        {
            return string.Join('\n', lines.TakeLast(60));
        }
    }

    /// <summary>Agents first, which stop their pods; then the replicas, then the database.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (bool isReplica in new[] { false, true })
        {
            await Task.WhenAll(parts.Where(part => part.Key.StartsWith("api", StringComparison.Ordinal) == isReplica).Select(part => StopAsync(part.Value.Process, part.Value.Output)));
        }

        foreach (ApiClient api in Apis)
        {
            api.Dispose();
        }

        if (database is not null)
        {
            await database.DisposeAsync();
        }

        folder.Dispose();
    }

    private async Task StartPartsAsync(int agents)
    {
        database = await EmbeddedPostgresCluster.StartAsync(
            new EmbeddedPostgresOptions { DataFolder = Path.Combine(folder.Path, "database"), StartTimeout = PostgresFixture.StartTimeout }, NullLogger.Instance, CancellationToken.None);
        StartReplica(0);
        await ServesAsync(0);
        Directory.CreateDirectory(DataFolderOf(1));
        foreach (string file in new[] { "ca.crt", "ca.key", "admin.token", "agent.token" })
        {
            File.Copy(Path.Combine(DataFolderOf(0), file), Path.Combine(DataFolderOf(1), file));
        }

        StartReplica(1);
        for (int index = 1; index <= agents; index++)
        {
            StartAgent(index);
        }

        await ServesAsync(1);
        await EventuallyAsync(
            $"{agents} nodes are ready",
            ReadyMax,
            async () => await Apis[1].ListAsync("/api/v1/nodes") is var nodes && nodes.Count(node => node.IsReady()) == agents ? null : $"{nodes.Count} nodes, not all ready");
    }

    private async Task ServesAsync(int replica)
    {
        await EventuallyAsync(
            $"{NameOf(replica)} has made its files", ReadyMax, () => Task.FromResult(File.Exists(Path.Combine(DataFolderOf(replica), "agent.token")) ? null : "no token"));
        ApiClient api = new(DataFolderOf(replica), new Uri(UrlOf(replica)));
        Apis = [.. Apis, api];
        await EventuallyAsync(
            $"{NameOf(replica)} serves", ReadyMax, async () => await api.SendAsync(HttpMethod.Get, "/readyz") is { Code: not 200 } answer ? answer.Text : null);
    }

    private void StartReplica(int replica) => Start(
        NameOf(replica),
        new Dictionary<string, string?> { ["ConnectionStrings__ControlPlane"] = database!.ConnectionString },
        Clone.Api, "--http-port", "-1", "--https-port", $"{ports[replica]}", "--data-dir", DataFolderOf(replica), "--replica-url", UrlOf(replica));

    private void StartAgent(int index) => Start(
        $"node-{index}",
        new Dictionary<string, string?>(),
        Clone.Agent, "--server", $"{UrlOf(0)},{UrlOf(1)}", "--ca-file", Path.Combine(DataFolder, "ca.crt"), "--token-file", Path.Combine(DataFolder, "agent.token"),
        "--node-name", $"node-{index}", "--node-address", $"127.0.1.{index}", "--runtime", "process", "--data", Path.Combine(DataFolder, "nodes", $"node-{index}"),
        "--catalogue", SampleApplication.CatalogueEntry(Clone.Hello), "--stop-pods-on-exit");

    private void Start(string name, Dictionary<string, string?> environment, params string[] command)
    {
        ProcessStartInfo start = new("dotnet", command)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetDirectoryName(command[0])!,
        };
        foreach ((string variable, string? value) in environment)
        {
            start.Environment[variable] = value;
        }

        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        parts[name] = (process, Task.WhenAll(FollowAsync(name, process.StandardOutput), FollowAsync(name, process.StandardError)));
    }

    private async Task FollowAsync(string name, StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (lines)
            {
                lines.Add($"{name}: {line}");
            }
        }
    }

    private static async Task StopAsync(Process process, Task output)
    {
        using (process)
        {
            using CancellationTokenSource late = new(StopMax);
            using CancellationTokenRegistration kill = late.Token.Register(process.Kill);
            Signals.Send(process.Id, Signals.Interrupt);
            await process.WaitForExitAsync(CancellationToken.None);
            await output;
        }
    }

    private static string NameOf(int replica) => $"api-{replica}";

    private string DataFolderOf(int replica) => Path.Combine(folder.Path, NameOf(replica));

    private string UrlOf(int replica) => $"https://127.0.0.1:{ports[replica]}";
}
