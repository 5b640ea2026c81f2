using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using ControlPlane.Domain.Routing;

namespace ControlPlane.Gateway;

/// <summary>What the gateway is told when it is started.</summary>
internal sealed record GatewayOptions
{
    public const string Usage = """
        usage: ControlPlane.Gateway --server URL --token-file FILE [options]

          --server URL         the control plane, such as https://10.0.0.5:8443
          --token-file FILE    the node's own token, which its agent keeps as node.token in its data folder; awaited if it is not there yet.
                               Beside it, network.json says where Services are for the containers of a node with Docker
          --ca-file FILE       the certificate authority of the control plane (default: the system's)
          --node-name NAME     this node's name (default: the host's name)
          --node-address IP    the address on which Services' node ports are served (default: 127.0.0.1)
          --data DIR           where the newest routes are kept, and where a successor finds this gateway (default: .data/gateway)
          --metrics-port N     the port of /metrics, on the node's address if that is a loopback one, else on 127.0.0.1 (default: 9464; 0: none)
          --drain-seconds N    how long requests and connections may take to end when the gateway ends (default: 30)

        A gateway that is started beside another one with the same data folder takes its listening sockets over; the other one drains and ends.
        """;

    private const int DrainSecondsMax = 3600;

    public required Uri Server { get; init; }

    public required string TokenFile { get; init; }

    public string? CaFile { get; init; }

    public required string NodeName { get; init; }

    public IPAddress NodeAddress { get; init; } = IPAddress.Loopback;

    public required string DataFolder { get; init; }

    /// <summary>Where the agent says what network its containers have: beside the node's token.</summary>
    public string NetworkFile => Path.Combine(Path.GetDirectoryName(TokenFile) ?? "", NodeNetwork.FileName);

    /// <summary>
    /// Tells this control plane from others on this machine: its certificate authority, which all its replicas and gateways have and no other has; without one of its own, the server's name and port.
    /// </summary>
    public string ControlPlane => Convert.ToHexStringLower(SHA256.HashData(CaFile is null ? Encoding.UTF8.GetBytes(Server.Authority) : File.ReadAllBytes(CaFile)))[..IdentityChars];

    private const int IdentityChars = 16;

    /// <summary>Where the figures are served, on a loopback address; 0 for nowhere.</summary>
    public int MetricsPort { get; init; }

    /// <summary>How long what is in flight may take to end.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a gateway and its successor wait for each other.</summary>
    public TimeSpan HandOverPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a successor waits for its first table where none is on disk: less than the one before it waits for the successor.</summary>
    public TimeSpan TablePatience { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>How long the control plane has at a start to say what has changed since the table on disk was written: less than the one before it waits for the successor.</summary>
    public TimeSpan NewsPatience { get; init; } = TimeSpan.FromSeconds(1);

    /// <exception cref="FormatException">An option is unknown, lacks its value or has a wrong one; the message names it.</exception>
    public static GatewayOptions Parse(IReadOnlyList<string> arguments)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        for (int i = 0; i < arguments.Count; i += 2)
        {
            if (i + 1 == arguments.Count)
            {
                throw new FormatException($"{arguments[i]}: a value is missing, or the option is unknown");
            }

            if (!Known.Contains(arguments[i]) || !values.TryAdd(arguments[i], arguments[i + 1]))
            {
                throw new FormatException($"{arguments[i]}: unknown, or given twice");
            }
        }

        return From(values);
    }

    private static readonly string[] Known =
        ["--server", "--token-file", "--ca-file", "--node-name", "--node-address", "--data", "--metrics-port", "--drain-seconds"];

    private static GatewayOptions From(Dictionary<string, string> values)
    {
        string Required(string name) => values.GetValueOrDefault(name) ?? throw new FormatException($"{name} is required");
        string address = values.GetValueOrDefault("--node-address", "127.0.0.1");
        string metricsPort = values.GetValueOrDefault("--metrics-port", "9464");
        string seconds = values.GetValueOrDefault("--drain-seconds", "30");
        return new GatewayOptions
        {
            Server = Uri.TryCreate(Required("--server"), UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"
                ? uri
                : throw new FormatException($"--server: expected an http or https URL, got '{values["--server"]}'"),
            TokenFile = Required("--token-file"),
            CaFile = values.GetValueOrDefault("--ca-file"),
            NodeName = values.GetValueOrDefault("--node-name") ?? Environment.MachineName.ToLowerInvariant(),
            NodeAddress = IPAddress.TryParse(address, out IPAddress? ip)
                ? ip
                : throw new FormatException($"--node-address: expected an IP address, got '{address}'"),
            DataFolder = Path.GetFullPath(values.GetValueOrDefault("--data") ?? Path.Combine(".data", "gateway")),
            MetricsPort = int.TryParse(metricsPort, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= IPEndPoint.MaxPort
                ? port
                : throw new FormatException($"--metrics-port: expected a number from 0 to {IPEndPoint.MaxPort}, got '{metricsPort}'"),
            Drain = int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= DrainSecondsMax
                ? TimeSpan.FromSeconds(number)
                : throw new FormatException($"--drain-seconds: expected a number from 0 to {DrainSecondsMax}, got '{seconds}'"),
        };
    }
}
