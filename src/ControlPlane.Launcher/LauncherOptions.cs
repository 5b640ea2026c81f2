using System.Globalization;

namespace ControlPlane.Launcher;

/// <summary>What <c>./run</c> was asked for.</summary>
internal sealed record LauncherOptions
{
    public const string Usage = """
        usage: ./run [options]

          --port N          HTTP, on loopback only (default: 8080; 0: any free port)
          --tls-port N      HTTPS, on all addresses (default: 8443; 0: any free port)
          --data DIR        where everything is kept (default: .data beside ./run)
          --runtime KIND    auto, docker or process (default: auto: Docker Engine if it answers, DOCKER_HOST is honoured; else plain processes)
          --nodes N         how many agents run here, as node-1 to node-N, with the addresses 127.0.1.1 to 127.0.1.N (default: 1)
          --advertise NAME  a further name or address in the certificate, for clients on other machines; several with commas
          --service-range R the addresses of Services (default: 127.96.0.0/16); a range of its own for each of several control planes on one machine
          --catalogue I=C   on processes: the command that stands for an image, as the agent takes it (docs/runtimes.md); may be repeated, hello is there
          --no-sample       on Docker: do not make the images hello:v1 and hello:v2 of the sample application
          --leave-pods      keep the pods' containers running after Ctrl-C

        A database of your own instead of a private PostgreSQL: ConnectionStrings__ControlPlane in the environment.
        """;

    public const string ConnectionStringVariable = "ConnectionStrings__ControlPlane";

    private const int NodesMax = 100;

    /// <summary>The clone: where the programs and the examples are.</summary>
    public required string Root { get; init; }

    public int HttpPort { get; init; } = 8080;

    public int HttpsPort { get; init; } = 8443;

    /// <summary>The data folder as it was given, which is how it is printed.</summary>
    public required string DataFolder { get; init; }

    /// <summary><c>auto</c>, <c>docker</c> or <c>process</c>.</summary>
    public string Runtime { get; init; } = "auto";

    public int Nodes { get; init; } = 1;

    public string? Advertise { get; init; }

    /// <summary>The range of Services' addresses, as the API takes it; null for its default.</summary>
    public string? ServiceRange { get; init; }

    /// <summary>Further entries of the process runtime's catalogue, <c>IMAGE=COMMAND</c>; one for <c>hello</c> stands instead of the sample's.</summary>
    public IReadOnlyList<string> Catalogue { get; init; } = [];

    public bool MakesSample { get; init; } = true;

    public bool LeavesPods { get; init; }

    /// <summary>The user's own database; null for a private one.</summary>
    public string? ConnectionString { get; init; }

    /// <exception cref="FormatException">An option is unknown, lacks its value or has a wrong one; the message names it.</exception>
    public static LauncherOptions Parse(IReadOnlyList<string> arguments, Func<string, string?> environment)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        HashSet<string> switches = new(StringComparer.Ordinal);
        List<string> catalogue = [];
        for (int i = 0; i < arguments.Count; i++)
        {
            string name = arguments[i];
            if (name is "--no-sample" or "--leave-pods")
            {
                switches.Add(name);
            }
            else if (name is not ("--root" or "--port" or "--tls-port" or "--data" or "--runtime" or "--nodes" or "--advertise" or "--service-range" or "--catalogue"))
            {
                throw new FormatException($"{name}: no such option");
            }
            else if (i + 1 == arguments.Count)
            {
                throw new FormatException($"{name}: a value is missing");
            }
            else if (name == "--catalogue")
            {
                catalogue.Add(Entry(arguments[++i]));
            }
            else
            {
                values[name] = arguments[++i];
            }
        }

        return From(values, environment) with
        {
            Catalogue = catalogue,
            MakesSample = !switches.Contains("--no-sample"),
            LeavesPods = switches.Contains("--leave-pods"),
        };
    }

    private static string Entry(string text) => text.IndexOf('=') is > 0
        ? text
        : throw new FormatException($"--catalogue: expected IMAGE=COMMAND, got '{text}'");

    private static LauncherOptions From(Dictionary<string, string> values, Func<string, string?> environment)
    {
        string root = values.GetValueOrDefault("--root") ?? throw new FormatException("--root is missing: start it with ./run");
        string runtime = values.GetValueOrDefault("--runtime", "auto");
        string? connectionString = environment(ConnectionStringVariable);
        return new LauncherOptions
        {
            Root = root,
            HttpPort = Number("--port", otherwise: 8080, least: 0, most: 65535),
            HttpsPort = Number("--tls-port", otherwise: 8443, least: 0, most: 65535),
            DataFolder = values.GetValueOrDefault("--data") ?? DefaultDataFolder(root),
            Runtime = runtime is "auto" or "docker" or "process"
                ? runtime
                : throw new FormatException($"--runtime: expected auto, docker or process, got '{runtime}'"),
            Nodes = Number("--nodes", otherwise: 1, least: 1, most: NodesMax),
            Advertise = values.GetValueOrDefault("--advertise"),
            ServiceRange = values.GetValueOrDefault("--service-range"),
            ConnectionString = string.IsNullOrWhiteSpace(connectionString) ? null : connectionString,
        };

        int Number(string name, int otherwise, int least, int most)
        {
            if (!values.TryGetValue(name, out string? text))
            {
                return otherwise;
            }

            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
                ? number
                : throw new FormatException($"{name}: expected a number from {least} to {most}, got '{text}'");
        }
    }

    private static string DefaultDataFolder(string root) =>
        Path.GetFullPath(root) == Path.GetFullPath(Environment.CurrentDirectory) ? ".data" : Path.Combine(root, ".data");
}
