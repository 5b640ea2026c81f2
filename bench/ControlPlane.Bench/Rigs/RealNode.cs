using System.Globalization;
using System.Text.Json;

namespace ControlPlane.Bench.Rigs;

/// <summary>A node as <c>./run</c> starts it: an agent that runs pods as plain processes or as containers, and a gateway. Both can be replaced while they work.</summary>
internal sealed class RealNode : IAsyncDisposable
{
    /// <summary>Services' addresses: apart from those of a <c>./run</c> on the same machine, and from those that nodes with the process runtime have for their pods.</summary>
    public const string ServiceAddresses = "127.250.0.0/16";

    /// <summary>A runtime.</summary>
    public const string Process = "process";

    /// <summary>The other runtime.</summary>
    public const string Docker = "docker";

    /// <summary>What is in flight when a gateway is replaced takes milliseconds.</summary>
    private const string DrainSeconds = "20";

    private readonly int index;
    private readonly Uri server;
    private readonly string folder;
    private readonly string runtime;
    private readonly List<ChildProgram> retired = [];
    private int generation;

    /// <param name="index">Counted from 1.</param>
    /// <param name="server">The API.</param>
    /// <param name="dataFolder">Where the API's tokens are, and the node's files go.</param>
    /// <param name="runtime"><see cref="Process"/> or <see cref="Docker"/>.</param>
    public RealNode(int index, Uri server, string dataFolder, string runtime)
    {
        this.runtime = runtime;
        this.index = index;
        this.server = server;
        folder = Path.Combine(dataFolder, Name);
        TokenFile = Path.Combine(dataFolder, "agent.token");
        Directory.CreateDirectory(folder);
        Agent = StartAgent();
        Gateway = StartGateway();
    }

    public string Name => $"real-{Text(index)}";

    /// <summary>Where its node ports are.</summary>
    public string Address => $"127.11.0.{Text(index)}";

    public ChildProgram Agent { get; private set; }

    public ChildProgram Gateway { get; private set; }

    private string TokenFile { get; }

    /// <summary>Starts a successor beside the gateway, and waits until the one before has handed over and ended.</summary>
    /// <exception cref="BenchException">The one before did not end in order.</exception>
    public async Task ReplaceGatewayAsync(CancellationToken cancellationToken)
    {
        ChildProgram before = Gateway;
        retired.Add(before);
        Gateway = StartGateway();
        int exitCode = await before.EndedAsync(cancellationToken);
        if (exitCode != 0)
        {
            throw new BenchException($"the gateway of {Name} ended with {exitCode} when it was replaced; see {before.LogFile}");
        }
    }

    /// <summary>Kills the gateway and starts it again, as its supervisor would.</summary>
    /// <param name="hasEnded">Called when it has ended, before it is started again.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task KillGatewayAsync(Action hasEnded, CancellationToken cancellationToken)
    {
        Gateway.Kill();
        await Gateway.EndedAsync(cancellationToken);
        hasEnded();
        retired.Add(Gateway);
        Gateway = StartGateway();
    }

    /// <summary>Kills the agent and starts it again. Its pods run on, and the new one adopts them.</summary>
    public async Task ReplaceAgentAsync(CancellationToken cancellationToken)
    {
        Agent.Kill();
        await Agent.EndedAsync(cancellationToken);
        retired.Add(Agent);
        Agent = StartAgent();
    }

    /// <summary>The agent first: it ends the pods.</summary>
    public async ValueTask DisposeAsync()
    {
        await Agent.DisposeAsync();
        await Gateway.DisposeAsync();
        foreach (ChildProgram before in retired)
        {
            await before.DisposeAsync();
        }
    }

    private ChildProgram StartAgent() => ChildProgram.Start(
        Rig.ProgramOf("src/ControlPlane.Agent", "ControlPlane.Agent"),
        [
            "--server", server.ToString(),
            "--token-file", TokenFile,
            "--node-name", Name,
            "--node-address", Address,
            "--runtime", runtime,
            "--data", folder,
            "--catalogue", $"hello={JsonSerializer.Serialize<string[]>(["dotnet", Rig.ProgramOf("examples/hello", "Hello")])}",
            "--stop-pods-on-exit",
        ],
        LogFile("agent"));

    private ChildProgram StartGateway() => ChildProgram.Start(
        Rig.ProgramOf("src/ControlPlane.Gateway", "ControlPlane.Gateway"),
        [
            "--server", server.ToString(),
            "--token-file", Path.Combine(folder, "node.token"),
            "--node-name", Name,
            "--node-address", Address,
            "--data", Path.Combine(folder, "gateway"),
            "--drain-seconds", DrainSeconds,
        ],
        LogFile("gateway"));

    private string LogFile(string program) => Path.Combine(folder, $"{program}-{Text(++generation)}.log");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
