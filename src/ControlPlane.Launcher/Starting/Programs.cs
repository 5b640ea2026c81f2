using System.Globalization;
using System.Text.Json;
using ControlPlane.Launcher.Processes;

namespace ControlPlane.Launcher.Starting;

/// <summary>The programs that are started, as they lie in the clone's build output, and their arguments.</summary>
internal sealed class Programs(LauncherOptions options, DataFolder data)
{
    /// <summary>How much the API allocates between two collections of young objects: 64 MiB, in hexadecimal (decision 0150).</summary>
    private const string YoungObjects = "0x4000000";

    /// <summary>An agent on its way out gives its pods at most 30 s each.</summary>
    private static readonly TimeSpan AgentStopTimeout = TimeSpan.FromSeconds(50);

    private static readonly TimeSpan ApiStopTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Gateways end after the pods have: what is still in flight then is not worth a long wait.</summary>
    private static readonly TimeSpan GatewayDrain = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan GatewayStopTimeout = GatewayDrain + TimeSpan.FromSeconds(10);

    /// <summary>The addresses that ASP.NET Core would listen on are ours to give, whatever the caller's environment (a container image, say) has set.</summary>
    private static readonly string[] ForeignAddresses = ["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "URLS"];

    public string Hello => ProgramOf("examples", "hello", "Hello");

    public ChildSpec Api(string connectionString, int httpPort, int httpsPort)
    {
        string program = ProgramOf("src", "ControlPlane.Api", "ControlPlane.Api");
        List<string> command = ["dotnet", program, "--http-port", Text(httpPort), "--https-port", Text(httpsPort), "--data-dir", data.Path];
        if (options.Advertise is { } names)
        {
            command.AddRange(["--advertise", names]);
        }

        Dictionary<string, string?> environment = ForeignAddresses.ToDictionary(name => name, _ => (string?)null, StringComparer.Ordinal);
        environment[LauncherOptions.ConnectionStringVariable] = connectionString;
        if (options.ServiceRange is { } range)
        {
            environment["ControlPlane__ServiceClusterIPRange"] = range;
        }

        environment["DOTNET_GCgen0size"] = YoungObjects;
        environment["Logging__Console__FormatterName"] = "simple";
        environment["Logging__Console__FormatterOptions__SingleLine"] = "true";
        environment["Logging__Console__FormatterOptions__UseUtcTimestamp"] = "true";
        environment["Logging__Console__FormatterOptions__TimestampFormat"] = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
        return new ChildSpec("api", command, Path.GetDirectoryName(program)!, environment, ApiStopTimeout);
    }

    /// <param name="index">Counted from 1.</param>
    public ChildSpec Agent(int index, ContainerRuntime runtime, int httpsPort)
    {
        string program = ProgramOf("src", "ControlPlane.Agent", "ControlPlane.Agent");
        string node = NodeName(index);
        List<string> command =
        [
            "dotnet", program,
            "--server", ServerAt(httpsPort),
            "--ca-file", data.Authority,
            "--token-file", data.AgentToken,
            "--node-name", node,
            "--node-address", AddressOf(index),
            "--runtime", runtime.Kind,
            "--data", data.NodeFolder(node),
            "--catalogue", $"hello={JsonSerializer.Serialize<string[]>(["dotnet", Hello])}",
        ];

        // After the sample's: of two entries for one image the agent takes the later.
        command.AddRange(options.Catalogue.SelectMany(entry => new[] { "--catalogue", entry }));
        if (!options.LeavesPods)
        {
            command.Add("--stop-pods-on-exit");
        }

        return new ChildSpec(node, command, Path.GetDirectoryName(program)!, new Dictionary<string, string?>(), AgentStopTimeout);
    }

    /// <param name="index">Counted from 1.</param>
    public ChildSpec Gateway(int index, int httpsPort)
    {
        string program = ProgramOf("src", "ControlPlane.Gateway", "ControlPlane.Gateway");
        string folder = data.NodeFolder(NodeName(index));
        List<string> command =
        [
            "dotnet", program,
            "--server", ServerAt(httpsPort),
            "--ca-file", data.Authority,
            "--token-file", Path.Combine(folder, "node.token"),
            "--node-name", NodeName(index),
            "--node-address", AddressOf(index),
            "--data", data.GatewayFolder(NodeName(index)),
            "--drain-seconds", Text((int)GatewayDrain.TotalSeconds),
        ];
        return new ChildSpec(GatewayName(index), command, Path.GetDirectoryName(program)!, new Dictionary<string, string?>(), GatewayStopTimeout);
    }

    public static string NodeName(int index) => $"node-{Text(index)}";

    public static string GatewayName(int index) => $"gateway-{Text(index)}";

    private static string ServerAt(int httpsPort) => $"https://127.0.0.1:{Text(httpsPort)}";

    private static string AddressOf(int index) => $"127.0.1.{Text(index)}";

    /// <summary>Built in the same configuration as the launcher itself: <c>bin/Release/net10.0</c>.</summary>
    private string ProgramOf(string folder, string project, string name)
    {
        DirectoryInfo framework = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        string program = Path.Combine(Path.GetFullPath(options.Root), folder, project, "bin", framework.Parent!.Name, framework.Name, $"{name}.dll");
        return File.Exists(program) ? program : throw new LauncherException($"{program} is missing: start with ./run, which builds it");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
