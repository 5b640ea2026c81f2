using System.Globalization;
using System.Net;
using ControlPlane.Domain.Resources.Values;

namespace ControlPlane.Agent;

/// <summary>What the agent is told when it is started.</summary>
internal sealed record AgentOptions
{
    public const string Usage = """
        usage: ControlPlane.Agent --server URL --token-file FILE [options]

          --server URL[,URL…]      the control plane, such as https://10.0.0.5:8443; with several replicas each one's address, with commas
          --token-file FILE        the file with the token to join with; not needed any more once the agent has joined
          --ca-file FILE           the certificate authority of the control plane (default: the system's)
          --node-name NAME         this node's name (default: the host's name)
          --node-address IP        the address on which pods' ports are published (default: 127.0.0.1)
          --runtime KIND           auto, docker or process (default: auto: Docker Engine if it answers; DOCKER_HOST is honoured)
          --data DIR               where the agent keeps what it must not forget (default: .data/agent)
          --catalogue IMAGE=COMMAND  process runtime: the command that stands for an image; may be repeated
          --cpu N, --memory N, --max-pods N   what the node offers, instead of all that the host has (and 110 pods)
          --stop-pods-on-exit      stop all of this node's containers when the agent is told to exit
        """;

    /// <summary>The addresses of the control plane's replicas: at least one.</summary>
    public required ValueList<Uri> Servers { get; init; }

    public required string TokenFile { get; init; }

    public string? CaFile { get; init; }

    public required string NodeName { get; init; }

    public IPAddress NodeAddress { get; init; } = IPAddress.Loopback;

    /// <summary><c>auto</c>, <c>docker</c> or <c>process</c>.</summary>
    public string Runtime { get; init; } = "auto";

    public string DataFolder { get; init; } = Path.Combine(".data", "agent");

    /// <summary>Image name → command line, for the process runtime.</summary>
    public ValueMap<string> Catalogue { get; init; }

    public Quantity? Cpu { get; init; }

    public Quantity? Memory { get; init; }

    public int MaxPods { get; init; } = 110;

    public bool StopPodsOnExit { get; init; }

    /// <exception cref="FormatException">An option is unknown, lacks its value or has a wrong one; the message names it.</exception>
    public static AgentOptions Parse(IReadOnlyList<string> arguments)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        ValueMap<string> catalogue = default;
        bool stopPods = false;
        for (int i = 0; i < arguments.Count; i++)
        {
            string name = arguments[i];
            if (name == "--stop-pods-on-exit")
            {
                stopPods = true;
                continue;
            }

            if (i + 1 == arguments.Count)
            {
                throw new FormatException($"{name}: a value is missing, or the option is unknown");
            }

            string value = arguments[++i];
            if (name == "--catalogue")
            {
                (string image, string command) = SplitEntry(value);
                catalogue = catalogue.SetItem(image, command);
            }
            else if (!Known.Contains(name) || !values.TryAdd(name, value))
            {
                throw new FormatException($"{name}: unknown, or given twice");
            }
        }

        return From(values) with { Catalogue = catalogue, StopPodsOnExit = stopPods };
    }

    private static readonly string[] Known =
    [
        "--server", "--token-file", "--ca-file", "--node-name", "--node-address", "--runtime", "--data", "--cpu", "--memory", "--max-pods",
    ];

    private static AgentOptions From(Dictionary<string, string> values)
    {
        string Required(string name) => values.GetValueOrDefault(name) ?? throw new FormatException($"{name} is required");
        T Read<T>(string name, T otherwise, Func<string, (bool Ok, T Value)> parse, string expected)
        {
            if (values.GetValueOrDefault(name) is not { } text)
            {
                return otherwise;
            }

            (bool ok, T value) = parse(text);
            return ok ? value : throw new FormatException($"{name}: expected {expected}, got '{text}'");
        }

        return new AgentOptions
        {
            Servers = ReadServers(Required("--server")),
            TokenFile = Required("--token-file"),
            CaFile = values.GetValueOrDefault("--ca-file"),
            NodeName = values.GetValueOrDefault("--node-name") ?? Environment.MachineName.ToLowerInvariant(),
            NodeAddress = Read("--node-address", IPAddress.Loopback, text => (IPAddress.TryParse(text, out IPAddress? ip), ip!), "an IP address"),
            Runtime = Read("--runtime", "auto", text => (text is "auto" or "docker" or "process", text), "auto, docker or process"),
            DataFolder = Path.GetFullPath(values.GetValueOrDefault("--data") ?? Path.Combine(".data", "agent")),
            Cpu = Read<Quantity?>("--cpu", null, text => (Quantity.TryParse(text, out Quantity q) && q.Milli > 0, q), "an amount of CPUs, such as 2 or 500m"),
            Memory = Read<Quantity?>("--memory", null, text => (Quantity.TryParse(text, out Quantity q) && q.Milli > 0, q), "an amount of bytes, such as 4Gi"),
            MaxPods = Read("--max-pods", 110, text => (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n > 0, n), "a number of pods"),
        };
    }

    private static ValueList<Uri> ReadServers(string text)
    {
        Uri[] servers =
        [
            .. text.Split(',', StringSplitOptions.TrimEntries).Select(one =>
                Uri.TryCreate(one, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"
                    ? new Uri(uri!, "/")
                    : throw new FormatException($"--server: expected an http or https URL, got '{one}'")),
        ];
        return servers.Distinct().Count() == servers.Length && servers.Select(server => server.Scheme).Distinct().Count() == 1
            ? servers.ToValueList()
            : throw new FormatException($"--server: expected different URLs of one scheme, got '{text}'");
    }

    private static (string Image, string Command) SplitEntry(string entry)
    {
        int cut = entry.IndexOf('=', StringComparison.Ordinal);
        return cut > 0 && cut < entry.Length - 1
            ? (entry[..cut], entry[(cut + 1)..])
            : throw new FormatException($"--catalogue: expected IMAGE=COMMAND, got '{entry}'");
    }
}
